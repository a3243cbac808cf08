// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a session: sign-in, limits, heartbeat, closing. Its calls are in session_calls.cpp,
// its time without a socket in session_away.cpp.
#include "wcs/session.h"

#include <algorithm>

#include "core/log.h"
#include "wcs/utf8.h"

namespace patchcord::wcs {
namespace {

constexpr double kByteBurst = 2 * kMaxText;
constexpr size_t kMaxCredential = 256;      // bytes of a login, password, domain...
constexpr size_t kMaxContactParams = 1024;  // carries a push token

const std::string& first_of(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

// {"message":"pushLogs" in front: known without parsing, as these frames carry whole SDPs (T22).
bool looks_like_push_logs(std::string_view text) {
  for (const std::string_view token : {"{", "\"message\"", ":", "\"pushLogs\""}) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || !text.substr(start).starts_with(token)) return false;
    text.remove_prefix(start + token.size());
  }
  return true;
}

// What would break a line of SIP later, or fill a log.
bool is_sane(const SipOptions& sip) {
  const bool contact =
      sip.contact_params.size() <= kMaxContactParams && is_one_line(sip.contact_params);
  return contact && std::ranges::all_of(
                        std::initializer_list<std::string_view>{
                            sip.login, sip.authentication_name, sip.password, sip.domain,
                            sip.outbound_proxy, sip.proxy, sip.visible_name},
                        [](std::string_view field) {
                          return field.size() <= kMaxCredential && is_one_line(field);
                        });
}

SignIn sign_in_of(const Connection& message, const PeerInfo& peer) {
  SignIn out;
  out.app_key = message.app_key;
  out.custom = message.custom;
  out.peer = peer;
  if (!message.sip) {
    out.registering = Registering::kNotRequired;
    return out;
  }
  const SipOptions& sip = *message.sip;
  out.login = sip.login;
  out.authentication_name = first_of(sip.authentication_name, sip.login);
  out.password = sip.password;
  out.domain = sip.domain;
  // The Phone page copies input fields that may not exist (T31).
  out.outbound_proxy = first_of(first_of(sip.outbound_proxy, sip.proxy), sip.domain);
  out.port = sip.port;
  out.registering = sip.registering;
  out.visible_name = sip.visible_name;
  out.contact_params = sip.contact_params;
  return out;
}

}  // namespace

std::string user_key(std::string_view login, std::string_view domain) {
  std::string key(login);
  key += '@';
  std::ranges::transform(domain, std::back_inserter(key), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return key;
}

bool RateLimit::take(MonoTime now, double cost) {
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  tokens_ = std::min(burst_, tokens_ + rate_ * seconds);
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

Session::Session(SessionId id, ConnectionId connection, PeerInfo peer, const HubOptions& options,
                 std::string auth_token, MonoTime now)
    : id_(id),
      connection_(connection),
      peer_(std::move(peer)),
      options_(options),
      messages_(options.messages_per_second, 2 * options.messages_per_second, now),
      bytes_(options.bytes_per_second, kByteBurst, now),
      push_logs_(options.push_logs_per_second, options.push_logs_per_second, now),
      sign_in_by_(now + options.sign_in_timeout),
      last_heard_(now) {
  user_data_.auth_token = std::move(auth_token);
}

void Session::on_text(std::string_view text, MonoTime now, Outbox& out) {
  last_heard_ = now;
  out.counters.add(HubCount::kTexts);
  if (text.size() > kMaxText) {
    return close(CloseCode::kTooLarge, "message too large", SignOut::kRefused, out);
  }
  if (state_ != State::kConnected && looks_like_push_logs(text)) return note_logs(text, now, out);
  if (!may_pass(text.size(), now, out)) return;
  const auto message = parse_client(text);
  if (!message) {
    out.counters.add(HubCount::kMalformed);
    fail({}, {}, {}, message.error().text, out);
    if (state_ == State::kConnected) {
      close(CloseCode::kProtocol, "connection expected", SignOut::kRefused, out);
    }
    return;
  }
  if (state_ == State::kConnected) return on_first(*message, now, out);
  std::visit([&](const auto& m) { handle(m, now, out); }, *message);
}

void Session::on_first(const ClientMessage& message, MonoTime now, Outbox& out) {
  if (const auto* connection = std::get_if<Connection>(&message)) {
    return handle(*connection, now, out);
  }
  fail(name_of(message), {}, {}, "The first message must be connection.", out);
  close(CloseCode::kProtocol, "connection expected", SignOut::kRefused, out);
}

void Session::handle(const Connection& message, MonoTime now, Outbox& out) {
  if (state_ != State::kConnected) {
    return fail("connection", {}, {}, "This connection has signed in already.", out);
  }
  const bool names_account = message.sip && !message.sip->login.empty();
  if (!message.auth_token.empty() && (message.resume || !names_account)) {
    out.returning = {message, now};
  } else {
    sign_in(message, out);
  }
}

void Session::sign_in(const Connection& message, Outbox& out) {
  if (message.sip && !is_sane(*message.sip)) {
    Refusal bad;
    bad.cause = {.reason = "request_rejected", .info = "A SIP option is too long or not one line."};
    return refuse(bad, out);
  }
  SignIn wanted = sign_in_of(message, peer_);
  user_data_.login = wanted.login;
  user_data_.echo = message.echo;
  if (!wanted.login.empty()) user_ = user_key(wanted.login, wanted.domain);
  keeping_ = message.keep_alive ? Keeping::kAlive : Keeping::kBriefly;
  state_ = State::kSigningIn;
  announced_ = true;
  out.events.emplace_back(std::move(wanted));
}

void Session::accept(MonoTime now, Outbox& out) {
  if (state_ != State::kSigningIn) return;
  state_ = State::kEstablished;
  last_heard_ = now;
  ping_at_ = now + options_.ping_interval;
  out.send(user_data_);
  user_data_.echo.clear();
}

void Session::refuse(const Refusal& refusal, Outbox& out) {
  if (state_ == State::kClosing) return;
  out.send(Fail{.status = refusal.status, .cause = refusal.cause});
  close(CloseCode::kUnauthorized, "refused", SignOut::kRefused, out);
}

void Session::registered(std::string_view sip_message, Outbox& out) {
  if (state_ != State::kEstablished || user_data_.login.empty()) return;  // T20, T21
  state_ = State::kRegistered;
  out.send(Registered{std::string(sip_message)});
}

void Session::registration_failed(const Refusal& refusal, MonoTime now, Outbox& out) {
  if (state_ == State::kConnected || state_ == State::kClosing) return;
  state_ = State::kClosing;
  close_at_ = now + options_.grace;
  out.send(Fail{
      .api_method = "RegistrationStatusEvent", .status = refusal.status, .cause = refusal.cause});
}

void Session::registration_waits(const Refusal& refusal, Outbox& out) {
  if (state_ != State::kRegistered && (state_ != State::kEstablished || was_registered_)) return;
  state_ = State::kEstablished;
  was_registered_ = true;
  out.send(Fail{
      .api_method = "RegistrationStatusEvent", .status = "UNREGISTERED", .cause = refusal.cause});
}

// Who was registered may go on calling and is told once; who never was has nothing to wait for.
void Session::registration_lost(const Refusal& refusal, MonoTime now, Outbox& out) {
  if (state_ == State::kRegistered) {
    state_ = State::kEstablished;
    was_registered_ = true;
    out.send(Fail{
        .api_method = "RegistrationStatusEvent", .status = "UNREGISTERED", .cause = refusal.cause});
  } else if (!was_registered_) {
    registration_failed(refusal, now, out);
  }
}

void Session::on_time(MonoTime now, Outbox& out) {
  if (now >= close_at_) {
    return close(CloseCode::kUnauthorized, "registration failed", SignOut::kRefused, out);
  }
  if (now >= next_deadline() && !is_signed_in()) {
    return close(CloseCode::kTimeout, "no sign-in in time", SignOut::kRefused, out);
  }
  if (is_away()) return on_time_away(now, out);
  if (now < ping_at_) return;
  if (now - last_heard_ >= options_.missed_pings * options_.ping_interval) {
    return drop_silent_peer(now, out);
  }
  ping_at_ = now + options_.ping_interval;
  out.send(Ping{});
}

MonoTime Session::next_deadline() const {
  switch (state_) {
    case State::kConnected:
    case State::kSigningIn:
      return sign_in_by_;
    case State::kEstablished:
    case State::kRegistered:
      return is_away() ? look_at_ : ping_at_;
    case State::kClosing:
      return close_at_;
  }
  return kNever;
}

// A page above its rate is told once a flood, then ignored, then closed.
bool Session::may_pass(size_t bytes, MonoTime now, Outbox& out) {
  const bool passes = messages_.take(now) && bytes_.take(now, static_cast<double>(bytes));
  if (messages_.is_calm() && bytes_.is_calm()) flood_ = 0;
  if (passes) return true;
  out.counters.add(HubCount::kFlooded);
  if (++flood_ == 1) fail({}, {}, {}, "Too many messages: some were dropped.", out);
  if (flood_ > options_.flood_limit) {
    close(CloseCode::kFlood, "too many messages", SignOut::kFlood, out);
  }
  return false;
}

void Session::note_logs(std::string_view text, MonoTime now, Outbox& out) {
  out.counters.add(HubCount::kPushLogs);
  if (!push_logs_.take(now)) return out.counters.add(HubCount::kPushLogsDropped);
  if (text.find("sipPassword") != std::string_view::npos) return;  // a page may log what it sends
  log::debug("wcs.page_log", {{"session", id_.value()}, {"text", text}});
}

void Session::handle(const PushLogs& message, MonoTime now, Outbox& out) {
  note_logs(message.logs, now, out);
}

void Session::handle(const SubmitBugReport& message, MonoTime, Outbox&) {
  log::info("wcs.bug_report", {{"session", id_.value()}, {"report", message.report}});
}

void Session::handle(const SessionDebug& message, MonoTime, Outbox& out) {
  out.send(SessionDebugEvent{message.command == DebugCommand::kStart ? "STARTED" : "STOPPED"});
}

// There is no application behind this server to take the data; silence would leave the page's
// promise hanging (T23).
void Session::handle(const SendData& message, MonoTime, Outbox& out) {
  out.send(
      DataStatus{message.operation_id, DataResult::kFailed, "No application takes this data."});
}

void Session::handle(const Ping&, MonoTime, Outbox& out) {
  out.send(Pong{});
}

void Session::handle(const Pong&, MonoTime, Outbox&) {}

void Session::handle(const Unknown& message, MonoTime, Outbox& out) {
  out.counters.add(HubCount::kUnknown);
  fail(message.name, {}, "not_supported", "This message is not known here.", out);
}

void Session::fail(std::string_view method, std::string_view id, std::string_view reason,
                   std::string_view info, Outbox& out) const {
  out.counters.add(HubCount::kRefusedByRule);
  out.send(Fail{.api_method = std::string(method),
                .id = std::string(id),
                .cause = {.reason = std::string(reason), .info = std::string(info)}});
}

void Session::close(CloseCode code, std::string_view reason, SignOut why, Outbox& out) {
  state_ = State::kClosing;
  close_at_ = kNever;
  out.closing = Closing{code, std::string(reason), why};
}

}  // namespace patchcord::wcs
