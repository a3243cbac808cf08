// SPDX-License-Identifier: GPL-3.0-or-later
// A million random events over real Calls: the real registry, negotiation and media engine, with
// legs that say anything at any time. Every call ends, each leg ends exactly once, nothing is left.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "call/registry.h"
#include "core/log.h"
#include "rtc/certificate.h"
#include "support/sim_net.h"

namespace patchcord::test {
namespace {

using call::Side;
using media::EndpointKind;

constexpr const char* kPhoneSdp =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";
constexpr const char* kHoldSdp =
    "v=0\r\no=- 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n";
constexpr const char* kBrowserSdp =
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 8\r\n"
    "c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    "a=fingerprint:sha-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
    "FF\r\na=setup:active\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:8 PCMA/8000\r\n";

// What all legs of a walk share.
struct Stage {
  std::vector<class WildLeg*> legs;
  uint64_t born = 0, died = 0, ended = 0, events = 0;
};

class WildLeg final : public call::Leg {
 public:
  WildLeg(Stage& stage, EndpointKind kind) : stage_(stage), kind_(kind) {
    ++stage_.born;
    stage_.legs.push_back(this);
  }
  ~WildLeg() override {
    EXPECT_TRUE(is_over_) << "a leg was dropped without an end";
    ++stage_.died;
    std::erase(stage_.legs, this);
  }
  void attach(call::LegListener& listener, Side side) override {
    listener_ = &listener;
    side_ = side;
  }
  EndpointKind media_kind() const override { return kind_; }
  call::LegInfo info() const override { return {}; }
  void prepare() override { alive("prepare"); }
  void invite(const call::Invitation&) override { alive("invite"); }
  void describe(std::string sdp) override {
    alive("describe");
    EXPECT_FALSE(sdp.empty());
    EXPECT_FALSE(std::exchange(is_described_, true)) << "T6: one description";
  }
  void ring() override { alive("ring"); }
  void early() override { alive("early"); }
  void talk() override {
    alive("talk");
    EXPECT_FALSE(std::exchange(talks_, true)) << "talk came twice";
  }
  void send_digits(std::string_view) override { alive("digits"); }
  void accept_reoffer(std::string) override { alive("accept"); }
  void refuse_reoffer(call::Reason) override { alive("refuse"); }
  void end(const call::Ending&) override {
    alive("end");
    is_over_ = true;
    ++stage_.ended;
  }

  void say_something(SeededRandom& dice) {
    if (is_over_) return;
    ++stage_.events;
    const bool browser = kind_ == EndpointKind::kWebrtc;
    const char* sdps[] = {browser ? kBrowserSdp : kPhoneSdp, browser ? kBrowserSdp : kPhoneSdp,
                          kHoldSdp, "garbage", ""};
    const std::string sdp = sdps[dice.below(5)];
    switch (dice.below(12)) {
      case 0:
      case 1:
      case 2:
        return say(call::Prepared{IpAddress::v4(10, 0, 0, 1)});
      case 3:
      case 4:
        return say(call::Ringing{});
      case 5:
        return say(call::Early{sdp, {}});
      case 6:
      case 7:
        return say(call::Answered{sdp, {}});
      case 8:
        return say(call::Reoffered{sdp});
      case 9:
      case 10:
        return say(call::DigitsAsked{"12"});
      default:
        is_over_ = true;
        ++stage_.ended;
        return say(call::LegEnded{{.reason = call::Reason::kBusy}});
    }
  }

 private:
  void say(call::LegEvent event) { listener_->on_leg_event(side_, std::move(event)); }
  void alive(const char* what) const { EXPECT_FALSE(is_over_) << what << " after the end"; }

  Stage& stage_;
  const EndpointKind kind_;
  call::LegListener* listener_ = nullptr;
  Side side_ = Side::kA;
  bool is_over_ = false, is_described_ = false, talks_ = false;
};

class CountingObserver final : public call::Observer {
 public:
  void on_call_started(const call::Snapshot&) override { ++started; }
  void on_call_answered(const call::Snapshot&) override { ++answered; }
  void on_call_ended(const call::Snapshot& call) override {
    EXPECT_TRUE(call.ending.has_value());
    ++ended;
  }
  uint64_t started = 0, answered = 0, ended = 0;
};

struct Forward final : media::EngineListener {
  void on_media_event(MediaId id, const media::MediaEvent& event) override {
    if (to) to->on_media_event(id, event);
  }
  call::Registry* to = nullptr;
};

media::MediaEvent random_media_event(SeededRandom& dice) {
  const Side side = dice.below(2) ? Side::kA : Side::kB;
  switch (dice.below(5)) {
    case 0:
      return media::Connected{side};
    case 1:
      return media::Failed{side, static_cast<media::Failed::What>(dice.below(5))};
    case 2:
      return media::Silent{side};
    case 3:
      return media::FirstPacket{side};
    default:
      return media::Digit{side, '5'};
  }
}

TEST(CallWalk, AMillionEventsAlwaysEndAndLeaveNothing) {
  constexpr uint64_t kEvents = 1'000'000;
  log::set_level(log::Level::kError);
  SimWorld world(1);
  SimLoop control(world), media_loop(world);
  SimWire wire(world, {IpAddress::v4(10, 0, 0, 1)});
  SeededRandom random(2), dice(3);
  Forward forward;
  const auto certificate = rtc::Certificate::generate(world.wall());
  ASSERT_TRUE(certificate);
  media::EngineConfig config;
  config.rtc_addresses = {IpAddress::v4(10, 0, 0, 1)};
  config.rtp_first = 20000;
  config.rtp_last = 20019;  // ten pairs: calls also fail for want of one
  auto engine =
      media::Engine::make(config, *certificate, wire, {&media_loop}, control, random, forward);
  ASSERT_TRUE(engine);
  const call::MediaPolicy policy{*call::formats_of({"opus", "pcma", "telephone-event"}),
                                 *call::formats_of({"pcma", "pcmu", "telephone-event"}),
                                 std::chrono::seconds(60)};
  const call::CallLimits limits{.ringing = std::chrono::seconds(2),
                                .longest = std::chrono::seconds(5)};
  CountingObserver observer;
  Stage stage;
  const size_t ports = world.bound_ports();
  {
    call::Registry registry({control, world, **engine, policy, limits, observer}, {.calls = 40});
    forward.to = &registry;
    CallId newest;
    while (stage.events < kEvents) {
      if (dice.below(12) == 0 && !registry.refusal()) {
        constexpr EndpointKind kKinds[] = {EndpointKind::kWebrtc, EndpointKind::kRtp};
        call::CallParts parts;
        const EndpointKind a = kKinds[dice.below(2)];
        parts.a = std::make_unique<WildLeg>(stage, a);
        parts.b = std::make_unique<WildLeg>(
            stage, dice.below(8) == 0 ? EndpointKind::kEcho : kKinds[dice.below(2)]);
        parts.offer = dice.below(16) == 0 ? "garbage"
                      : dice.below(16) == 0
                          ? ""
                          : (a == EndpointKind::kWebrtc ? kBrowserSdp : kPhoneSdp);
        parts.a_media_address = IpAddress::v4(10, 0, 0, 1);
        newest = registry.start(std::move(parts));
      }
      if (!stage.legs.empty()) {
        stage.legs[dice.below(static_cast<uint32_t>(stage.legs.size()))]->say_something(dice);
      }
      if (dice.below(50) == 0) {
        if (call::Call* one = registry.find(newest)) {
          ++stage.events;
          dice.below(4) == 0 ? one->finish(call::Reason::kInternal)
                             : one->on_media_event(random_media_event(dice));
        }
      }
      if (dice.below(20) == 0) world.run_for(std::chrono::milliseconds(dice.below(200)));
    }
    registry.finish_all(call::Reason::kDraining);
    world.run_for(std::chrono::seconds(5));
    EXPECT_EQ(registry.size(), 0u);
    forward.to = nullptr;
  }
  EXPECT_GT(observer.answered, 1000u) << "the walk must also go where calls come up";
  EXPECT_EQ(observer.started, observer.ended);
  EXPECT_EQ(stage.born, stage.died);
  EXPECT_EQ(stage.born, stage.ended) << "each leg ended exactly once";
  EXPECT_EQ((*engine)->open_count(), 0u);
  EXPECT_EQ((*engine)->leased_port_pairs(), 0u);
  EXPECT_EQ(world.bound_ports(), ports);
  EXPECT_EQ(control.timers(), 0u);
  RecordProperty("calls", static_cast<int>(observer.started));
  log::set_level(log::Level::kInfo);
}

}  // namespace
}  // namespace patchcord::test
