// SPDX-License-Identifier: GPL-3.0-or-later
// RtcpSession: the RTCP duties of one endpoint and the numbers that come of them: what the peer
// sends (loss, jitter), what it says about our stream (loss, round trip), and our own reports each
// 1 to 4 s. RTCP of one side never crosses to the other. It does no I/O and no encryption.
// Thread: media. Owner: an endpoint. RFC 3550 section 6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/bytes.h"
#include "core/id.h"
#include "core/random.h"
#include "core/time.h"
#include "media/engine.h"
#include "media/plan.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/statistics.h"

namespace patchcord::media {

// The RTP clock of each payload type in use on one direction.
class ClockRates {
 public:
  void set(std::span<const AudioFormat> formats, const std::optional<AudioFormat>& event);
  std::optional<uint32_t> of(PayloadType type) const;  // Hz; nothing: unknown type

 private:
  struct Entry {
    PayloadType type;
    uint32_t rate;
  };
  std::array<Entry, 16> entries_{};
  size_t count_ = 0;
};

class RtcpSession {
 public:
  static constexpr size_t kMaxReport = 512;  // bytes of report() and bye()

  // ssrc and cname are those of our stream to the peer.
  RtcpSession(Ssrc ssrc, std::string cname);
  void set_formats(const AudioPlan& in, const AudioPlan& out);

  // False if the payload type is unknown: the packet counts for nothing.
  bool on_packet(const rtp::Packet& packet, MonoTime now);
  void on_sent(const rtp::Packet& packet, MonoTime now);
  // False if it is no RTCP.
  bool on_rtcp(ByteSpan datagram, MonoTime now);

  void start(MonoTime now);  // the peer can be sent to; repeated: nothing
  MonoTime next_report() const { return next_report_; }
  // A compound of SR or RR and SDES; the size written. The next one is due about 2.5 s later.
  size_t report(MutableByteSpan out, MonoTime now);
  size_t bye(MutableByteSpan out, MonoTime now);

  void fill(EndpointStats& stats, MonoTime now) const;
  std::optional<MonoTime> last_heard() const { return last_heard_; }
  std::optional<int> reported_loss() const;  // percent
  bool has_packets() const { return packets_received_ > 0; }

 private:
  void hear_blocks(const rtp::ItemList<rtp::ReportBlock>& blocks, MonoTime now);
  size_t compound(MutableByteSpan out, MonoTime now, bool is_last);
  void follow_source(Ssrc ssrc, uint32_t clock_rate);

  Ssrc ssrc_;
  std::string cname_;
  ClockRates in_, out_;
  SeededRandom random_;  // only spreads the reports in time

  Ssrc source_;  // the peer's, of receiver_
  uint32_t source_rate_ = 0;
  std::optional<rtp::ReceiverStatistics> receiver_;
  uint64_t packets_received_ = 0;
  int64_t lost_before_ = 0;  // of the sources before this one

  rtp::SenderStatistics sender_;
  uint32_t sent_timestamp_ = 0;
  uint32_t sent_rate_ = 8000;
  std::optional<MonoTime> last_sent_;
  std::optional<MonoTime> last_received_;  // RTP
  std::optional<MonoTime> last_heard_;     // RTP or RTCP
  MonoTime next_report_ = kNever;
};

}  // namespace patchcord::media
