// SPDX-License-Identifier: GPL-3.0-or-later
// The two kinds of media ends of a call: BrowserEnd speaks ICE, DTLS and SRTP as a browser does,
// PhoneEnd plain RTP. They carry payloads and know neither sound nor signalling.
// Thread: that of the loop. Owner: Call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/function.h"
#include "core/id.h"
#include "core/random.h"
#include "net/wire.h"
#include "rtc/transport.h"
#include "rtp/packet.h"

namespace patchcord::loadgen {

using OnRtp = Function<void(const rtp::Packet&)>;

// The numbering of a stream that is sent.
struct Numbers {
  Ssrc ssrc;
  uint16_t sequence;
  uint32_t timestamp;
  PayloadType type;
  uint32_t step;  // ticks in 20 ms

  static Numbers draw(Random& random, PayloadType type, uint32_t clock_rate);
  rtp::Header next();
};

class BrowserEnd final : private rtc::DatagramSink {
 public:
  BrowserEnd(net::Wire& wire, net::Loop& loop, const rtc::DtlsContext& dtls, Random& random,
             Numbers numbers, OnRtp on_rtp);
  ~BrowserEnd();

  const rtc::IceCredentials& ice() const { return ice_; }
  // As the gateway's answer says.
  void connect(const rtc::IceCredentials& remote, const std::string& fingerprint,
               const SocketAddress& candidate);
  bool is_connected() const { return transport_.is_connected(); }
  void on_tick(MonoTime now);

  void send(ByteSpan payload);
  void send_rtp(ByteSpan packet);            // a whole packet of somebody else's making, protected
  void send_rtcp(ByteSpan compound);         // likewise
  void send_unprotected(ByteSpan bytes);     // as it is, from the address that ICE has proved
  void close() { transport_.close(*this); }  // as a page does that closes its PeerConnection

  // For attacks.
  const Numbers& next_numbers();  // taken: nothing of ours will have them
  void start_at(uint16_t sequence) { numbers_.sequence = sequence; }  // before anything is sent
  void change_ssrc(Ssrc ssrc) { numbers_.ssrc = ssrc; }
  void lose(uint32_t percent) { lost_percent_ = percent; }  // of what send() sends
  void on_sealed(Function<void(ByteSpan)> hook) { on_sealed_ = std::move(hook); }
  const Numbers& numbers() const { return numbers_; }
  const SocketAddress& local() const { return port_->local(); }
  const SocketAddress& remote() const { return transport_.remote().address; }

 private:
  void send(ByteSpan datagram, const TransportAddress& to) override;
  void on_datagram(net::Datagram& datagram);

  net::Loop& loop_;
  rtc::IceCredentials ice_;
  std::unique_ptr<net::Port> port_;
  rtc::Transport transport_;
  Random& random_;
  Numbers numbers_;
  OnRtp on_rtp_;
  uint32_t lost_percent_ = 0;
  Function<void(ByteSpan)> on_sealed_;
};

class PhoneEnd {
 public:
  // An even port of the loopback, and the next one for RTCP.
  PhoneEnd(net::Wire& wire, net::Loop& loop, Numbers numbers, OnRtp on_rtp);
  ~PhoneEnd();

  uint16_t port() const { return rtp_->local().port(); }
  void set_remote(const SocketAddress& remote) { remote_ = remote; }
  const SocketAddress& remote() const { return remote_; }
  void send(ByteSpan payload);
  void send_raw(ByteSpan datagram);                                   // to the gateway's RTP port
  void send_rtcp(ByteSpan datagram);                                  // to its RTCP port
  void start_at(uint16_t sequence) { numbers_.sequence = sequence; }  // before anything is sent
  const Numbers& numbers() const { return numbers_; }

 private:
  void bind(net::Wire& wire);

  net::Loop& loop_;
  std::unique_ptr<net::Port> rtp_, rtcp_;
  Numbers numbers_;
  OnRtp on_rtp_;
  SocketAddress remote_;
};

}  // namespace patchcord::loadgen
