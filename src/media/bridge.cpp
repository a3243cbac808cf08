// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/bridge.h"

#include <algorithm>
#include <utility>

namespace patchcord::media {
namespace {

PipeSettings settings_towards(const EndpointPlan& destination, int opus_complexity) {
  PipeSettings settings;
  settings.opus_complexity = opus_complexity;
  if (std::holds_alternative<WebrtcPlan>(destination)) {
    settings.lead = PipeSettings::Lead::kSilence;
  }
  return settings;
}

bool is_inside(const EndpointPlan& plan) {
  return std::holds_alternative<EchoPlan>(plan) || std::holds_alternative<AnnouncementPlan>(plan);
}

}  // namespace

Bridge::Bridge(Parts parts, const MediaPlan& plan, EventSink& events, MonoTime now)
    : endpoints_(std::move(parts.endpoints)), events_(events), next_stats_(now + kStatsInterval) {
  for (const Side source : kSides) {
    const size_t to = index(other(source));
    lanes_[index(source)].emplace(parts.streams[to],
                                  settings_towards(plan.endpoints[to], parts.opus_complexity),
                                  *endpoints_[to]);
  }
  set_plan(plan, now);
}

void Bridge::set_plan(const MediaPlan& plan, MonoTime now) {
  plan_ = plan;
  for (const Side side : kSides) {
    const AudioPlan& in = plan_.from(side);
    endpoint(side).set_formats(in, plan_.from(other(side)));
    endpoint(side).set_plan(plan_.endpoints[index(side)], now);
    lane(side).set_plan(in, now);
  }
  // A phone that holds the call owes nothing: many say that they send and do not.
  const bool is_two_way =
      std::all_of(plan_.audio.begin(), plan_.audio.end(),
                  [](const auto& audio) { return audio.flow == AudioPlan::Flow::kOpen; });
  if (!is_two_way) {
    open_since_.reset();
  } else if (!open_since_) {
    open_since_ = now;
  }
  settle(now);
}

void Bridge::forward(Side source, rtp::Packet& packet, MonoTime now) {
  const std::optional<char> digit = lane(source).forward(packet, now);
  if (digit) events_.on_event(Digit{source, *digit});
}

void Bridge::settle(MonoTime now) {
  for (const Side side : kSides) {
    if (endpoint(other(side)).is_ready()) {
      lane(side).start(now);
      if (plan_.from(side).flow == AudioPlan::Flow::kOpen) endpoint(side).begin(now);
    }
    while (auto packet = endpoint(side).next_packet(now)) forward(side, *packet, now);
  }
}

void Bridge::send_digits(Side to, const std::string& digits, Duration tone) {
  for (const char digit : digits) lane(other(to)).send_digit(digit, tone);
}

void Bridge::on_time(MonoTime now) {
  for (const Side side : kSides) {
    if (endpoint(side).next_deadline() <= now) endpoint(side).on_time(now);
    if (lane(side).next_deadline() <= now) lane(side).on_time(now);
  }
  if (next_stats_ <= now) {
    next_stats_ = now + kStatsInterval;
    for (const Side side : kSides) {
      note_loss(side);
      check_silence(side, now);
    }
    tell_stats(false, now);
  }
  settle(now);
}

MonoTime Bridge::next_deadline() const {
  MonoTime next = next_stats_;
  for (const Side side : kSides) {
    next = std::min(
        {next, endpoints_[index(side)]->next_deadline(), lanes_[index(side)]->next_deadline()});
  }
  return next;
}

void Bridge::close(MonoTime now) {
  tell_stats(true, now);
  for (const Side side : kSides) endpoint(side).close(now);
}

void Bridge::note_loss(Side source) {
  if (const auto percent = endpoint(other(source)).reported_loss()) {
    lane(source).set_packet_loss(*percent);
  }
}

void Bridge::check_silence(Side side, MonoTime now) {
  if (is_inside(plan_.endpoints[index(side)])) return;
  if (plan_.inactivity.count() == 0 || !open_since_) return;
  const MonoTime alive = std::max(*open_since_, endpoint(side).last_heard().value_or(*open_since_));
  const bool is_silent = now - alive >= plan_.inactivity;
  if (is_silent && !is_silence_told_[index(side)]) events_.on_event(Silent{side});
  is_silence_told_[index(side)] = is_silent;
}

void Bridge::tell_stats(bool is_final, MonoTime now) {
  Stats stats;
  stats.final = is_final;
  for (const Side side : kSides) {
    stats.endpoints[index(side)] = endpoint(side).stats(now);
    stats.pipes[index(side)] = lane(side).describe();
  }
  events_.on_event(stats);
}

}  // namespace patchcord::media
