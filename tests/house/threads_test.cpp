// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway on its real threads and sockets: the control loop, two media loops, and the browsers
// on a fourth thread. For the thread sanitizer: what crosses threads does so only by post.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "app/control_loop.h"
#include "app/gateway.h"
#include "codec/registry.h"
#include "core/log.h"
#include "house/sim_house.h"
#include "net/epoll_loop.h"
#include "net/udp_socket.h"

namespace patchcord::test {
namespace {

using std::chrono::milliseconds;

// A loop, and its thread from start() to stop().
class LoopThread {
 public:
  LoopThread() : loop_(net::EpollLoop::make(clock_).value()) {}
  ~LoopThread() { stop(); }
  void start() {
    thread_ = std::thread([this] { loop_->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
  }
  net::EpollLoop& loop() { return *loop_; }
  // Runs it there and waits.
  void run(Task task) {
    std::atomic<bool> done = false;
    loop_->post([&] {
      task();
      done = true;
      done.notify_one();
    });
    done.wait(false);
  }

 private:
  SystemClock clock_;
  std::unique_ptr<net::EpollLoop> loop_;
  std::thread thread_;
};

struct NoSip final : sip::Outside, legs::WayFinder {
  void send(const sip::Target&, ByteSpan) override {}
  void resolve(sip::ResolveTicket, const sip::ResolveQuery&) override {}
  SocketAddress local_address(const sip::Target&) override { return {}; }
  void wake_at(MonoTime) override {}
  void find(const sip::ResolveQuery&, Answer answer) override {
    answer(Error{ErrorCode::kNotFound, "nowhere"});
  }
};

struct Page final : wcs::ConnectionSink {
  void send(ConnectionId, std::string text) override {
    const auto message = wcs::parse_server(text);
    if (!message) return;
    if (std::holds_alternative<wcs::Registered>(*message)) registered = true;
    if (const auto* sdp = std::get_if<wcs::SetRemoteSdp>(&*message)) {
      answers[sdp->call_id] = sdp->sdp;
    }
    if (std::holds_alternative<wcs::Finish>(*message)) ++finished;
  }
  void close(ConnectionId, uint16_t, std::string_view) override {}

  bool registered = false;
  size_t finished = 0;
  std::map<std::string, std::string> answers;
};

// One browser's media on the outside thread: sends 50 packets a second, counts what it hears.
class Speaker {
 public:
  Speaker(net::Wire& wire, net::Loop& loop) : loop_(loop) {
    peer_ = std::make_unique<BrowserPeer>(wire, loop, SocketAddress(IpAddress::v4(127, 0, 0, 1), 0),
                                          random_);
    peer_->stream.step = 960;
    tick();
  }
  ~Speaker() {
    loop_.cancel(timer_);
    peer_->close();
  }
  BrowserPeer& peer() { return *peer_; }
  size_t heard() const { return peer_->heard.size(); }

 private:
  void tick() {
    uint8_t silence[16];
    const size_t size = codec::silent_payload(codec::AudioCodec::kOpus, 20000, silence);
    if (peer_->is_connected()) peer_->send(PayloadType(111), ByteSpan(silence, size));
    timer_ = loop_.after(milliseconds(20), [this] { tick(); });
  }

  net::Loop& loop_;
  SystemRandom random_;
  std::unique_ptr<BrowserPeer> peer_;
  TimerId timer_;
};

app::Config config() {
  app::Config config = app::read_config("").config;
  config.rtc.addresses = {IpAddress::v4(127, 0, 0, 1)};
  config.rtc.port = static_cast<uint16_t>(14000 + getpid() % 5000);
  config.registrar.enabled = true;
  config.registrar.domain = "home";
  config.registrar.users = {{"ann", "ann"}};
  config.limits.calls = 100;
  return config;
}

TEST(Threads, CallsOverRealSocketsAndThreads) {
  constexpr size_t kCalls = 4, kRounds = 3;
  log::set_level(log::Level::kWarn);
  SystemClock clock;
  SystemRandom random;
  net::SystemWire wire, outside_wire;
  LoopThread media_one, media_two, outside;
  boost::asio::io_context io;
  app::ControlLoop control(io, clock);
  NoSip sip;
  Page page;
  auto gateway = app::Gateway::make(
      config(),
      {control, clock, random, wire, {&media_one.loop(), &media_two.loop()}, sip, sip, page});
  ASSERT_TRUE(gateway) << gateway.error().text;
  media_one.start();
  media_two.start();
  outside.start();
  const auto until = [&](Function<bool()> condition) {
    const MonoTime limit = clock.now() + std::chrono::seconds(20);
    while (!condition() && clock.now() < limit) io.run_one_for(milliseconds(20));
    return condition();
  };
  wcs::Hub& hub = (*gateway)->hub();
  const ConnectionId connection(1);
  hub.on_open(connection, {}, control.now());
  wcs::Connection sign_in;
  sign_in.sip = wcs::SipOptions{};
  sign_in.sip->login = sign_in.sip->password = "ann";
  sign_in.sip->domain = "home";
  hub.on_text(connection, wcs::print(wcs::ClientMessage(sign_in)), control.now());
  ASSERT_TRUE(until([&] { return page.registered; }));

  for (size_t round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<Speaker>> speakers(kCalls);
    page.finished = 0;
    for (size_t i = 0; i < kCalls; ++i) {
      const std::string id = "r" + std::to_string(round) + "c" + std::to_string(i);
      std::string offer;
      outside.run([&] {
        speakers[i] = std::make_unique<Speaker>(outside_wire, outside.loop());
        offer =
            browser_sdp(speakers[i]->peer().ice(), speakers[i]->peer().fingerprint(), "actpass");
      });
      wcs::Call call;
      call.call_id = id;
      call.sdp = offer;
      call.callee = "600";
      hub.on_text(connection, wcs::print(wcs::ClientMessage(call)), control.now());
      ASSERT_TRUE(until([&] { return page.answers.contains(id); }));
      outside.run([&] { connect_to(speakers[i]->peer(), page.answers[id]); });
    }
    EXPECT_TRUE(until([&] {
      size_t least = SIZE_MAX;
      outside.run([&] {
        for (const auto& speaker : speakers) least = std::min(least, speaker->heard());
      });
      return least >= 25;
    })) << "round "
        << round;
    for (size_t i = 0; i < kCalls; ++i) {
      const std::string id = "r" + std::to_string(round) + "c" + std::to_string(i);
      hub.on_text(connection, wcs::print(wcs::ClientMessage(wcs::Hangup{id})), control.now());
    }
    EXPECT_TRUE(until([&] { return page.finished == kCalls; }));
    outside.run([&] { speakers.clear(); });
  }
  hub.on_close(connection, wcs::SocketEnd::kMeant, control.now());
  EXPECT_TRUE(until([&] { return (*gateway)->calls().size() == 0; }));
  EXPECT_EQ((*gateway)->engine().open_count(), 0u);
  media_one.stop();
  media_two.stop();
  log::set_level(log::Level::kInfo);
}

}  // namespace
}  // namespace patchcord::test
