// SPDX-License-Identifier: GPL-3.0-or-later
// AnnouncementEndpoint: a far end that is inside and speaks: from the moment it can be heard it
// gives the tune, a packet every 20 ms, and at the end it says so (Played). What is sent to it is
// heard by nobody. Not a mixer and not a music on hold: it plays once.
// Thread: media. Owner: Bridge. The tune outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "media/endpoint.h"
#include "media/tune.h"

namespace patchcord::media {

class AnnouncementEndpoint final : public Endpoint {
 public:
  AnnouncementEndpoint(Side side, const Tune& tune, EventSink& events)
      : side_(side), tune_(tune), events_(events) {}

  void set_plan(const EndpointPlan&, MonoTime) override {}
  void set_formats(const AudioPlan&, const AudioPlan&) override {}
  std::optional<rtp::Packet> receive(net::Port&, net::Datagram&, MonoTime) override {
    return std::nullopt;
  }
  void send(rtp::Packet&, MonoTime) override {}
  void begin(MonoTime now) override;
  std::optional<rtp::Packet> next_packet(MonoTime now) override;

  bool is_ready() const override { return !is_closed_; }
  void on_time(MonoTime now) override;
  MonoTime next_deadline() const override;
  void close(MonoTime) override { is_closed_ = true; }

  EndpointStats stats(MonoTime now) const override;
  std::optional<MonoTime> last_heard() const override { return begun_; }

 private:
  static constexpr Duration kFrameTime = std::chrono::milliseconds(20);

  MonoTime due() const { return *begun_ + kFrameTime * static_cast<int64_t>(given_); }

  const Side side_;
  const Tune& tune_;
  EventSink& events_;
  std::optional<MonoTime> begun_;
  size_t given_ = 0;  // frames
  bool has_told_end_ = false;
  bool is_closed_ = false;
  std::array<uint8_t, rtp::kFixedHeaderSize + kTuneFrame + kTailroom> buffer_{};
};

}  // namespace patchcord::media
