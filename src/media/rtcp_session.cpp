// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/rtcp_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rtp/sequence.h"

namespace patchcord::media {
namespace {

// Shorter than RFC 3550's 5 s, which is for conferences: a gateway wants the round trip soon, and
// two participants cost nothing (RFC 3550 6.2: audio of 64 kbit/s leaves 3 kbit/s for RTCP).
constexpr double kInterval = 2.5;       // seconds; each one 0.5 to 1.5 of it, RFC 3550 6.3.1
constexpr double kFirstInterval = 1.0;  // section 6.2: the first comes after half the time

// The reports carry our monotonic time: RFC 3550 6.4.1 allows elapsed time, and it never steps.
rtp::NtpTime ntp(MonoTime now) {
  return rtp::NtpTime::from_wall(
      WallTime(std::chrono::duration_cast<WallTime::duration>(now.time_since_epoch())));
}

Duration seconds(double value) {
  return Duration(static_cast<Duration::rep>(value * 1e9));
}

}  // namespace

void ClockRates::set(std::span<const AudioFormat> formats,
                     const std::optional<AudioFormat>& event) {
  count_ = 0;
  const auto add = [this](const AudioFormat& format) {
    if (count_ < entries_.size()) entries_[count_++] = {format.payload_type, format.clock_rate};
  };
  for (const AudioFormat& format : formats) add(format);
  if (event) add(*event);
}

std::optional<uint32_t> ClockRates::of(PayloadType type) const {
  for (size_t i = 0; i < count_; ++i) {
    if (entries_[i].type == type) return entries_[i].rate;
  }
  return std::nullopt;
}

RtcpSession::RtcpSession(Ssrc ssrc, std::string cname)
    : ssrc_(ssrc), cname_(std::move(cname)), random_(ssrc.value()) {}

void RtcpSession::set_formats(const AudioPlan& in, const AudioPlan& out) {
  in_.set(in.from, in.event_from);
  out_.set(out.to, out.event_to);
}

bool RtcpSession::on_packet(const rtp::Packet& packet, MonoTime now) {
  const std::optional<uint32_t> rate = in_.of(packet.payload_type());
  if (!rate) return false;
  follow_source(packet.ssrc(), *rate);
  receiver_->on_packet(packet.sequence(), packet.timestamp(), now);
  ++packets_received_;
  last_received_ = now;
  last_heard_ = now;
  return true;
}

// A source that changes its SSRC or clock begins new statistics; what was lost stays lost.
void RtcpSession::follow_source(Ssrc ssrc, uint32_t clock_rate) {
  if (receiver_ && ssrc == source_ && clock_rate == source_rate_) return;
  if (receiver_) lost_before_ += std::max<int64_t>(receiver_->lost(), 0);
  source_ = ssrc;
  source_rate_ = clock_rate;
  receiver_.emplace(clock_rate);
}

void RtcpSession::on_sent(const rtp::Packet& packet, MonoTime now) {
  sender_.on_sent(packet.payload().size());
  sent_timestamp_ = packet.timestamp();
  sent_rate_ = out_.of(packet.payload_type()).value_or(sent_rate_);
  last_sent_ = now;
}

bool RtcpSession::on_rtcp(ByteSpan datagram, MonoTime now) {
  const auto compound = rtp::RtcpCompound::parse(datagram);
  if (!compound) return false;
  last_heard_ = now;
  for (const rtp::RtcpPacket& packet : *compound) {
    if (const auto* sender_report = std::get_if<rtp::SenderReport>(&packet)) {
      if (receiver_ && sender_report->sender == source_) {
        receiver_->on_sender_report(sender_report->info.ntp, now);
      }
      hear_blocks(sender_report->blocks, now);
    } else if (const auto* receiver_report = std::get_if<rtp::ReceiverReport>(&packet)) {
      hear_blocks(receiver_report->blocks, now);
    }
  }
  return true;
}

void RtcpSession::hear_blocks(const rtp::ItemList<rtp::ReportBlock>& blocks, MonoTime now) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    const rtp::ReportBlock block = blocks[i];
    if (block.source == ssrc_) sender_.on_report(block, ntp(now));
  }
}

void RtcpSession::start(MonoTime now) {
  if (next_report_ != kNever) return;
  next_report_ = now + seconds(kFirstInterval * (0.5 + random_.unit()));
}

size_t RtcpSession::report(MutableByteSpan out, MonoTime now) {
  next_report_ = now + seconds(kInterval * (0.5 + random_.unit()));
  return compound(out, now, false);
}

size_t RtcpSession::bye(MutableByteSpan out, MonoTime now) {
  return compound(out, now, true);
}

size_t RtcpSession::compound(MutableByteSpan out, MonoTime now, bool is_last) {
  std::array<rtp::ReportBlock, 1> block;
  std::span<const rtp::ReportBlock> blocks;
  if (receiver_) {
    block[0] = receiver_->report(source_, now);
    blocks = block;
  }
  rtp::RtcpWriter writer(out);
  if (last_sent_) {
    const uint32_t timestamp = sent_timestamp_ + rtp::to_ticks(now - *last_sent_, sent_rate_);
    writer.sender_report(ssrc_, sender_.info(ntp(now), timestamp), blocks);
  } else {
    writer.receiver_report(ssrc_, blocks);
  }
  writer.cname(ssrc_, cname_);
  if (is_last) writer.bye(ssrc_);
  return writer.failed() ? 0 : writer.size();
}

void RtcpSession::fill(EndpointStats& stats, MonoTime now) const {
  stats.packets_received = packets_received_;
  stats.packets_sent = sender_.packets();
  int64_t lost = lost_before_;
  if (receiver_) {
    lost += std::max<int64_t>(receiver_->lost(), 0);
    stats.jitter_us = static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(receiver_->jitter_time()).count());
  }
  stats.packets_lost = static_cast<uint64_t>(lost);
  if (const auto& remote = sender_.remote()) {
    stats.packets_lost_remote = static_cast<uint64_t>(std::max(remote->cumulative_lost, 0));
    stats.round_trip = remote->round_trip;
  }
  if (last_received_) stats.since_received = now - *last_received_;
  if (last_sent_) stats.since_sent = now - *last_sent_;
}

std::optional<int> RtcpSession::reported_loss() const {
  if (!sender_.remote()) return std::nullopt;
  return static_cast<int>(sender_.remote()->fraction_lost * 100);
}

}  // namespace patchcord::media
