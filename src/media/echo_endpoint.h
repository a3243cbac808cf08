// SPDX-License-Identifier: GPL-3.0-or-later
// EchoEndpoint: a far end that is inside: what is sent to it, it gives back at once, packet for
// packet, so one hears oneself with the delay of the network alone. It makes no packet of its own
// accord, so two of them facing each other stay silent.
// Thread: media. Owner: Bridge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/endpoint.h"

namespace patchcord::media {

class EchoEndpoint final : public Endpoint {
 public:
  EchoEndpoint();

  void set_plan(const EndpointPlan&, MonoTime) override {}
  void set_formats(const AudioPlan&, const AudioPlan&) override {}
  std::optional<rtp::Packet> receive(net::Port&, net::Datagram&, MonoTime) override {
    return std::nullopt;
  }
  void send(rtp::Packet& packet, MonoTime now) override;
  std::optional<rtp::Packet> next_packet(MonoTime now) override;

  bool is_ready() const override { return !is_closed_; }
  void on_time(MonoTime) override {}
  MonoTime next_deadline() const override { return kNever; }
  void close(MonoTime) override { is_closed_ = true; }

  EndpointStats stats(MonoTime now) const override;
  std::optional<MonoTime> last_heard() const override { return last_sent_; }

 private:
  // A pipe sends a few packets in one turn at most: what it held back and what has come.
  static constexpr size_t kMaxWaiting = 16;
  struct Slot {
    std::array<uint8_t, rtp::kMaxPacketSize + kTailroom> bytes;
    size_t size = 0;
  };

  std::vector<Slot> ring_;
  size_t first_ = 0;
  size_t waiting_ = 0;
  bool is_closed_ = false;
  uint64_t packets_ = 0;
  uint64_t dropped_ = 0;
  std::optional<MonoTime> last_sent_;
};

}  // namespace patchcord::media
