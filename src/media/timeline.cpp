// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/timeline.h"

#include <algorithm>
#include <cstdlib>

namespace patchcord::media {
namespace {

// Sound that meets a filled pause is put behind it when the overlap is jitter, and cut when it is a
// stall: delay once added to a call stays.
constexpr int64_t kMaxShiftMs = 60;
// Timestamps and clock may disagree by a stall or a pause of the clock, not by more.
constexpr int64_t kMaxDisagreementMs = 2000;
// Cutting must end: what catches up comes faster than it sounds.
constexpr Duration kPatience = std::chrono::milliseconds(100);

}  // namespace

Timeline::Place Timeline::place(const Arrival& arrival, MonoTime now) {
  Fit fit = Fit::kFollows;
  const int64_t expected = expected_end(now) - (heard_at_ ? arrival.samples : 0);
  if (!heard_at_ || arrival.is_new_source || arrival.clock_rate != clock_rate_) {
    fit = heard_at_ ? Fit::kRestarted : Fit::kFollows;
    anchor(arrival, std::max(expected, arrival.sent_to));
  }
  int64_t position = linear(arrival);
  if (std::abs(position - expected) > kMaxDisagreementMs * rate_ / 1000 && fit == Fit::kFollows) {
    fit = Fit::kRestarted;
    anchor(arrival, std::max(expected, arrival.sent_to));
    position = linear(arrival);
  }
  shift_ = shift_for(position, arrival, now);
  position += shift_;
  heard_at_ = now;
  heard_end_ = position + arrival.samples;
  return {position, fit};
}

int64_t Timeline::expected_end(MonoTime now) const {
  return heard_at_ ? heard_end_ + ticks(now - *heard_at_) : 0;
}

int64_t Timeline::shift_for(int64_t position, const Arrival& arrival, MonoTime now) {
  const int64_t overlap = arrival.sent_to - (position + shift_);
  if (overlap <= 0) {
    has_filled_ = false;
    catching_up_.reset();
    return shift_;
  }
  // Not our filling but the source's own timestamps run into each other: its packets are whole.
  if (!has_filled_) return shift_ + overlap;
  if (!catching_up_ && overlap <= kMaxShiftMs * rate_ / 1000) {
    has_filled_ = false;
    return shift_ + overlap;
  }
  if (!catching_up_) catching_up_ = CatchingUp{now, position};
  const Duration elapsed = now - catching_up_->since;
  if (elapsed < kPatience || position - catching_up_->from > ticks(elapsed * 3 / 2)) return shift_;
  // It comes at the pace of sound and yet behind: its clock stood still in the pause.
  has_filled_ = false;
  catching_up_.reset();
  return shift_ + overlap;
}

void Timeline::anchor(const Arrival& arrival, int64_t position) {
  timestamps_.reset();
  clock_rate_ = arrival.clock_rate;
  first_timestamp_ = timestamps_.unwrap(arrival.timestamp);
  anchor_ = position;
  shift_ = 0;
  has_filled_ = false;
  catching_up_.reset();
}

int64_t Timeline::linear(const Arrival& arrival) {
  const int64_t elapsed = timestamps_.unwrap(arrival.timestamp) - first_timestamp_;
  // Floors below zero too, so that the map has no step at the anchor.
  const int64_t scaled = elapsed * rate_;
  const auto clock = static_cast<int64_t>(clock_rate_);
  return anchor_ + scaled / clock - (scaled % clock < 0 ? 1 : 0);
}

int64_t Timeline::ticks(Duration time) const {
  // No pause worth counting is longer than a day; keeps the product inside 64 bits.
  const auto nanoseconds = std::clamp<int64_t>(time.count(), 0, 86'400'000'000'000);
  return nanoseconds / 1'000'000 * rate_ / 1000 + nanoseconds % 1'000'000 * rate_ / 1'000'000'000;
}

}  // namespace patchcord::media
