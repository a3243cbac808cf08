// SPDX-License-Identifier: GPL-3.0-or-later
// What a relayed packet costs in a worker, from the datagram in the loop's slab to the datagram
// handed to the wire: finding the seat, SRTP, the pipe, RTCP's counting, the outbox. The network
// is simulated and drops what is sent, so no system call is in it. Calls are taken in turn; a turn
// of the loop has up to 32 datagrams.
#include <benchmark/benchmark.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "media/engine.h"
#include "rtc/certificate.h"
#include "support/media_peers.h"
#include "support/sim_net.h"

namespace patchcord::media {
namespace {

const IpAddress kGateway = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOutside = IpAddress::v4(203, 0, 113, 5);
const AudioFormat kOpus{PayloadType(111), codec::AudioCodec::kOpus, 48000, 2, {}};
constexpr size_t kPayload = 80;  // 20 ms of Opus at 32 kb/s
constexpr size_t kTurn = 32;

// Lets the benchmark hand datagrams to the worker as the loop does.
class OpenLoop final : public test::SimLoop {
 public:
  using SimLoop::SimLoop;
  void watch(net::Port& port, net::DatagramHandler handler) override {
    const uint16_t number = port.local().port();
    handlers_[number] = std::move(handler);
    SimLoop::watch(port,
                   [this, number](std::span<net::Datagram> some) { handlers_[number](some); });
  }
  void give(uint16_t port, net::Datagram& datagram) { handlers_[port](std::span(&datagram, 1)); }

 private:
  std::map<uint16_t, net::DatagramHandler> handlers_;
};

class Calls final : private EngineListener {
 public:
  explicit Calls(size_t count) {
    EngineConfig config;
    config.rtc_addresses = {kGateway};
    engine_ =
        Engine::make(config, certificate_, gateway_, {&media_}, control_, random_, *this).value();
    for (size_t i = 0; i < count; ++i) add(static_cast<uint16_t>(i));
    const bool connected = world_.run_until([&] {
      return std::all_of(calls_.begin(), calls_.end(),
                         [](const auto& call) { return call->browser.is_connected(); });
    });
    if (!connected) calls_.clear();
    world_.run_for(std::chrono::seconds(1));
    world_.set_tap([this](const test::SimDatagram& datagram) {
      if (is_kept_) kept_ = datagram.bytes;
      ++sent_;
      return false;
    });
  }

  size_t count() const { return calls_.size(); }
  uint64_t sent() const { return sent_; }
  void end_turn() { media_.outbox().flush(); }

  void give_phone_packet(size_t index, ByteSpan payload) {
    Call& call = *calls_[index];
    std::array<uint8_t, net::kMaxDatagram + net::kTailroom>& slab = slab_;
    rtp::write_header(slab, {kOpus.payload_type, ++call.sequence, call.sequence * 960u,
                             Ssrc(static_cast<uint32_t>(index)), false});
    std::copy(payload.begin(), payload.end(), slab.begin() + rtp::kFixedHeaderSize);
    give(call.rtp_port, rtp::kFixedHeaderSize + payload.size(), call.phone.local());
  }

  std::vector<uint8_t> seal_browser_packet(size_t index, ByteSpan payload) {
    is_kept_ = true;
    calls_[index]->browser.send(kOpus.payload_type, payload);
    peers_.outbox().flush();
    is_kept_ = false;
    --sent_;
    return kept_;
  }
  void give_browser_packet(size_t index, ByteSpan sealed) {
    std::copy(sealed.begin(), sealed.end(), slab_.begin());
    give(EngineConfig().rtc_port, sealed.size(), calls_[index]->browser.local());
  }

 private:
  struct Call {
    Call(Calls& calls, uint16_t number)
        : browser(calls.outside_, calls.peers_, {kOutside, static_cast<uint16_t>(10000 + number)},
                  calls.random_),
          phone(calls.outside_, calls.peers_,
                {kOutside, static_cast<uint16_t>(30000 + 2 * number)}) {}
    test::BrowserPeer browser;
    test::PhonePeer phone;
    uint16_t rtp_port = 0;
    uint16_t sequence = 0;
  };

  void add(uint16_t number) {
    calls_.push_back(std::make_unique<Call>(*this, number));
    Call& call = *calls_.back();
    const Reservation local = engine_->reserve({EndpointKind::kWebrtc, EndpointKind::kRtp}).value();
    call.rtp_port = std::get<RtpLocal>(local.local[1]).rtp_port;
    AudioPlan way;
    way.flow = AudioPlan::Flow::kOpen;
    way.from = way.to = {kOpus};
    MediaPlan plan;
    plan.audio = {way, way};
    plan.endpoints = {
        WebrtcPlan{WebrtcRemote{
            call.browser.ice().ufrag, call.browser.ice().pwd, {call.browser.fingerprint()}}},
        RtpPlan{.rtp = call.phone.local(),
                .rtcp = call.phone.rtcp_local(),
                .signalling_peer = kOutside,
                .generation = 1}};
    engine_->open(local.id, plan);
    const auto& webrtc = std::get<WebrtcLocal>(local.local[0]);
    call.browser.connect({webrtc.ufrag, webrtc.password}, webrtc.fingerprint,
                         webrtc.candidates.at(0));
  }

  void give(uint16_t port, size_t size, const SocketAddress& from) {
    net::Datagram datagram{MutableByteSpan(slab_).first(size), from, kGateway};
    media_.give(port, datagram);
  }

  void on_media_event(MediaId, const MediaEvent&) override {}

  test::SimWorld world_{1};
  SeededRandom random_{1};
  test::SimWire gateway_{world_, {kGateway}};
  test::SimWire outside_{world_, {kOutside}};
  test::SimLoop control_{world_}, peers_{world_};
  OpenLoop media_{world_};
  const rtc::Certificate certificate_ = rtc::Certificate::generate(world_.wall()).value();
  std::vector<std::unique_ptr<Call>> calls_;
  std::unique_ptr<Engine> engine_;
  std::array<uint8_t, net::kMaxDatagram + net::kTailroom> slab_{};
  std::vector<uint8_t> kept_;
  bool is_kept_ = false;
  uint64_t sent_ = 0;
};

// Nearly every packet must have come out at the other end.
void check(benchmark::State& state, const Calls& calls) {
  if (calls.sent() * 100 < static_cast<uint64_t>(state.iterations()) * 99) {
    state.SkipWithError("packets were lost");
  }
}

void phone_to_browser(benchmark::State& state) {
  Calls calls(static_cast<size_t>(state.range(0)));
  if (calls.count() == 0) return state.SkipWithError("not connected");
  const std::vector<uint8_t> payload(kPayload, 0x5a);
  size_t call = 0, in_turn = 0;
  for (auto _ : state) {
    calls.give_phone_packet(call, payload);
    if (++call == calls.count()) call = 0;
    if (++in_turn == kTurn) {
      in_turn = 0;
      calls.end_turn();
    }
  }
  calls.end_turn();
  check(state, calls);
}
BENCHMARK(phone_to_browser)->Name("relay_phone_to_browser")->ArgName("calls")->Arg(1)->Arg(200);

void browser_to_phone(benchmark::State& state) {
  Calls calls(static_cast<size_t>(state.range(0)));
  if (calls.count() == 0) return state.SkipWithError("not connected");
  const std::vector<uint8_t> payload(kPayload, 0x5a);
  constexpr size_t kAtOnce = 4096;  // sealed while the time stands still
  std::vector<std::vector<uint8_t>> sealed(kAtOnce);
  size_t call = 0, at = kAtOnce, in_turn = 0;
  for (auto _ : state) {
    if (at == kAtOnce) {
      state.PauseTiming();
      for (size_t i = 0; i < kAtOnce; ++i) {
        sealed[i] = calls.seal_browser_packet((call + i) % calls.count(), payload);
      }
      at = 0;
      state.ResumeTiming();
    }
    calls.give_browser_packet(call, sealed[at++]);
    if (++call == calls.count()) call = 0;
    if (++in_turn == kTurn) {
      in_turn = 0;
      calls.end_turn();
    }
  }
  calls.end_turn();
  check(state, calls);
}
BENCHMARK(browser_to_phone)->Name("relay_browser_to_phone")->ArgName("calls")->Arg(1)->Arg(200);

}  // namespace
}  // namespace patchcord::media
