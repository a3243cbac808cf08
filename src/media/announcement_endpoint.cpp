// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/announcement_endpoint.h"

#include <algorithm>

namespace patchcord::media {
namespace {

// The pipe gives the stream a name and numbers of its own: these only need to be steady.
constexpr Ssrc kSsrc(601);

}  // namespace

void AnnouncementEndpoint::begin(MonoTime now) {
  if (!begun_) begun_ = now;
}

std::optional<rtp::Packet> AnnouncementEndpoint::next_packet(MonoTime now) {
  if (!begun_ || is_closed_ || given_ == tune_.frames() || now < due()) return std::nullopt;
  const rtp::Header header{kTunePayloadType, static_cast<uint16_t>(given_),
                           static_cast<uint32_t>(given_ * kTuneFrame), kSsrc, given_ == 0};
  const size_t head = rtp::write_header(buffer_, header);
  const ByteSpan frame = ByteSpan(tune_.alaw).subspan(given_ * kTuneFrame, kTuneFrame);
  std::copy(frame.begin(), frame.end(), buffer_.begin() + static_cast<ptrdiff_t>(head));
  ++given_;
  return rtp::Packet::parse(MutableByteSpan(buffer_).first(head + kTuneFrame));
}

void AnnouncementEndpoint::on_time(MonoTime now) {
  if (has_told_end_ || !begun_ || given_ < tune_.frames() || now < due()) return;
  has_told_end_ = true;
  events_.on_event(Played{side_});
}

// Once all is given, the time at which the last frame has been heard.
MonoTime AnnouncementEndpoint::next_deadline() const {
  return begun_ && !is_closed_ && !has_told_end_ ? due() : kNever;
}

EndpointStats AnnouncementEndpoint::stats(MonoTime now) const {
  EndpointStats stats;
  stats.packets_received = given_;
  if (begun_) stats.since_received = now - *begun_;
  stats.transport = "announcement";
  return stats;
}

}  // namespace patchcord::media
