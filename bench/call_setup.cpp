// SPDX-License-Identifier: GPL-3.0-or-later
// How long a call takes, seen from both of its ends with one clock. A gateway of its own runs as a
// child; this program is the page, the browser's media and the phone. For each call it takes
//
//   page   ── call ──────▶ gateway ── INVITE ──▶ phone     1. from the frame to the INVITE
//   browser ◀─ ICE, DTLS ▶ gateway                         2. from the frame to DTLS being done
//   browser ◀── SRTP ───── gateway ◀─── RTP ──── phone     3. from the first RTP to the first
//   packet
//
// The phone rings until the browser is connected, as a person does who needs a second to answer,
// and speaks when it has the ACK. The gateway runs with its defaults and is idle between calls.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "bench/support/figures.h"
#include "bench/support/free_ports.h"
#include "bench/support/gateway_process.h"
#include "bench/support/sip_phone.h"
#include "bench/support/web_socket_client.h"
#include "codec/registry.h"
#include "net/epoll_loop.h"
#include "net/udp_socket.h"
#include "sdp/session.h"
#include "wcs/messages.h"

namespace patchcord::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(5);  // with one call
constexpr Duration kFrame = milliseconds(20);
// Until the phone speaks the browser hears silence of Opus, which is shorter than any sound.
constexpr size_t kLongestSilence = 8;

struct Options {
  size_t calls = 200;
  int pause_ms = 60;  // between calls; a page may say 50 messages a second
  bool transcode = false;
  std::string program = PATCHCORD_PROGRAM;
};

std::vector<uint8_t> tone_in_pcma() {
  std::vector<int16_t> pcm(160);
  for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = i % 8 < 4 ? int16_t{8000} : int16_t{-8000};
  const auto encoder = codec::make_encoder(codec::AudioCodec::kPcma, {.sample_rate = 8000});
  std::vector<uint8_t> payload(pcm.size());
  payload.resize(encoder->encode(pcm, payload));
  return payload;
}

class CallSetup final : private net::Resident {
 public:
  CallSetup(const Options& options, net::EpollLoop& loop, std::unique_ptr<StampedPort> sip)
      : options_(options),
        loop_(loop),
        phone_(std::move(sip), wire_, loop, {PayloadType(8), "PCMA/8000"},
               {[this](MonoTime arrived) { call_to_invite_.add(arrived - called_at_); },
                [this] { on_acknowledged(); }, [this] { on_ended(); }}) {
    loop_.attach(*this);
  }
  ~CallSetup() { loop_.detach(*this); }

  SocketAddress phone() const { return phone_.local(); }
  void start(WebSocketClient& page);
  void on_text(const std::string& text);
  size_t completed() const { return first_packet_.count(); }
  void print() const;

 private:
  void call();
  void give_up(size_t number);
  void connect(const std::string& sdp);
  void on_acknowledged();
  void speak();
  void on_ended();
  void on_turn(MonoTime now) override;
  MonoTime next_deadline() const override { return kNever; }
  bool hears_sound() const;
  std::string offer() const;

  const Options& options_;
  net::EpollLoop& loop_;
  SystemClock clock_;
  SystemRandom random_;
  net::SystemWire wire_;
  SipPhone phone_;
  WebSocketClient* page_ = nullptr;
  const std::vector<uint8_t> sound_ = tone_in_pcma();

  size_t number_ = 0;  // of the call under way
  std::unique_ptr<test::BrowserPeer> browser_;
  MonoTime called_at_;
  bool is_connected_ = false;
  std::optional<MonoTime> spoke_at_;  // and the browser has not heard it yet

  Figures call_to_invite_, call_to_dtls_, first_packet_;
};

void CallSetup::start(WebSocketClient& page) {
  page_ = &page;
  wcs::Connection connection;
  connection.app_key = "defaultApp";
  connection.sip.emplace();
  connection.sip->login = "bench";
  connection.sip->domain = phone_.local().to_string();
  connection.sip->registering = wcs::Registering::kNotRequired;
  page_->send(wcs::print(wcs::ClientMessage(connection)));
}

void CallSetup::on_text(const std::string& text) {
  const auto message = wcs::parse_server(text);
  if (!message) return;
  if (std::holds_alternative<wcs::GetUserData>(*message)) return call();
  if (const auto* sdp = std::get_if<wcs::SetRemoteSdp>(&*message)) return connect(sdp->sdp);
  if (std::holds_alternative<wcs::Ping>(*message)) {
    page_->send(wcs::print(wcs::ClientMessage(wcs::Pong())));
  } else if (std::holds_alternative<wcs::Fail>(*message)) {
    fmt::print(stderr, "call {}: {}\n", number_, text);
  }
}

void CallSetup::call() {
  if (++number_ > options_.calls) return loop_.stop();
  browser_ =
      std::make_unique<test::BrowserPeer>(wire_, loop_, SocketAddress(loopback(), 0), random_);
  is_connected_ = false;
  spoke_at_.reset();
  wcs::Call call;
  call.call_id = fmt::format("bench-{}", number_);
  call.callee = "phone";
  call.sdp = offer();
  const std::string frame = wcs::print(wcs::ClientMessage(call));
  called_at_ = clock_.now();
  page_->send(frame);
  loop_.after(kPatience, [this, number = number_] { give_up(number); });
}

void CallSetup::give_up(size_t number) {
  if (number != number_ || !browser_) return;
  fmt::print(stderr, "call {}: {}\n", number_,
             is_connected_ ? "no sound came through" : "the browser was not connected");
  loop_.stop();
}

std::string CallSetup::offer() const {
  return fmt::format(
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
      "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:actpass\r\na=mid:0\r\n"
      "a=sendrecv\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n",
      options_.transcode ? "111" : "111 9 0 8", browser_->ice().ufrag, browser_->ice().pwd,
      browser_->fingerprint());
}

void CallSetup::connect(const std::string& sdp) {
  const auto session = sdp::parse(sdp);
  if (!session || session->media.empty() || session->media[0].candidates.empty()) return;
  const sdp::Media& audio = session->media[0];
  const sdp::Fingerprint& fingerprint = session->fingerprints_of(audio).at(0);
  const auto ip = IpAddress::parse(audio.candidates[0].address);
  browser_->connect({session->ice_ufrag_of(audio), session->ice_pwd_of(audio)},
                    fingerprint.hash + " " + fingerprint.value,
                    {ip.value_or(loopback()), audio.candidates[0].port});
}

void CallSetup::on_turn(MonoTime) {
  if (!browser_) return;
  if (!is_connected_ && browser_->is_connected()) {
    is_connected_ = true;
    call_to_dtls_.add(clock_.now() - called_at_);
    phone_.answer();
  }
  if (spoke_at_ && hears_sound()) {
    first_packet_.add(clock_.now() - *spoke_at_);
    spoke_at_.reset();
    page_->send(wcs::print(wcs::ClientMessage(wcs::Hangup{fmt::format("bench-{}", number_)})));
  }
}

bool CallSetup::hears_sound() const {
  const auto& heard = browser_->heard;
  return !heard.empty() && heard.back().payload.size() > kLongestSilence;
}

void CallSetup::on_acknowledged() {
  if (spoke_at_) return;
  spoke_at_ = clock_.now();
  speak();
}

void CallSetup::speak() {
  if (!spoke_at_) return;
  phone_.send_sound(sound_);
  loop_.after(kFrame, [this, number = number_] {
    if (number == number_) speak();
  });
}

void CallSetup::on_ended() {
  browser_.reset();
  loop_.after(milliseconds(options_.pause_ms), [this] { call(); });
}

void CallSetup::print() const {
  fmt::print("{} of {} calls, the phone's PCMA is {} for the browser\n\n", completed(),
             options_.calls, options_.transcode ? "transcoded to Opus" : "relayed");
  Figures::print_head();
  call_to_invite_.print("call: frame sent to INVITE on the wire");
  first_packet_.print("first RTP sent to first packet decrypted");
  call_to_dtls_.print("call: frame sent to DTLS connected");
}

int run(const Options& options) {
  const SystemClock clock;
  auto sip = StampedPort::bind(clock);
  auto loop = net::EpollLoop::make(clock);
  if (!sip || !loop) {
    fmt::print(stderr, "call_setup: no socket\n");
    return 1;
  }
  auto gateway = GatewayProcess::start({.program = options.program, .sip_server = (*sip)->local()});
  if (!gateway) {
    fmt::print(stderr, "call_setup: {}\n", gateway.error().text);
    return 1;
  }
  CallSetup setup(options, **loop, std::move(*sip));
  std::unique_ptr<WebSocketClient> page;
  auto opened = WebSocketClient::open((*gateway)->web(), **loop,
                                      {.opened = [&] { setup.start(*page); },
                                       .text = [&](std::string text) { setup.on_text(text); },
                                       .closed = [&] { (*loop)->stop(); }});
  if (!opened) {
    fmt::print(stderr, "call_setup: {}\n", opened.error().text);
    return 1;
  }
  page = std::move(*opened);
  const Duration cpu_before = (*gateway)->cpu_time();
  (*loop)->run();
  const Duration cpu = (*gateway)->cpu_time() - cpu_before;
  setup.print();
  const double calls = static_cast<double>(std::max<size_t>(setup.completed(), 1));
  fmt::print("{:<44}{:>15.3f}\n", "CPU time of the gateway for a call",
             std::chrono::duration<double, std::milli>(cpu).count() / calls);
  return setup.completed() >= options.calls ? 0 : 1;
}

}  // namespace
}  // namespace patchcord::bench

int main(int argc, char** argv) {
  patchcord::bench::Options options;
  CLI::App cli{"How long a call through a gateway takes to be set up."};
  cli.add_option("--calls", options.calls, "How many, one after the other")->capture_default_str();
  cli.add_option("--pause", options.pause_ms, "Milliseconds between them")->capture_default_str();
  cli.add_flag("--transcode", options.transcode, "The browser takes nothing but Opus");
  cli.add_option("--program", options.program, "The gateway")->capture_default_str();
  CLI11_PARSE(cli, argc, argv);
  return patchcord::bench::run(options);
}
