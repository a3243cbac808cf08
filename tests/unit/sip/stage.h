// SPDX-License-Identifier: GPL-3.0-or-later
// Stage: a UserAgent on a virtual clock, with a script in place of the network. What it sends is
// taken one message at a time, what the far end says is written as answers to that or as requests
// of a far end; events are taken one by one. Nothing here is a socket.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "sip/builder.h"
#include "sip/user_agent.h"

namespace patchcord::sip {

using namespace std::chrono_literals;

inline const Target kProxy{TransportKind::kUdp, *SocketAddress::parse("192.0.2.1:5060"), {}};
inline const Target kFarEnd{TransportKind::kUdp, *SocketAddress::parse("192.0.2.9:5070"), {}};
inline const SocketAddress kUs = *SocketAddress::parse("198.51.100.7:5060");
inline constexpr const char* kOffer =
    "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\n";
inline constexpr const char* kAnswer =
    "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 50000 RTP/AVP 8\r\n";
inline constexpr const char* kOtherAnswer =
    "v=0\r\no=- 7 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 50002 RTP/AVP 0\r\n";

inline Account account_1001() {
  Account account;
  account.aor = *Uri::parse("sip:1001@192.0.2.1");
  account.display_name = "Anna \"A\"";
  account.password = "pw1001";
  return account;
}

struct Sent {
  Target target;
  Message message;
  std::string text{};
};

struct Reply {
  int status = 200;
  std::string tag = "far";
  std::string sdp{};
  std::vector<ExtraHeader> headers{};
  std::string contact = "<sip:callee@192.0.2.9:5070>";
};

// A request of the far end.
struct Ask {
  std::string method = "INVITE";
  std::string uri = "sip:1001@198.51.100.7";
  std::string call_id = "call-1@192.0.2.9";
  std::string from_tag = "far";
  std::string to_tag{};
  uint32_t cseq = 1;
  std::string branch = "z9hG4bKa";
  std::string content_type = "application/sdp";
  std::string body{};
  std::vector<ExtraHeader> headers{};
};

inline std::string text_of(const Ask& ask) {
  std::string text =
      ask.method + " " + ask.uri +
      " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;rport;branch=" + ask.branch +
      "\r\nMax-Forwards: 70\r\nFrom: \"Bob\" <sip:bob@192.0.2.9>;tag=" + ask.from_tag +
      "\r\nTo: <" + ask.uri + ">" + (ask.to_tag.empty() ? "" : ";tag=" + ask.to_tag) +
      "\r\nCall-ID: " + ask.call_id + "\r\nCSeq: " + std::to_string(ask.cseq) + " " + ask.method +
      "\r\nContact: <sip:bob@192.0.2.9:5070>\r\n";
  for (const ExtraHeader& line : ask.headers) text += line.name + ": " + line.value + "\r\n";
  if (!ask.body.empty()) text += "Content-Type: " + ask.content_type + "\r\n";
  return text + "Content-Length: " + std::to_string(ask.body.size()) + "\r\n\r\n" + ask.body;
}

class Stage : public Outside, public UserAgentListener {
 public:
  explicit Stage(UserAgentConfig config = {})
      : ua(std::move(config), policy(), *this, random, *this) {}

  // ---- Outside, UserAgentListener
  void send(const Target& target, ByteSpan bytes) override {
    Parsed parsed = parse_message(std::string(as_text(bytes)));
    if (parsed.drop == DropCause::kKeepAlive) {
      ++keep_alives;
      return;
    }
    EXPECT_TRUE(parsed.verdict == Verdict::kGood || echoes_faults) << as_text(bytes);
    sent.push_back({target, std::move(parsed.message), std::string(as_text(bytes))});
  }
  void resolve(ResolveTicket ticket, const ResolveQuery& query) override {
    asked.emplace_back(ticket, query);
  }
  SocketAddress local_address(const Target&) override { return kUs; }
  void wake_at(MonoTime when) override { wake = when; }
  void on_event(const Event& event) override {
    events.push_back(event);
    sent_when_told = sent.size();
  }

  // ---- the script
  Sent take() {
    if (sent.empty()) {
      ADD_FAILURE() << "nothing was sent";
      return {};
    }
    Sent first = std::move(sent.front());
    sent.pop_front();
    return first;
  }
  Message take(Method method) {
    Sent next = take();
    EXPECT_TRUE(next.message.is(method)) << next.message.text();
    return std::move(next.message);
  }
  Message take_reply(int status) {
    Sent next = take();
    EXPECT_EQ(next.message.status(), status) << next.message.text();
    return std::move(next.message);
  }
  void nothing_sent() {
    EXPECT_TRUE(sent.empty()) << sent.front().message.text();
    sent.clear();
  }

  template <class T>
  T event() {
    if (events.empty() || !std::holds_alternative<T>(events.front())) {
      ADD_FAILURE() << "event expected; there " << (events.empty() ? "is none" : "is index ")
                    << (events.empty() ? 0 : events.front().index());
      return {};
    }
    T found = std::get<T>(events.front());
    events.pop_front();
    return found;
  }
  void no_event() {
    EXPECT_TRUE(events.empty()) << "index " << events.front().index();
    events.clear();
  }

  void receive(std::string_view text, const Target& from = kProxy) {
    ua.on_message(as_bytes(text), from, now);
  }
  void reply(const Message& request, const Reply& what, const Target& from = kProxy) {
    Builder builder = make_response(request, what.status, {}, what.tag);
    if (!what.contact.empty()) builder.add(Header::kContact, what.contact);
    for (const ExtraHeader& line : what.headers) builder.add(line.name, line.value);
    if (!what.sdp.empty()) builder.body("application/sdp", what.sdp);
    receive(builder.build()->text(), from);
  }
  void ask(const Ask& ask, const Target& from = kFarEnd) { receive(text_of(ask), from); }

  // Goes on in steps of the agent's own deadlines.
  void advance(Duration by) {
    const MonoTime until = now + by;
    while (ua.next_deadline() <= until) {
      now = std::max(now, ua.next_deadline());
      ua.on_time(now);
    }
    now = until;
  }
  // Everything ends by itself; at most two minutes.
  void drain() {
    ua.close_all(now);
    for (int i = 0; i < 240 && !(ua.is_idle() && ua.transaction_count() == 0); ++i) advance(500ms);
    EXPECT_TRUE(ua.is_idle());
    EXPECT_EQ(ua.transaction_count(), 0u);
    EXPECT_EQ(ua.next_deadline(), kNever);
  }

  // A call of ours up to its 200 and ACK. Events of it are taken.
  DialogId call_up(const Reply& answer = {.sdp = kAnswer}) {
    const DialogId id =
        ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}}, now);
    invite = take(Method::kInvite);
    reply(invite, answer);
    take(Method::kAck);
    EXPECT_EQ(event<Answered>().dialog, id);
    return id;
  }
  // A call to us, answered and ACKed. `far` is left ready for the next request inside the dialog.
  DialogId called_up() {
    ask({.body = kOffer});
    const DialogId id = event<IncomingCall>().dialog;
    take_reply(100);
    ua.answer(id, kAnswer, now);
    const Message ok = take_reply(200);
    far = Ask{.to_tag = address_of(ok, Header::kTo)->tag()};
    Ask ack = far;
    ack.method = "ACK";
    ack.branch = "z9hG4bKack";
    ask(ack);
    event<Acknowledged>();
    return id;
  }
  // The far end's next request in that dialog.
  Ask next(std::string method, std::string body = {}) {
    far.method = std::move(method);
    far.body = std::move(body);
    far.branch = "z9hG4bKf" + std::to_string(++far.cseq);
    return far;
  }
  // The same for a call of ours (after call_up).
  void far_is_callee() {
    far = Ask{.call_id = std::string(invite.call_id()),
              .to_tag = std::string(from_tag(invite)),
              .cseq = 100};
  }

  MonoTime now{1000s};
  MonoTime wake = kNever;
  SeededRandom random{7};
  std::deque<Sent> sent;
  std::deque<Event> events;
  size_t sent_when_told = 0;  // messages that had left when the last event was told
  std::vector<std::pair<ResolveTicket, ResolveQuery>> asked;
  int keep_alives = 0;
  bool echoes_faults = false;  // answers carry the headers of a wrong request, or its many Vias
  Message invite;
  Ask far;
  UserAgent ua;

 private:
  static UserAgentPolicy policy() {
    return {[](std::string_view host, uint16_t, std::optional<TransportKind>) {
              return host == "192.0.2.1" || host == "example.com";
            },
            [](const Target& source) { return source.address.ip() == kFarEnd.address.ip(); }};
  }
};

}  // namespace patchcord::sip
