// SPDX-License-Identifier: GPL-3.0-or-later
// What a stream did, in the numbers of RTCP: ReceiverStatistics for one incoming stream,
// SenderStatistics for one outgoing stream and what the far side reports about it.
// Not a loss repair and not a quality score; it sends nothing and decides nothing.
// Thread: media; one per SSRC. RFC 3550 section 6.4 and appendix A.1, A.3, A.8. A source is taken
// from its first packet on: who may send was settled before (address, SRTP), so A.1's probation is
// left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/time.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/sequence.h"

namespace patchcord::rtp {

class ReceiverStatistics {
 public:
  explicit ReceiverStatistics(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // Each packet that arrived, in the order of arrival, repeats included.
  void on_packet(uint16_t sequence, uint32_t timestamp, MonoTime now);
  void on_sender_report(NtpTime ntp, MonoTime now);

  // For our next SR or RR; begins a new interval for fraction_lost.
  ReportBlock report(Ssrc source, MonoTime now);

  uint64_t received() const { return received_; }
  uint64_t expected() const { return expected_before_ + expected_here(); }
  int64_t lost() const { return static_cast<int64_t>(expected() - received_); }  // may be negative
  uint32_t jitter() const { return static_cast<uint32_t>(jitter_16_ >> 4); }     // ticks
  Duration jitter_time() const;
  std::optional<MonoTime> last_packet_time() const { return last_packet_time_; }

 private:
  uint64_t expected_here() const;
  void restart(uint16_t sequence);
  void note_jitter(uint32_t timestamp, MonoTime now);

  uint32_t clock_rate_;
  SequenceUnwrapper sequences_;
  int64_t first_ = 0;  // unwrapped, since the last restart
  uint64_t received_ = 0;
  uint64_t expected_before_ = 0;     // of the numberings before the last restart
  std::optional<uint16_t> suspect_;  // what would follow a wild jump, if it is a restart
  uint64_t reported_expected_ = 0;
  uint64_t reported_received_ = 0;
  uint64_t jitter_16_ = 0;  // sixteenths of a tick, as appendix A.8 keeps it
  std::optional<uint32_t> last_transit_;
  uint32_t last_timestamp_ = 0;
  std::optional<MonoTime> last_packet_time_;
  std::optional<NtpTime> last_sender_report_;
  MonoTime last_sender_report_time_{};
};

class SenderStatistics {
 public:
  struct Remote {              // what the far side said in its newest report
    double fraction_lost = 0;  // 0..1, in its last interval
    int32_t cumulative_lost = 0;
    uint32_t jitter = 0;  // ticks
    std::optional<Duration> round_trip;
  };

  void on_sent(size_t payload_size) {
    ++packets_;
    octets_ += payload_size;
  }
  // A report block about this stream; `now` on the clock that stamps our sender reports.
  void on_report(const ReportBlock& block, NtpTime now);

  uint64_t packets() const { return packets_; }
  uint64_t octets() const { return octets_; }
  // `rtp_timestamp` is that of the stream at the moment `now` (Rewriter::timestamp_at).
  SenderInfo info(NtpTime now, uint32_t rtp_timestamp) const;
  const std::optional<Remote>& remote() const { return remote_; }

 private:
  uint64_t packets_ = 0;
  uint64_t octets_ = 0;
  std::optional<Remote> remote_;
};

}  // namespace patchcord::rtp
