// SPDX-License-Identifier: GPL-3.0-or-later
// An Engine over a simulated network with one worker, a browser, a phone and a stranger, and the
// plans that calls between them have.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "media/engine.h"
#include "rtc/certificate.h"
#include "support/media_peers.h"
#include "support/sim_net.h"

namespace patchcord::media {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const AudioFormat kOpus{PayloadType(111), codec::AudioCodec::kOpus, 48000, 2, {}};
inline const AudioFormat kPcma{PayloadType(8), codec::AudioCodec::kPcma, 8000, 1, {}};
inline const AudioFormat kEvent8000{PayloadType(101), codec::AudioCodec::kTelephoneEvent, 8000, 1,
                                    "0-15"};

class EngineFixture : public testing::Test, protected EngineListener {
 protected:
  EngineFixture() {
    EngineConfig config;
    config.rtc_addresses = {gateway_ip};
    config.rtc_port = 10000;
    config.rtp_first = 20000;
    config.rtp_last = 20019;
    engine =
        std::move(Engine::make(config, certificate, gateway_wire, {&media}, control, random, *this))
            .value();
  }

  void on_media_event(MediaId id, const MediaEvent& event) override {
    events.emplace_back(id, event);
  }

  template <class Event>
  std::vector<Event> all(MediaId id) const {
    std::vector<Event> found;
    for (const auto& [of, event] : events) {
      const Event* wanted = std::get_if<Event>(&event);
      if (of == id && wanted) found.push_back(*wanted);
    }
    return found;
  }

  static WebrtcPlan plan_of(const test::BrowserPeer& peer) {
    return {WebrtcRemote{peer.ice().ufrag, peer.ice().pwd, {peer.fingerprint()}}};
  }
  static void connect(test::BrowserPeer& peer, const LocalMedia& local) {
    const auto& webrtc = std::get<WebrtcLocal>(local);
    peer.connect({webrtc.ufrag, webrtc.password}, webrtc.fingerprint, webrtc.candidates.at(0));
  }
  static AudioPlan one_way(std::vector<AudioFormat> from, std::vector<AudioFormat> to) {
    AudioPlan plan;
    plan.flow = AudioPlan::Flow::kOpen;
    plan.from = std::move(from);
    plan.to = std::move(to);
    return plan;
  }
  static MediaPlan both_ways(EndpointPlan a, EndpointPlan b, const AudioFormat& format) {
    MediaPlan plan;
    plan.endpoints = {std::move(a), std::move(b)};
    plan.audio = {one_way({format}, {format}), one_way({format}, {format})};
    return plan;
  }
  RtpPlan plan_of(const test::PhonePeer& peer) const {
    RtpPlan plan;
    plan.rtp = peer.local();
    plan.rtcp = peer.rtcp_local();
    plan.signalling_peer = proxy_ip;
    plan.generation = 1;
    return plan;
  }
  SocketAddress rtp_of(const LocalMedia& local) const {
    return {gateway_ip, std::get<RtpLocal>(local).rtp_port};
  }

  // A call of the browser to the echo, connected.
  Reservation echo_call(const AudioFormat& format) {
    const Reservation call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kEcho}).value();
    engine->open(call.id, both_ways(plan_of(browser), EchoPlan{}, format));
    connect(browser, call.local[0]);
    EXPECT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
    return call;
  }
  // Nothing is left of any call.
  void expect_empty() {
    world.run_for(seconds(1));
    EXPECT_EQ(engine->open_count(), 0U);
    EXPECT_EQ(engine->leased_port_pairs(), 0U);
    EXPECT_EQ(media.watched(), 1U);  // the browsers' port
  }

  const IpAddress gateway_ip = IpAddress::v4(192, 0, 2, 1);
  const IpAddress proxy_ip = IpAddress::v4(198, 51, 100, 9);
  test::SimWorld world{7};
  SeededRandom random{11};
  test::SimWire gateway_wire{world, {gateway_ip}};
  test::SimWire outside{world,
                        {IpAddress::v4(203, 0, 113, 5), IpAddress::v4(198, 51, 100, 20), proxy_ip,
                         IpAddress::v4(198, 51, 100, 66), IpAddress::v4(10, 0, 0, 5)}};
  // Can look at what happens while a datagram is handled, from slab to outbox.
  struct MediaLoop final : test::SimLoop {
    using SimLoop::SimLoop;
    void watch(net::Port& port, net::DatagramHandler handler) override {
      SimLoop::watch(port,
                     [this, handler = std::move(handler)](std::span<net::Datagram> some) mutable {
                       if (before) before();
                       handler(some);
                       if (after_it) after_it();
                     });
    }
    Function<void()> before, after_it;
  };

  test::SimLoop control{world}, peers{world};
  MediaLoop media{world};
  rtc::Certificate certificate = rtc::Certificate::generate(world.wall()).value();
  test::BrowserPeer browser{outside, peers, {IpAddress::v4(203, 0, 113, 5), 40000}, random};
  test::PhonePeer phone{outside, peers, {IpAddress::v4(198, 51, 100, 20), 30000}};
  test::PhonePeer stranger{outside, peers, {IpAddress::v4(198, 51, 100, 66), 30000}};
  std::vector<std::pair<MediaId, MediaEvent>> events;
  std::unique_ptr<Engine> engine;
};

}  // namespace patchcord::media
