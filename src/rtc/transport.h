// SPDX-License-Identifier: GPL-3.0-or-later
// Transport: one WebRTC transport (ICE, DTLS, SRTP) without socket and without clock. Datagrams and
// time go in; plain RTP and RTCP, datagrams to send and events come out. It understands no RTP.
//
//   datagram --> first byte (demux.h) --> STUN  --> IceAgent ------> answers to the sink
//                                    `--> DTLS  --> Dtls ----------> flights to the sink, keys
//                                    `--> SRTP  --> SrtpReceiver --> Received, the same bytes
//
// Only addresses that ICE has proved may feed DTLS or SRTP. "Connected" means: the handshake is
// complete AND the peer's certificate has the fingerprint that came by signalling.
// Thread: media (any one thread for life). Owner: the WebRTC endpoint of a call. RFC 7983, 8827.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/counters.h"
#include "core/random.h"
#include "core/time.h"
#include "core/transport_address.h"
#include "rtc/datagram_sink.h"
#include "rtc/dtls.h"
#include "rtc/ice.h"
#include "rtc/srtp.h"

namespace patchcord::rtc {

// kControlling is for peers of our own; the gateway is always lite.
enum class IceRole : uint8_t { kLite, kControlling };

struct RemoteParameters {
  IceCredentials ice;
  std::vector<std::string> fingerprints;  // "sha-256 AB:CD:..": one of them must match
  DtlsRole our_role = DtlsRole::kServer;
  TransportAddress candidate;  // kControlling only: where to send the checks
};

enum class TransportEvent : uint8_t {
  kIceConnected,  // a first address is proved
  kConnected,     // media may flow, both ways
  kClosedByPeer,  // close_notify: the browser closed its PeerConnection
  // The rest ends the transport as well; failure() has a text for the log.
  kIceFailed,          // no valid check within 20 s of set_remote()
  kConsentLost,        // none for 30 s later on
  kFingerprintFailed,  // the certificate is not the one that was announced, or none usable was
  kDtlsFailed,         // no agreement, a fatal alert, 10 s
};

enum class TransportDrop : uint8_t {
  kUnknownProtocol,  // a first byte of nobody (RFC 7983), or no byte at all
  kUnprovedAddress,  // DTLS or SRTP from where no valid check came
  kTooEarly,         // SRTP before the keys
  kEnded,            // anything after close() or failure
  kCount
};

struct Received {
  enum class Kind : uint8_t { kNothing, kRtp, kRtcp };
  Kind kind = Kind::kNothing;
  MutableByteSpan packet;  // plain, inside the bytes given to receive()
};

class Transport {
 public:
  // `context` and `random` must outlive the transport.
  Transport(const DtlsContext& context, IceRole role, const IceCredentials& local, Random& random);
  ~Transport();

  // What signalling says of the peer. May come after the first datagrams: the checks are answered
  // and a handshake as the server runs before it, but nothing is connected. Only the first call
  // counts. kIceFailed is counted from here.
  void set_remote(const RemoteParameters& remote, MonoTime now, DatagramSink& out);

  // ICE restart (RFC 8445 section 9) with new credentials of both sides; DTLS and SRTP stay as they
  // are. Until the peer's first check under the new ones the old ones are answered too.
  void restart_ice(const IceCredentials& local, const RemoteParameters& remote, MonoTime now);

  // One datagram. Answers go to `out`; a media packet comes back decrypted in place.
  Received receive(MutableByteSpan datagram, const TransportAddress& from, MonoTime now,
                   DatagramSink& out);
  void on_time(MonoTime now, DatagramSink& out);
  MonoTime next_deadline() const;  // kNever if nothing is due; may change after any call

  // Protects the first `size` bytes of `buffer` in place; kSrtpMaxTrailer bytes of room suffice.
  // Send the result to remote(). Nothing if not connected, or for a reason in sent_drops().
  std::optional<MutableByteSpan> protect_rtp(MutableByteSpan buffer, size_t size);
  std::optional<MutableByteSpan> protect_rtcp(MutableByteSpan buffer, size_t size);

  // Says close_notify, then is deaf and mute.
  void close(DatagramSink& out);

  bool is_connected() const { return stage_ == Stage::kConnected; }
  // The nominated address; may change during a call.
  const TransportAddress& remote() const { return ice_->selected(); }
  // A check of this address was valid within the last 30 s: it is the peer's.
  bool is_proved(const TransportAddress& address, MonoTime now) const {
    return ice_->is_proved(address, now);
  }
  // The way to this address is gone; see IceAgent.
  void forget(const TransportAddress& address, MonoTime now) { ice_->forget(address, now); }
  std::optional<MonoTime> last_valid_check() const { return ice_->last_valid(); }
  std::optional<TransportEvent> poll_event();  // to be asked after each call that takes a sink
  const std::string& failure() const { return failure_; }

  const Counters<TransportDrop>& drops() const { return drops_; }
  const Counters<IceDrop>& ice_drops() const { return ice_->drops(); }
  Counters<SrtpDrop> received_drops() const;  // SRTP; all zero before kConnected
  Counters<SrtpDrop> sent_drops() const;

 private:
  enum class Stage : uint8_t { kConnecting, kConnected, kEnded };

  void receive_dtls(ByteSpan datagram, const TransportAddress& from, MonoTime now,
                    DatagramSink& out);
  Received receive_media(MutableByteSpan packet, Received::Kind kind, const TransportAddress& from,
                         MonoTime now);
  void advance(MonoTime now, DatagramSink& out);
  void check_ice();
  void start_dtls(MonoTime now, DatagramSink& out);
  void check_dtls(DatagramSink& out);
  void connect(DatagramSink& out);
  void end(TransportEvent why, std::string text);
  Route route(DatagramSink& out) const { return {out, ice_->selected()}; }

  const DtlsContext& context_;
  std::unique_ptr<IceAgent> ice_;
  std::optional<Dtls> dtls_;
  std::optional<SrtpSender> sender_;
  std::optional<SrtpReceiver> receiver_;

  std::optional<DtlsRole> role_;  // ours; unknown before set_remote()
  std::vector<Fingerprint> fingerprints_;
  Stage stage_ = Stage::kConnecting;
  bool ice_connected_ = false;
  std::vector<TransportEvent> events_;
  std::string failure_;
  Counters<TransportDrop> drops_;
};

}  // namespace patchcord::rtc
