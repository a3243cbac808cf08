// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/statistics.h"

#include <algorithm>
#include <chrono>

namespace patchcord::rtp {
namespace {

// RFC 3550 appendix A.1.
constexpr int kMaxDropout = 3000;
constexpr int kMaxMisorder = 100;
// A transit that changed by more is a timeline that began anew, not jitter.
constexpr uint32_t kMaxJitterSeconds = 3;
// A longer way there and back is a number that means nothing.
constexpr int32_t kMaxRoundTrip = 60 << 16;

uint32_t to_ntp_middle(Duration time) {
  return to_ticks(time, 1 << 16);
}

}  // namespace

void ReceiverStatistics::on_packet(uint16_t sequence, uint32_t timestamp, MonoTime now) {
  last_packet_time_ = now;
  if (const auto newest = sequences_.newest()) {
    const int distance = wrapped_distance(static_cast<uint16_t>(*newest), sequence);
    if (distance > kMaxDropout || distance < -kMaxMisorder) {
      // Appendix A.1: believed when the next packet follows it.
      if (suspect_ != sequence) {
        suspect_ = static_cast<uint16_t>(sequence + 1);
        return;
      }
      restart(sequence);
    }
  } else {
    restart(sequence);
  }
  suspect_.reset();
  sequences_.unwrap(sequence);
  ++received_;
  note_jitter(timestamp, now);
}

void ReceiverStatistics::on_sender_report(NtpTime ntp, MonoTime now) {
  last_sender_report_ = ntp;
  last_sender_report_time_ = now;
}

ReportBlock ReceiverStatistics::report(Ssrc source, MonoTime now) {
  // Appendix A.3.
  const auto expected_interval = static_cast<int64_t>(expected() - reported_expected_);
  const auto received_interval = static_cast<int64_t>(received_ - reported_received_);
  const int64_t lost_interval = expected_interval - received_interval;
  reported_expected_ = expected();
  reported_received_ = received_;

  ReportBlock block;
  block.source = source;
  if (expected_interval > 0 && lost_interval > 0) {
    block.fraction_lost =
        static_cast<uint8_t>(std::min<int64_t>(lost_interval * 256 / expected_interval, 255));
  }
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), -0x800000, 0x7fffff));
  block.highest_sequence = static_cast<uint32_t>(sequences_.newest().value_or(0));
  block.jitter = jitter();
  if (last_sender_report_) {
    block.last_sender_report = last_sender_report_->middle();
    block.delay_since_last_sr = to_ntp_middle(now - last_sender_report_time_);
  }
  return block;
}

Duration ReceiverStatistics::jitter_time() const {
  if (clock_rate_ == 0) return {};
  return Duration(static_cast<int64_t>(jitter()) * 1'000'000'000 / clock_rate_);
}

uint64_t ReceiverStatistics::expected_here() const {
  const auto newest = sequences_.newest();
  return newest ? static_cast<uint64_t>(*newest - first_ + 1) : 0;
}

void ReceiverStatistics::restart(uint16_t sequence) {
  expected_before_ += expected_here();
  sequences_.reset();
  first_ = sequences_.unwrap(sequence);
  last_transit_.reset();
}

void ReceiverStatistics::note_jitter(uint32_t timestamp, MonoTime now) {
  // Packets of one moment (a video frame, a telephone event) are sent after one another without the
  // timestamp moving: their distance is no jitter.
  if (last_transit_ && timestamp == last_timestamp_) return;
  last_timestamp_ = timestamp;
  // Appendix A.8, in sixteenths of a tick.
  const uint32_t transit = to_ticks(now.time_since_epoch(), clock_rate_) - timestamp;
  if (last_transit_) {
    const int32_t change = wrapped_distance(*last_transit_, transit);
    const uint32_t size =
        change < 0 ? 0u - static_cast<uint32_t>(change) : static_cast<uint32_t>(change);
    if (size / kMaxJitterSeconds < clock_rate_) jitter_16_ += size - ((jitter_16_ + 8) >> 4);
  }
  last_transit_ = transit;
}

void SenderStatistics::on_report(const ReportBlock& block, NtpTime now) {
  Remote remote;
  remote.fraction_lost = block.fraction_lost / 256.0;
  remote.cumulative_lost = block.cumulative_lost;
  remote.jitter = block.jitter;
  if (block.last_sender_report != 0) {
    // RFC 3550 section 6.4.1: A - LSR - DLSR. A little below zero is rounding of the two clocks.
    const uint32_t sent = block.last_sender_report + block.delay_since_last_sr;
    const int32_t round_trip = wrapped_distance(sent, now.middle());
    if (round_trip > -(1 << 16) && round_trip < kMaxRoundTrip) {
      const int64_t positive = std::max(round_trip, 0);
      remote.round_trip = Duration(positive * 1'000'000'000 / (1 << 16));
    }
  }
  remote_ = remote;
}

SenderInfo SenderStatistics::info(NtpTime now, uint32_t rtp_timestamp) const {
  return {now, rtp_timestamp, static_cast<uint32_t>(packets_), static_cast<uint32_t>(octets_)};
}

}  // namespace patchcord::rtp
