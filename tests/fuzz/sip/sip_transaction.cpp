// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes are a play: commands of an owner, messages of a far end that knows the dialog (answers
// to what was sent, requests with the right tags, and both with bytes of the input in them), and
// time. Whatever the play: an id gets at most one Ended, and when all is closed and time has passed
// there is no dialog, no registration, no transaction and no deadline left.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/random.h"
#include "sip/builder.h"
#include "sip/user_agent.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;

const Target kPeer{TransportKind::kUdp, *SocketAddress::parse("192.0.2.1:5060"), {}};
constexpr const char* kMethods[] = {"INVITE", "ACK",  "BYE",     "CANCEL",
                                    "UPDATE", "INFO", "OPTIONS", "REGISTER"};
constexpr const char* kLines[] = {
    "",
    "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n",
    "Session-Expires: 1\r\n",
    "Record-Route: <sip:192.0.2.1;lr>\r\n",
    "Record-Route: <sip:h.test>\r\n",
    "Contact: <sip:h.test>\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", stale=true\r\n",
    "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
    "Min-Expires: 700\r\nRetry-After: 3\r\n",
    "Allow: UPDATE\r\nContact: <sip:b@192.0.2.1>\r\n",
    "Require: 100rel\r\n",
    "Expires: 60\r\n"};

class Play : public Outside, public UserAgentListener {
 public:
  explicit Play(Reader input)
      : input_(input),
        ua_({.max_dialogs = 20, .max_transactions = 100},
            {[](auto, auto, auto) { return true; }, [](const Target&) { return true; }}, *this,
            random_, *this) {}

  void run() {
    for (int i = 0; i < 200 && input_.remaining() > 0; ++i) step();
    ua_.close_all(now_);
    for (int i = 0; i < 400; ++i) pass(1s);
    if (!ua_.is_idle() || ua_.transaction_count() != 0 || ua_.next_deadline() != kNever)
      std::abort();
  }

  void send(const Target&, ByteSpan bytes) override {
    if (sent_.size() >= 30) sent_.erase(sent_.begin());
    sent_.emplace_back(as_text(bytes));
  }
  void resolve(ResolveTicket ticket, const ResolveQuery&) override { tickets_.push_back(ticket); }
  SocketAddress local_address(const Target&) override {
    return {IpAddress::v4(198, 51, 100, 7), 5060};
  }
  void wake_at(MonoTime) override {}
  void on_event(const Event& event) override {
    if (const auto* call = std::get_if<IncomingCall>(&event)) dialogs_.push_back(call->dialog);
    const auto* ended = std::get_if<Ended>(&event);
    if (ended && ++ends_[ended->dialog] > 1) std::abort();
  }

 private:
  void step() {
    const uint8_t what = input_.u8();
    const DialogId dialog =
        dialogs_.empty() ? DialogId(1) : dialogs_[input_.u8() % dialogs_.size()];
    switch (what % 16) {
      case 0: {
        Account account{.aor = *Uri::parse(what & 16 ? "sip:u@h.test" : "sip:u@192.0.2.1"),
                        .password = "p"};
        dialogs_.push_back(ua_.invite({account, account.aor, "v=0", {}, {}}, now_));
        return;
      }
      case 1:
        return ua_.ring(dialog, now_);
      case 2:
        return ua_.answer(dialog, "v=0", now_);
      case 3:
        return ua_.reject(dialog, 400 + input_.u8(), "no", now_);
      case 4:
        return ua_.hangup(dialog, {}, now_);
      case 5:
        return ua_.reoffer(dialog, "v=1", now_);
      case 6:
        return ua_.answer_reoffer(dialog, "v=2", now_);
      case 7:
        return ua_.send_info(dialog, "text/plain", "x", now_);
      case 8:
        registrations_.push_back(
            ua_.register_account({.aor = *Uri::parse("sip:u@192.0.2.1"), .password = "p"}, now_));
        return;
      case 9:
        if (!registrations_.empty()) ua_.unregister(registrations_.back(), now_);
        return;
      case 10:
        if (tickets_.empty()) return;
        ua_.on_resolved(tickets_.back(), input_.u8() & 1 ? Targets{kPeer} : Targets{}, now_);
        tickets_.pop_back();
        return;
      case 11:
        return ua_.on_transport_error(kPeer, {}, now_);
      case 12:
        return pass(input_.u8() * 200ms);
      case 13:
        return answer_something();
      case 14:
        return ask_in_a_dialog();
      default: {
        const ByteSpan bytes =
            input_.bytes(std::min<size_t>(input_.u16() % 2000, input_.remaining()));
        return ua_.on_message(bytes, kPeer, now_);
      }
    }
  }

  void pass(Duration by) {
    const MonoTime end = now_ + by;
    for (int i = 0; i < 2000 && ua_.next_deadline() <= end; ++i) {
      now_ = std::max(now_, ua_.next_deadline());
      ua_.on_time(now_);
    }
    now_ = end;
  }

  std::string lines() {
    std::string text = kLines[input_.u8() % std::size(kLines)];
    const uint8_t wild = input_.u8();
    if (wild < 16)
      text +=
          "X: " + std::string(as_text(input_.bytes(std::min<size_t>(wild, input_.remaining())))) +
          "\r\n";
    return text;
  }
  std::string body() {
    return input_.u8() & 1 ? "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=9"
                           : "\r\n";
  }

  void answer_something() {
    if (sent_.empty()) return;
    const Parsed request = parse_message(sent_[input_.u8() % sent_.size()]);
    if (request.verdict != Verdict::kGood || !request.message.is_request()) return;
    const int status = 100 + 20 * (input_.u8() % 30) + input_.u8() % 4;
    const std::string tag(1, static_cast<char>('a' + input_.u8() % 3));
    const auto built = make_response(request.message, status, {}, tag).build();
    if (!built.ok()) return;
    std::string text = built->text().substr(0, built->text().find("Content-Length"));
    text += lines() + body();
    ua_.on_message(as_bytes(text), kPeer, now_);
  }

  void ask_in_a_dialog() {
    std::string call_id = "c" + std::to_string(input_.u8() % 4), local, remote = "a";
    if (!sent_.empty()) {
      const Parsed seen = parse_message(sent_[input_.u8() % sent_.size()]);
      if (seen.verdict == Verdict::kGood) {
        const bool is_ours = seen.message.is_request();
        call_id = seen.message.call_id();
        local = is_ours ? from_tag(seen.message) : to_tag(seen.message);
        remote = is_ours ? to_tag(seen.message) : from_tag(seen.message);
      }
    }
    if (remote.empty()) remote = "a";
    const std::string method = kMethods[input_.u8() % std::size(kMethods)];
    const std::string branch = std::to_string(input_.u8() % 16), cseq = std::to_string(input_.u8());
    if (input_.u8() & 1) local.clear();
    const std::string text =
        method + " sip:u@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK" +
        branch + "\r\nFrom: <sip:b@192.0.2.1>;tag=" + remote + "\r\nTo: <sip:u@198.51.100.7>" +
        (local.empty() ? "" : ";tag=" + local) + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq +
        " " + method + "\r\nMax-Forwards: 70\r\n" + lines() + body();
    ua_.on_message(as_bytes(text), kPeer, now_);
  }

  Reader input_;
  MonoTime now_{1000s};
  SeededRandom random_{1};
  std::vector<std::string> sent_;
  std::vector<ResolveTicket> tickets_;
  std::vector<DialogId> dialogs_;
  std::vector<RegistrationId> registrations_;
  std::map<DialogId, int> ends_;
  UserAgent ua_;
};

}  // namespace
}  // namespace patchcord::sip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  patchcord::sip::Play(patchcord::Reader({data, size})).run();
  return 0;
}
