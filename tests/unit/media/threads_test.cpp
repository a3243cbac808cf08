// SPDX-License-Identifier: GPL-3.0-or-later
// The same engine over real sockets and real threads: two workers, echo calls and a call to a phone
// on loopback. What it is for is the thread sanitizer.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "media/engine.h"
#include "net/epoll_loop.h"
#include "net/udp_socket.h"
#include "rtc/certificate.h"
#include "support/media_peers.h"

namespace patchcord::media {
namespace {

using std::chrono::milliseconds;

const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);
const AudioFormat kAlaw{PayloadType(8), codec::AudioCodec::kPcma, 8000, 1, {}};

AudioPlan alaw_only() {
  AudioPlan plan;
  plan.flow = AudioPlan::Flow::kOpen;
  plan.from = plan.to = {kAlaw};
  return plan;
}

class ThreadsTest : public testing::Test, protected EngineListener {
 protected:
  ThreadsTest() {
    for (int i = 0; i < 2; ++i) media.push_back(net::EpollLoop::make(clock).value());
    EngineConfig config;
    config.rtc_addresses = {kLoopback};
    config.rtc_port = free_port();
    config.rtp_first = 21000;
    config.rtp_last = 21999;
    engine = std::move(Engine::make(config, certificate, wire, {media[0].get(), media[1].get()},
                                    *control, random, *this))
                 .value();
    for (const auto& loop : media) {
      threads.emplace_back([target = loop.get()] { target->run(); });
    }
  }
  ~ThreadsTest() override {
    for (const auto& loop : media) loop->stop();
    for (std::thread& thread : threads) thread.join();
  }

  // Two ports in a row that nobody has.
  uint16_t free_port() {
    while (true) {
      const auto first = wire.bind({kLoopback, 0}, net::PortKind::kCall).value();
      const auto next = static_cast<uint16_t>(first->local().port() + 1);
      if (wire.bind({kLoopback, next}, net::PortKind::kCall).ok()) return first->local().port();
    }
  }

  void on_media_event(MediaId, const MediaEvent& event) override {
    if (std::holds_alternative<Connected>(event)) ++connected;
    const Stats* stats = std::get_if<Stats>(&event);
    if (stats && stats->final) ++ended;
  }

  // Sends a packet each 20 ms as long as the control loop runs.
  void talk(test::BrowserPeer& peer) {
    control->after(milliseconds(20), [this, &peer] {
      const std::vector<uint8_t> voice(160, 0x55);
      if (peer.is_connected()) peer.send(kAlaw.payload_type, voice);
      talk(peer);
    });
  }

  SystemClock clock;
  SystemRandom random;
  net::SystemWire wire;
  rtc::Certificate certificate = rtc::Certificate::generate(clock.wall()).value();
  std::unique_ptr<net::EpollLoop> control = net::EpollLoop::make(clock).value();
  std::vector<std::unique_ptr<net::EpollLoop>> media;
  std::unique_ptr<Engine> engine;
  std::vector<std::thread> threads;
  int connected = 0;
  int ended = 0;
};

TEST_F(ThreadsTest, CallsOnTwoWorkersAtOnce) {
  std::vector<std::unique_ptr<test::BrowserPeer>> browsers;
  std::vector<MediaId> calls;
  for (int i = 0; i < 4; ++i) {
    browsers.push_back(
        std::make_unique<test::BrowserPeer>(wire, *control, SocketAddress(kLoopback, 0), random));
    test::BrowserPeer& browser = *browsers.back();
    const Reservation call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kEcho}).value();
    calls.push_back(call.id);
    MediaPlan plan;
    plan.endpoints = {
        WebrtcPlan{WebrtcRemote{browser.ice().ufrag, browser.ice().pwd, {browser.fingerprint()}}},
        EchoPlan{}};
    plan.audio = {alaw_only(), alaw_only()};
    engine->open(call.id, plan);
    const auto& local = std::get<WebrtcLocal>(call.local[0]);
    browser.connect({local.ufrag, local.password}, local.fingerprint, local.candidates[0]);
    talk(browser);
    control->after(milliseconds(500), [this, id = call.id, plan] { engine->change(id, plan); });
  }
  control->after(milliseconds(1300), [&] {
    for (const MediaId id : calls) engine->close(id);
  });
  control->after(milliseconds(1600), [&] {
    EXPECT_EQ(engine->open_count(), 0U);
    control->stop();
  });
  control->run();
  EXPECT_EQ(connected, 4);
  EXPECT_EQ(ended, 4);
  for (const auto& browser : browsers) {
    EXPECT_GT(browser->heard.size(), 20U);
    EXPECT_FALSE(browser->is_connected());  // close_notify came
  }
}

}  // namespace
}  // namespace patchcord::media
