// SPDX-License-Identifier: GPL-3.0-or-later
#include "house/sim_house.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/registry.h"
#include "sdp/session.h"

namespace patchcord::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kGateway = IpAddress::v4(10, 0, 0, 1);
const IpAddress kGatewaySix = *IpAddress::parse("fd00::1");
const IpAddress kFar = IpAddress::v4(10, 0, 0, 2);

app::Config config_for(SimHouseOptions& options) {
  app::Config config = app::read_config("").config;
  config.rtc.addresses = {kGateway};
  config.rtp.addresses = {kGateway, kGatewaySix};
  config.rtp.first_port = 20000;
  config.rtp.last_port = 20999;
  config.sip.domains = {{.host = "10.0.0.2", .port = 0, .transport = {}, .ca = {}}};
  config.registrar.enabled = true;
  config.registrar.domain = "home";
  config.registrar.users = {{"ann", "ann"}, {"bob", "bob"}};
  if (options.configure) options.configure(config);
  return config;
}

}  // namespace

std::string browser_sdp(const rtc::IceCredentials& ice, const std::string& fingerprint,
                        const std::string& setup) {
  return fmt::format(
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
      "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\na=fingerprint:{}\r\n"
      "a=setup:{}\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:111 opus/48000/2\r\n"
      "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:8 PCMA/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
      "a=rtpmap:126 telephone-event/8000\r\n",
      ice.ufrag, ice.pwd, fingerprint, setup);
}

void connect_to(BrowserPeer& peer, const std::string& answer) {
  const auto session = sdp::parse(answer);
  ASSERT_TRUE(session) << answer;
  const sdp::Media& audio = session->media.at(0);
  ASSERT_FALSE(audio.candidates.empty());
  const auto ip = IpAddress::parse(audio.candidates[0].address);
  const auto& fingerprint = session->fingerprints_of(audio).at(0);
  peer.connect({session->ice_ufrag_of(audio), session->ice_pwd_of(audio)},
               fingerprint.hash + " " + fingerprint.value, {*ip, audio.candidates[0].port},
               rtc::DtlsRole::kClient);
}

bool FakeCall::told(const std::string& what) const {
  return std::find(story.begin(), story.end(), what) != story.end();
}

FakeBrowser::FakeBrowser(SimHouse& house, int number)
    : house_(house),
      number_(number),
      address_(IpAddress::v4(10, 0, 1, static_cast<uint8_t>(number))),
      wire_(house.world, {address_}),
      connection_(connect()) {}

ConnectionId FakeBrowser::connect() {
  const ConnectionId connection(++house_.last_connection_);
  is_open_ = true;
  house_.gateway->hub().on_open(
      connection,
      {.address = {address_, 50000}, .origin = {}, .user_agent = "fake", .security = {}},
      house_.world.now());
  return connection;
}

FakeBrowser::~FakeBrowser() {
  leave();
}

void FakeBrowser::say(const wcs::ClientMessage& message) {
  if (!is_open_ || vanished_) return;
  house_.gateway->hub().on_text(connection_, wcs::print(message), house_.world.now());
}

void FakeBrowser::sign_in(const std::string& login, const std::string& password,
                          const std::string& domain, bool register_required) {
  wcs::Connection connection;
  connection.app_key = "defaultApp";
  wcs::SipOptions sip;
  sip.login = login;
  sip.password = password;
  sip.domain = domain;
  sip.registering =
      register_required ? wcs::Registering::kRequired : wcs::Registering::kNotRequired;
  connection.sip = sip;
  connection.keep_alive = keep_alive;
  signed_in_with_ = connection;
  say(connection);
}

FakeCall& FakeBrowser::open(const std::string& call_id) {
  FakeCall& call = calls[call_id];
  call.media = std::make_unique<BrowserPeer>(wire_, house_.outside,
                                             SocketAddress(address_, ++last_port_), house_.random);
  call.media->stream.step = 960;
  return call;
}

std::string FakeBrowser::sdp_of(FakeCall& call, const std::string& setup) {
  std::string fingerprint = call.media->fingerprint();
  if (wrong_fingerprint) fingerprint.back() = fingerprint.back() == '0' ? '1' : '0';
  return browser_sdp(call.media->ice(), fingerprint, setup);
}

std::string FakeBrowser::call(const std::string& callee, bool with_media) {
  const std::string call_id = fmt::format("b{}-c{}", number_, ++last_call_);
  FakeCall& call = open(call_id);
  wcs::Call message;
  message.call_id = call_id;
  message.sdp = sdp_of(call, "actpass");
  message.caller = "me";
  message.callee = callee;
  if (!with_media) call.media.reset();
  say(message);
  return call_id;
}

void FakeBrowser::answer(const std::string& call_id) {
  FakeCall& call = calls[call_id];
  if (!call.media || call.answered) return;
  call.answered = true;
  connect(call);
  say(wcs::Answer{.call_id = call_id, .sdp = sdp_of(call, "active")});
}

void FakeBrowser::hangup(const std::string& call_id) {
  say(wcs::Hangup{call_id});
}

void FakeBrowser::digits(const std::string& call_id, const std::string& digits) {
  say(wcs::SendDtmf{.call_id = call_id, .digits = digits, .type = wcs::DtmfType::kRfc2833});
}

void FakeBrowser::leave() {
  if (!is_open_) return;
  is_open_ = false;
  house_.gateway->hub().on_close(connection_, wcs::SocketEnd::kMeant, house_.world.now());
}

void FakeBrowser::lose() {
  is_open_ = false;
  house_.gateway->hub().on_close(connection_, wcs::SocketEnd::kLost, house_.world.now());
}

void FakeBrowser::come_back(As as) {
  connection_ = connect();
  is_established = is_registered = false;
  wcs::Connection connection;
  if (as == As::kOurs) connection = signed_in_with_;
  connection.resume = as == As::kOurs;
  connection.keep_alive = keep_alive;
  connection.auth_token = user_data.auth_token;
  say(connection);
}

void FakeBrowser::hear(std::string text) {
  if (vanished_) return;
  const auto message = wcs::parse_server(text);
  ASSERT_TRUE(message) << text;
  take(*message);
}

void FakeBrowser::take(const wcs::ServerMessage& message) {
  if (const auto* data = std::get_if<wcs::GetUserData>(&message)) {
    is_established = true;
    user_data = *data;
  }
  if (std::holds_alternative<wcs::Registered>(message)) is_registered = true;
  if (std::holds_alternative<wcs::Ping>(message) && answers_pings) say(wcs::Pong{});
  if (const auto* fail = std::get_if<wcs::Fail>(&message)) fails.push_back(*fail);
  if (const auto* trying = std::get_if<wcs::Trying>(&message)) {
    calls[trying->call.call_id].story.push_back("trying");
  } else if (const auto* sdp = std::get_if<wcs::SetRemoteSdp>(&message)) {
    const bool is_offer = sdp->kind == wcs::SdpKind::kOffer;
    FakeCall& call = is_offer ? open(sdp->call_id) : calls[sdp->call_id];
    call.incoming = is_offer;
    call.story.push_back("sdp");
    call.remote_sdp = sdp->sdp;
    if (!is_offer) connect(call);
  } else if (const auto* in = std::get_if<wcs::IncomingCall>(&message)) {
    incoming.push_back(in->call.call_id);
    calls[in->call.call_id].story.push_back("incoming");
  } else if (const auto* ring = std::get_if<wcs::Ring>(&message)) {
    const bool media = ring->call.status == wcs::CallStatus::kRingMedia;
    calls[ring->call.call_id].story.push_back(media ? "ring_media" : "ring");
  } else if (const auto* talk = std::get_if<wcs::Talk>(&message)) {
    calls[talk->call.call_id].story.push_back("talk");
  } else if (const auto* busy = std::get_if<wcs::Busy>(&message)) {
    calls[busy->call.call_id].story.push_back("busy");
  } else if (const auto* finish = std::get_if<wcs::Finish>(&message)) {
    FakeCall& call = calls[finish->call.call_id];
    call.story.push_back("finish");
    call.finish = *finish;
    if (call.media) call.media->close();
    call.media.reset();
  }
}

void FakeBrowser::connect(FakeCall& call) {
  if (call.media && !no_ice) connect_to(*call.media, call.remote_sdp);
}

void FakeBrowser::tick() {
  if (vanished_) return;
  uint8_t silence[16];
  const size_t size = codec::silent_payload(codec::AudioCodec::kOpus, 20000, silence);
  for (auto& [id, call] : calls) {
    if (call.media && call.media->is_connected()) {
      call.media->send(PayloadType(111), ByteSpan(silence, size));
    }
  }
}

SimHouse::SimHouse(SimHouseOptions options)
    : world(options.seed),
      random(options.seed),
      control(world),
      wire(world, {kGateway, kGatewaySix}),
      sip(world, control, wire, {kGateway, 5060}),
      outside(world),
      far(world, outside, kFar, options.phone_media.is_unspecified() ? kFar : options.phone_media,
          random) {
  world.set_quality(options.quality);
  std::vector<net::Loop*> loops;
  for (int i = 0; i < options.media_loops; ++i) {
    media_loops.push_back(std::make_unique<SimLoop>(world));
    loops.push_back(media_loops.back().get());
  }
  const app::Config config = config_for(options);
  auto made = app::Gateway::make(config, {control, world, random, wire, loops, sip, sip, *this});
  EXPECT_TRUE(made) << (made ? "" : made.error().text);
  gateway = std::move(*made);
  sip.attach(gateway->user_agent());
  ports_at_rest_ = world.bound_ports();
  tick();
}

SimHouse::~SimHouse() {
  EXPECT_EQ(leftovers(), "");
  browsers.clear();
}

FakeBrowser& SimHouse::browser() {
  browsers.push_back(std::make_unique<FakeBrowser>(*this, static_cast<int>(browsers.size()) + 1));
  return *browsers.back();
}

FakeBrowser& SimHouse::signed_in(const std::string& login) {
  FakeBrowser& one = browser();
  one.sign_in(login, far.password, "10.0.0.2");
  EXPECT_TRUE(until([&] { return one.is_registered; })) << login;
  return one;
}

std::string SimHouse::leftovers() {
  for (auto& one : browsers) one->leave();
  until([&] { return gateway->calls().size() == 0; }, seconds(40));
  for (auto& one : browsers) one->calls.clear();
  run(seconds(40));  // 64*T1 and a little: what a transaction may wait for
  std::string left;
  const auto expect = [&](const char* what, size_t is, size_t should_be) {
    if (is != should_be) left += fmt::format("{} {} instead of {}; ", is, what, should_be);
  };
  expect("calls", gateway->calls().size(), 0);
  expect("sessions", gateway->hub().size(), 0);
  expect("dialogs", gateway->user_agent().dialog_count(), 0);
  expect("transactions", gateway->user_agent().transaction_count(), 0);
  expect("registrations", gateway->user_agent().registration_count(), 0);
  expect("bridges", gateway->engine().open_count(), 0);
  expect("leased port pairs", gateway->engine().leased_port_pairs(), 0);
  expect("bound ports", world.bound_ports(), ports_at_rest_);
  expect("dialogs of the far side", far.live_dialogs(), 0);
  expect("control timers", control.timers(), 2);  // the gateway's tick and the house's own
  return left;
}

FakeBrowser* SimHouse::find(ConnectionId connection) {
  const auto found = std::ranges::find(browsers, connection,
                                       [](const auto& browser) { return browser->connection_; });
  return found == browsers.end() ? nullptr : found->get();
}

// Texts take a turn to the browser, as they would over a socket.
void SimHouse::send(ConnectionId connection, std::string text) {
  outside.post([this, connection, text = std::move(text)] {
    FakeBrowser* browser = find(connection);
    if (browser && browser->is_open_) browser->hear(text);
  });
}

void SimHouse::close(ConnectionId connection, uint16_t code, std::string_view) {
  outside.post([this, connection, code] {
    FakeBrowser* browser = find(connection);
    if (!browser) return;
    browser->hear_close(code);
    browser->is_open_ = false;
  });
}

void SimHouse::tick() {
  for (auto& one : browsers) one->tick();
  control.after(milliseconds(20), [this] { tick(); });
}

}  // namespace patchcord::test
