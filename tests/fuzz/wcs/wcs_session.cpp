// SPDX-License-Identifier: GPL-3.0-or-later
// A page that says anything in any order, a gateway that answers at random: after it every sign-in
// had its sign-out, every call that began had exactly one finish or a socket that closed, and
// nothing was said about a call after its finish. Input: lines; the first byte of a line says what
// happens.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "wcs/hub.h"

namespace {

using namespace patchcord;
using namespace patchcord::wcs;

constexpr ConnectionId kPage{1};

void require(bool condition) {
  if (!condition) std::abort();
}

// Reads back what the page is told and watches its calls.
class Page : public ConnectionSink {
 public:
  void send(ConnectionId, std::string text) override {
    require(!is_closed);
    const auto message = parse_server(text);
    require(message.ok());
    std::visit([this](const auto& m) { heard(m); }, *message);
  }
  void close(ConnectionId, uint16_t, std::string_view) override {
    require(!is_closed);
    is_closed = true;
  }

  bool is_closed = false;
  std::set<std::string> open_calls;

 private:
  template <class Message>
  void heard(const Message& m) {
    if constexpr (std::is_same_v<Message, Trying> || std::is_same_v<Message, IncomingCall>) {
      require(open_calls.insert(m.call.call_id).second);
    } else if constexpr (std::is_same_v<Message, Ring> || std::is_same_v<Message, Talk>) {
      require(open_calls.contains(m.call.call_id));
    } else if constexpr (std::is_same_v<Message, Finish>) {
      // A refused call has no TRYING; a duplicate is finished beside the one that goes on.
      if (m.cause.reason.empty()) require(open_calls.erase(m.call.call_id) == 1);
    }
  }
};

class Anyone : public HubListener {
 public:
  void on_sign_in(SessionId session, const SignIn&) override {
    require(++signed_in == 1);
    id = session;
  }
  void on_sign_out(SessionId, SignOut) override { require(--signed_in == 0); }
  void on_away(SessionId, Keeping) override { require(signed_in == 1); }
  void on_back(SessionId, Memory) override { require(signed_in == 1); }
  void on_call(SessionId, const CallRequest& call) override {
    require(signed_in == 1);
    last_call = call.call_id;
    hub->ring(id, last_call);
  }
  void on_answer(SessionId, std::string_view call_id, std::string_view) override {
    hub->talk(id, call_id);
  }
  void on_hangup(SessionId, std::string_view call_id, std::string_view) override {
    hub->finish(id, call_id, {});
  }
  void on_dtmf(SessionId, std::string_view, std::string_view digits, DtmfType) override {
    require(!digits.empty() && digits.size() <= 32);
  }

  Hub* hub = nullptr;
  SessionId id;
  int signed_in = 0;
  std::string last_call;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input = as_text({data, size});
  Page page;
  Anyone gateway;
  SeededRandom random(1);
  Hub hub({}, page, gateway, random);
  gateway.hub = &hub;
  MonoTime now{};
  hub.on_open(kPage, {}, now);
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    switch (line.front()) {
      case 'A':
        hub.accept(gateway.id, now);
        break;
      case 'R':
        hub.registered(gateway.id);
        break;
      case 'F':
        hub.registration_failed(gateway.id, {}, now);
        break;
      case 'S':
        hub.remote_sdp(gateway.id, gateway.last_call, "sdp");
        break;
      case 'M':
        hub.ring_media(gateway.id, gateway.last_call);
        break;
      case 'T':
        hub.talk(gateway.id, gateway.last_call);
        break;
      case 'E':
        hub.finish(gateway.id, gateway.last_call, {CallStatus::kBusy, {}});
        break;
      case 'I': {
        IncomingRequest call;
        call.call_id = "i" + std::string(rest.substr(0, 8));
        for (char& c : call.call_id) c &= 0x7f;
        (void)hub.incoming_call(gateway.id, call);
        break;
      }
      case 'W':
        now += std::chrono::seconds(1 + rest.size());
        hub.on_time(now);
        require(hub.next_deadline() > now);
        break;
      default:
        hub.on_text(kPage, line, now);
    }
  }
  hub.on_close(kPage, wcs::SocketEnd::kMeant, now);
  require(gateway.signed_in == 0);
  require(hub.size() == 0);
  require(hub.next_deadline() == kNever);
  return 0;
}
