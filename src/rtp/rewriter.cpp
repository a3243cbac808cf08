// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/rewriter.h"

#include <algorithm>
#include <utility>

namespace patchcord::rtp {
namespace {

// RFC 3550 appendix A.1: a jump wider than this is a sender that started anew, not loss.
constexpr int kMaxDropout = 3000;
constexpr int kMaxMisorder = 100;

}  // namespace

std::optional<Rewriter::Place> Rewriter::place(const Header& source, MonoTime now) {
  const auto unwrapped = follow(source, now);
  if (!unwrapped) return std::nullopt;
  const int64_t sequence = *unwrapped + source_->sequence_offset;
  const uint32_t timestamp = source.timestamp + source_->timestamp_offset;
  if (!last_sequence_ || sequence > *last_sequence_) {
    last_sequence_ = sequence;
    last_timestamp_ = timestamp;
    last_time_ = now;
  }
  return Place{static_cast<uint16_t>(sequence), timestamp, std::exchange(switched_, false)};
}

std::optional<Rewriter::Place> Rewriter::rewrite(Packet& packet, PayloadType type, MonoTime now) {
  const auto place = this->place(packet.header(), now);
  if (!place) return std::nullopt;
  packet.set_ssrc(stream_.ssrc);
  packet.set_sequence(place->sequence);
  packet.set_timestamp(place->timestamp);
  packet.set_payload_type(type);
  return place;
}

void Rewriter::skip(const Header& source, MonoTime now) {
  const auto unwrapped = follow(source, now);
  if (!unwrapped) return;
  source_->first = *unwrapped + 1;
  source_->sequence_offset = next_sequence() - source_->first;
}

void Rewriter::forget_source() {
  source_.reset();
  previous_.reset();
}

uint16_t Rewriter::insert(MonoTime now) {
  if (!last_time_) {  // the stream begins with it
    last_timestamp_ = stream_.first_timestamp;
    last_time_ = now;
  }
  const int64_t sequence = next_sequence();
  last_sequence_ = sequence;
  if (source_) {
    source_->first = source_->sequences.newest().value_or(0) + 1;
    source_->sequence_offset = sequence + 1 - source_->first;
  }
  return static_cast<uint16_t>(sequence);
}

uint32_t Rewriter::timestamp_at(MonoTime now) const {
  if (!last_time_) return stream_.first_timestamp;
  return last_timestamp_ + to_ticks(now - *last_time_, stream_.clock_rate);
}

std::optional<int64_t> Rewriter::follow(const Header& source, MonoTime now) {
  const bool same = source_ && source_->ssrc == source.ssrc;
  if (!same && is_left_over(source)) return std::nullopt;
  if (!same || is_restart(source)) switch_to(source, now);
  const int64_t unwrapped = source_->sequences.unwrap(source.sequence);
  if (unwrapped < source_->first) return std::nullopt;
  return unwrapped;
}

bool Rewriter::is_restart(const Header& source) const {
  const auto newest = static_cast<uint16_t>(source_->sequences.newest().value_or(0));
  const int distance = wrapped_distance(newest, source.sequence);
  return distance > kMaxDropout || distance < -kMaxMisorder;
}

// True for a packet that was overtaken by the change of source: switching back for it would play
// the two sources into each other.
bool Rewriter::is_left_over(const Header& source) const {
  if (!previous_ || previous_->ssrc != source.ssrc) return false;
  const auto newest = static_cast<uint16_t>(previous_->sequences.newest().value_or(0));
  const int distance = wrapped_distance(newest, source.sequence);
  return distance <= 0 && distance >= -kMaxMisorder;
}

void Rewriter::switch_to(const Header& source, MonoTime now) {
  // At least one tick, so that two sources never share a timestamp.
  uint32_t timestamp = stream_.first_timestamp;
  if (last_time_) {
    timestamp = last_timestamp_ + std::max(1u, to_ticks(now - *last_time_, stream_.clock_rate));
  }
  if (source_ && source_->ssrc != source.ssrc) previous_ = source_;
  Source next;
  next.ssrc = source.ssrc;
  next.first = next.sequences.unwrap(source.sequence);
  next.sequence_offset = next_sequence() - next.first;
  next.timestamp_offset = timestamp - source.timestamp;
  source_ = next;
  switched_ = true;
}

int64_t Rewriter::next_sequence() const {
  return last_sequence_ ? *last_sequence_ + 1 : stream_.first_sequence;
}

}  // namespace patchcord::rtp
