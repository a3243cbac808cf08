// SPDX-License-Identifier: GPL-3.0-or-later
// The hub as the gateway sees it: texts in, texts out, events up. Tests named T<n> carry the number
// of the protocol's trap they keep the gateway out of.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "wcs/hub.h"

namespace patchcord::wcs {
namespace json = boost::json;
using namespace std::chrono_literals;  // NOLINT: a header of tests
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

inline constexpr ConnectionId kPage{1};
inline constexpr const char* kOffer = "v=0 offer";
inline constexpr const char* kAnswer = "v=0 answer";

class Wire : public ConnectionSink {
 public:
  void send(ConnectionId connection, std::string text) override {
    texts[connection].push_back(text);
  }
  void close(ConnectionId connection, uint16_t code, std::string_view) override {
    closed.emplace_back(connection, code);
  }

  std::unordered_map<ConnectionId, std::vector<std::string>> texts;
  std::vector<std::pair<ConnectionId, uint16_t>> closed;
};

// Writes down what it is told, and answers a sign-in as a gateway does.
class Gateway : public HubListener {
 public:
  void on_sign_in(SessionId session, const SignIn& sign_in) override {
    log.push_back("sign_in " + sign_in.login);
    sessions.push_back(session);
    sign_ins.push_back(sign_in);
    if (hub && accepts) hub->accept(session, now);
  }
  void on_sign_out(SessionId, SignOut) override { log.push_back("sign_out"); }
  void on_away(SessionId, Keeping keeping) override {
    log.push_back(keeping == Keeping::kAlive ? "away, kept" : "away");
  }
  void on_back(SessionId, Memory memory) override {
    log.push_back(memory == Memory::kAllCalls ? "back, resumed" : "back");
  }
  void on_call(SessionId session, const CallRequest& call) override {
    log.push_back("call " + call.call_id);
    calls.push_back(call);
    if (finish_at_once) hub->finish(session, call.call_id, {});
  }
  void on_answer(SessionId, std::string_view call_id, std::string_view sdp) override {
    log.push_back("answer " + std::string(call_id) + " " + std::string(sdp));
  }
  void on_hangup(SessionId session, std::string_view call_id, std::string_view reason) override {
    log.push_back("hangup " + std::string(call_id) + (reason.empty() ? "" : " for ") +
                  std::string(reason));
    if (finishes_hangups) hub->finish(session, call_id, {});
  }
  void on_dtmf(SessionId, std::string_view call_id, std::string_view digits,
               DtmfType type) override {
    log.push_back("dtmf " + std::string(call_id) + " " + std::string(digits) + " " +
                  std::string(to_text(type)));
  }

  Hub* hub = nullptr;
  MonoTime now{};
  bool accepts = true;
  bool finish_at_once = false;
  bool finishes_hangups = false;
  std::vector<std::string> log;
  std::vector<SessionId> sessions;
  std::vector<SignIn> sign_ins;
  std::vector<CallRequest> calls;
};

class HubTest : public testing::Test {
 protected:
  HubTest() { build(); }

  void build() {
    hub = std::make_unique<Hub>(options, wire, gateway, random);
    gateway.hub = hub.get();
  }

  void open(ConnectionId connection = kPage) {
    gateway.now = now;
    hub->on_open(connection, PeerInfo(), now);
  }
  void say(std::string_view text, ConnectionId connection = kPage) {
    hub->on_text(connection, text, now);
  }
  void say(std::string_view name, std::string_view data, ConnectionId connection = kPage) {
    say("{\"message\":\"" + std::string(name) + "\",\"data\":[" + std::string(data) + "]}",
        connection);
  }
  // What the page heard since last asked, as "name STATUS".
  std::vector<std::string> heard(ConnectionId connection = kPage) {
    std::vector<std::string> out;
    for (const std::string& text : std::exchange(wire.texts[connection], {})) {
      last = json::parse(text).as_object();
      std::string line(last.at("message").as_string());
      const json::value& data = last.at("data").as_array().at(0);
      if (data.is_object() && data.as_object().contains("status")) {
        line += " " + std::string(data.at("status").as_string());
      }
      out.push_back(line);
    }
    return out;
  }
  // A member of the last message heard.
  std::string member(const char* name) const {
    const json::value* value = last.at("data").as_array().at(0).as_object().if_contains(name);
    return !value               ? "(absent)"
           : value->is_string() ? std::string(value->as_string())
                                : json::serialize(*value);
  }

  SessionId sign_in(ConnectionId connection = kPage, const std::string& login = "1001") {
    open(connection);
    say("connection",
        "{\"sipLogin\":\"" + login + "\",\"sipPassword\":\"secret\",\"sipDomain\":\"PBX.example\"}",
        connection);
    hub->registered(gateway.sessions.back());
    heard(connection);
    gateway.log.clear();
    return gateway.sessions.back();
  }
  void call(const std::string& id = "c1") {
    say("call", "{\"callId\":\"" + id + "\",\"sdp\":\"" + kOffer + "\",\"callee\":\"1002\"}");
  }
  SessionId with_call(const std::string& id = "c1") {
    const SessionId session = sign_in();
    call(id);
    heard();
    gateway.log.clear();
    return session;
  }
  void pass(Duration time) {
    const MonoTime end = now + time;
    while (hub->next_deadline() <= end) {
      now = hub->next_deadline();
      hub->on_time(now);
    }
    now = end;
  }

  HubOptions options;
  Wire wire;
  Gateway gateway;
  SeededRandom random{1};
  MonoTime now{1h};
  json::object last;
  std::unique_ptr<Hub> hub;
};

}  // namespace patchcord::wcs
