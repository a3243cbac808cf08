// SPDX-License-Identifier: GPL-3.0-or-later
// The far ends of media tests: BrowserPeer speaks ICE, DTLS and SRTP as a browser does (with the
// controlling side of rtc::Transport), PhonePeer speaks plain RTP and RTCP. Both keep what they
// hear and send what they are told, on any wire and loop. They know no SDP. Thread: that of their
// loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "net/wire.h"
#include "rtc/certificate.h"
#include "rtc/transport.h"
#include "rtp/packet.h"

namespace patchcord::test {

struct HeardPacket {
  rtp::Header header;
  std::vector<uint8_t> payload;
  MonoTime time;
  SocketAddress from;
};

// The numbering of one stream a peer sends.
struct SentStream {
  Ssrc ssrc{0x1000};
  uint16_t sequence = 1;
  uint32_t timestamp = 1000;
  uint32_t step = 160;  // ticks a packet
  // The next packet's bytes.
  std::vector<uint8_t> next(PayloadType type, ByteSpan payload);
};

class BrowserPeer final : private net::Resident, private rtc::DatagramSink {
 public:
  BrowserPeer(net::Wire& wire, net::Loop& loop, const SocketAddress& local, Random& random);
  ~BrowserPeer();

  const rtc::IceCredentials& ice() const { return ice_; }
  const std::string& fingerprint() const { return certificate_.fingerprint(); }
  const SocketAddress& local() const { return port_->local(); }

  // As the answer's SDP would: the gateway's credentials, fingerprint and candidate.
  void connect(const rtc::IceCredentials& remote, const std::string& fingerprint,
               const SocketAddress& candidate, rtc::DtlsRole our_role = rtc::DtlsRole::kClient);
  bool is_connected() const { return transport_->is_connected(); }
  // Moves to another port, as a browser does that changes its network; checks go on from there.
  void move(const SocketAddress& local);
  // From here on everything goes by this TCP connection to the gateway.
  void use(std::unique_ptr<net::Port> connection);

  void send(PayloadType type, ByteSpan payload);
  void send_rtcp(ByteSpan compound);
  void send_raw(ByteSpan datagram);  // unprotected, to the selected address
  void close();

  SentStream stream;
  std::vector<HeardPacket> heard;
  std::vector<std::vector<uint8_t>> heard_rtcp;
  std::vector<rtc::TransportEvent> events;

 private:
  void send(ByteSpan datagram, const TransportAddress& to) override;
  void on_turn(MonoTime now) override;
  MonoTime next_deadline() const override { return transport_->next_deadline(); }
  void watch();
  void on_datagram(net::Datagram& datagram);
  void collect_events();

  net::Wire& wire_;
  net::Loop& loop_;
  rtc::Certificate certificate_;
  rtc::DtlsContext dtls_;
  rtc::IceCredentials ice_;
  std::unique_ptr<net::Port> port_;
  std::unique_ptr<rtc::Transport> transport_;
};

class PhonePeer {
 public:
  // An even port; RTCP is on the next one.
  PhonePeer(net::Wire& wire, net::Loop& loop, const SocketAddress& local);
  ~PhonePeer();

  const SocketAddress& local() const { return rtp_->local(); }
  const SocketAddress& rtcp_local() const { return rtcp_->local(); }
  void send(const SocketAddress& to, PayloadType type, ByteSpan payload);
  void send_raw(const SocketAddress& to, ByteSpan datagram);
  void send_rtcp(const SocketAddress& to, ByteSpan compound);

  SentStream stream;
  std::vector<HeardPacket> heard;
  std::vector<std::vector<uint8_t>> heard_rtcp;

 private:
  net::Loop& loop_;
  std::unique_ptr<net::Port> rtp_, rtcp_;
};

}  // namespace patchcord::test
