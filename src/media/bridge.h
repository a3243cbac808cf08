// SPDX-License-Identifier: GPL-3.0-or-later
// Bridge: the media of one call: two endpoints and a lane each way. It joins what they give and
// take, watches that sound keeps coming, and tells the numbers each second. It knows no socket and
// no codec; it decides nothing that the plan does not say.
//
//   endpoint A ── lane[A] ──▶ endpoint B
//              ◀── lane[B] ──
//
// Thread: media, one worker from open to close. Owner: Worker.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "core/time.h"
#include "media/endpoint.h"
#include "media/lane.h"
#include "media/plan.h"

namespace patchcord::media {

class Bridge {
 public:
  struct Parts {
    std::array<std::unique_ptr<Endpoint>, 2> endpoints;  // by index(Side)
    std::array<StreamStart, 2> streams;                  // that of index(s) goes to s
    int opus_complexity = 5;
  };

  Bridge(Parts parts, const MediaPlan& plan, EventSink& events, MonoTime now);

  void set_plan(const MediaPlan& plan, MonoTime now);
  Endpoint& endpoint(Side side) { return *endpoints_[index(side)]; }

  // A packet that endpoint `source` received.
  void forward(Side source, rtp::Packet& packet, MonoTime now);
  // After anything came in: what an endpoint gives by itself, and what became possible.
  void settle(MonoTime now);

  void send_digits(Side to, const std::string& digits, Duration tone);
  void on_time(MonoTime now);
  MonoTime next_deadline() const;
  // Says goodbye both ways and tells the last Stats.
  void close(MonoTime now);

 private:
  static constexpr Duration kStatsInterval = std::chrono::seconds(1);

  Lane& lane(Side source) { return *lanes_[index(source)]; }
  void note_loss(Side source);
  void check_silence(Side side, MonoTime now);
  void tell_stats(bool is_final, MonoTime now);

  std::array<std::unique_ptr<Endpoint>, 2> endpoints_;
  std::array<std::optional<Lane>, 2> lanes_;  // by index of the source
  EventSink& events_;
  MediaPlan plan_;
  std::optional<MonoTime> open_since_;  // both directions
  std::array<bool, 2> is_silence_told_{};
  MonoTime next_stats_;
};

}  // namespace patchcord::media
