// SPDX-License-Identifier: GPL-3.0-or-later
// WebrtcEndpoint: the media side that is a browser: rtc::Transport for ICE, DTLS and SRTP, and the
// RTCP duties toward it. Nothing is believed that SRTP has not authenticated, so a third party can
// only make counters grow.
// Not here: which datagrams are for this browser (worker), codecs (pipes).
// Thread: media. Owner: Bridge. RFC 8834.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "core/counters.h"
#include "core/random.h"
#include "media/endpoint.h"
#include "media/rtcp_session.h"
#include "rtc/transport.h"

namespace patchcord::media {

class WebrtcEndpoint final : public Endpoint, private rtc::DatagramSink {
 public:
  struct Surroundings {
    MediaId id;  // for the log
    Side side;
    const rtc::DtlsContext& dtls;
    Random& random;
    net::Outbox& outbox;
    EventSink& events;
  };

  WebrtcEndpoint(const WebrtcLocal& local, const Surroundings& surroundings);

  void set_plan(const EndpointPlan& plan, MonoTime now) override;
  void set_formats(const AudioPlan& in, const AudioPlan& out) override;
  std::optional<rtp::Packet> receive(net::Port& port, net::Datagram& datagram,
                                     MonoTime now) override;
  void send(rtp::Packet& packet, MonoTime now) override;

  bool has_proved(const TransportAddress& address, MonoTime now) const override;
  void on_port_gone(const net::Port& port, const TransportAddress& address, MonoTime now) override;
  bool is_ready() const override { return transport_.is_connected(); }
  void on_time(MonoTime now) override;
  MonoTime next_deadline() const override;
  void close(MonoTime now) override;

  EndpointStats stats(MonoTime now) const override;
  std::optional<MonoTime> last_heard() const override { return rtcp_.last_heard(); }
  std::optional<int> reported_loss() const override { return rtcp_.reported_loss(); }

 private:
  enum class Drop : uint8_t { kNotRtp, kUnknownPayloadType, kBadRtcp, kCount };

  // By which of our ports and addresses a remote address reached us: answers go the same way.
  struct Path {
    TransportAddress remote;
    net::Port* port = nullptr;
    IpAddress local;
  };

  void send(ByteSpan datagram, const TransportAddress& to) override;  // rtc::DatagramSink
  void send_rtcp(size_t size, MutableByteSpan slot);
  const Path* path_to(const TransportAddress& remote);
  void note_path(net::Port& port, const net::Datagram& datagram);
  std::optional<rtp::Packet> on_rtp(MutableByteSpan bytes, MonoTime now);
  void pass_events(MonoTime now);
  const char* state_text() const;

  const MediaId id_;
  const Side side_;
  net::Outbox& outbox_;
  EventSink& events_;
  rtc::Transport transport_;
  RtcpSession rtcp_;
  std::optional<WebrtcRemote> remote_;
  std::array<Path, 4> paths_{};
  size_t next_path_ = 0;
  size_t current_path_ = 0;  // of the last lookup; nearly always the right one
  bool ice_connected_ = false;
  bool is_closed_ = false;
  Counters<Drop> drops_;
};

}  // namespace patchcord::media
