// SPDX-License-Identifier: GPL-3.0-or-later
// Engine: the control side's face of the media threads. It picks a worker, leases ports, draws ICE
// credentials and SSRCs, so that all an SDP needs is a local value at once; then it hands plans to
// the worker by value, and workers hand events back the same way.
// It is not negotiation (call/) and touches no packet (worker).
// Thread: control. Owner: app::Gateway.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/address.h"
#include "core/counters.h"
#include "core/executor.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/transport_address.h"
#include "media/plan.h"

namespace patchcord::net {
class Loop;
class Wire;
}  // namespace patchcord::net
namespace patchcord::rtc {
class Certificate;
}

namespace patchcord::media {

// What our SDP towards a browser needs to say.
struct WebrtcLocal {
  std::string ufrag, password;
  std::string fingerprint;                    // "sha-256 AA:BB:..."
  std::vector<SocketAddress> candidates;      // host candidates, RTP and RTCP muxed
  std::vector<SocketAddress> tcp_candidates;  // passive ones (RFC 6544), for whom UDP is blocked
  Ssrc ssrc;
  std::string cname;
};

// What our SDP towards a SIP peer needs to say. The ports are bound already.
struct RtpLocal {
  uint16_t rtp_port = 0;   // even
  uint16_t rtcp_port = 0;  // rtp_port + 1
};

struct EchoLocal {};
struct AnnouncementLocal {};

using LocalMedia = std::variant<WebrtcLocal, RtpLocal, EchoLocal, AnnouncementLocal>;

struct Reservation {
  MediaId id;
  std::array<LocalMedia, 2> local;  // by index(Side)
};

// ---- events, worker to control

struct Connected {  // ICE and DTLS of a browser are done; its fingerprint is right
  Side side;
};
struct Failed {
  enum class What : uint8_t { kIce, kDtls, kFingerprint, kConsent, kClosedByPeer };
  Side side;
  What what;
};
struct Silent {  // nothing came from this side for MediaPlan::inactivity
  Side side;
};
struct FirstPacket {  // the first RTP of this side in this call
  Side side;
};
struct Digit {  // a telephone-event of this side, once per press
  Side side;
  char digit;  // 0-9 * # A-D
};

struct Played {  // an announcement has come to its end
  Side side;
};

struct EndpointStats {
  uint64_t packets_received = 0;
  uint64_t packets_sent = 0;
  uint64_t packets_lost = 0;         // of what this side sent to us, RFC 3550 A.3
  uint64_t packets_lost_remote = 0;  // of what we sent, as this side's RTCP reports
  uint32_t jitter_us = 0;
  std::optional<Duration> round_trip;
  std::optional<Duration> since_received;  // how long ago the last RTP came; nothing: never
  std::optional<Duration> since_sent;
  SocketAddress remote;  // where we send to (nominated pair, SDP or latched)
  TransportProtocol protocol = TransportProtocol::kUdp;  // by which
  // How long ago a browser last proved that it is there, by media or by a check; nothing: never.
  std::optional<Duration> since_proof;
  SocketAddress unexpected;  // the last other address that sent to this side, if any
  uint64_t dropped = 0;      // unauthenticated, malformed, replayed, unknown payload type
  std::string transport;     // "ice waiting", "dtls running", "connected", "rtp"
};
struct Stats {                               // every second and once at the end
  std::array<EndpointStats, 2> endpoints{};  // by index(Side)
  std::array<std::string, 2> pipes{};        // Pipe::describe() by source side
  bool final = false;
};

using MediaEvent = std::variant<Connected, Failed, Silent, FirstPacket, Digit, Played, Stats>;

// What happened at the ports that all browsers share, since the start.
struct SharedPortTotals {
  uint64_t received = 0;  // datagrams
  uint64_t sent = 0;
  uint64_t unknown_sender = 0;   // dropped: neither a proved address nor a check for a call of ours
  uint64_t unknown_ufrag = 0;    // of these, checks with a name of nobody
  uint64_t too_large = 0;        // dropped
  uint64_t not_sent = 0;         // no room in the system's buffer, no route, forbidden
  uint64_t tcp_accepted = 0;     // connections
  uint64_t tcp_turned_away = 0;  // closed before they had proved whose they are

  SharedPortTotals& operator+=(const SharedPortTotals& other);
  bool operator==(const SharedPortTotals&) const = default;
};

class EngineListener {
 public:
  virtual ~EngineListener() = default;
  // On control. An id that was closed meanwhile may still come: the receiver drops it in silence.
  virtual void on_media_event(MediaId id, const MediaEvent& event) = 0;
};

struct EngineConfig {
  std::vector<IpAddress> rtc_addresses;  // candidates to the browser, in order of preference
  uint16_t rtc_port = 10000;             // worker i uses rtc_port + i, of UDP and of TCP
  bool rtc_tcp = true;                   // ICE over TCP beside UDP
  uint16_t rtp_first = 20000;            // port pairs towards SIP peers
  uint16_t rtp_last = 29999;
  int opus_complexity = 5;  // 0..10; the encoder is what a transcoded call costs
};

class Engine {
  struct Implementation;

 public:
  // One worker per loop; worker i's shared browser port is rtc_port + i on every rtc address'
  // family, of UDP and, with rtc_tcp, of TCP. Errors: kNetwork when a shared port cannot be bound
  // (says which).
  static Result<std::unique_ptr<Engine>> make(EngineConfig config,
                                              const rtc::Certificate& certificate, net::Wire& wire,
                                              std::vector<net::Loop*> loops, Executor& control,
                                              Random& random, EngineListener& listener);
  // The loops must not run any more, nor control run what was posted to it before.
  ~Engine();
  explicit Engine(std::unique_ptr<Implementation> implementation);  // for make()

  // Draws and binds all that an SDP of ours must name. Errors: kExhausted (no free port pair).
  Result<Reservation> reserve(std::array<EndpointKind, 2> kinds);
  // From here on the worker has the call. An unknown id is ignored by all of these.
  void open(MediaId id, MediaPlan plan);
  void change(MediaId id, MediaPlan plan);
  // Sends digits as telephone-events (RFC 4733) to `to`: `tone` each (at least 100 ms), 50 ms
  // apart. Digits other than 0-9 * # A-D are skipped.
  void send_digits(MediaId id, Side to, std::string digits, Duration tone);
  void close(MediaId id);  // also a reservation that was never opened; its final Stats come before

  size_t open_count() const;  // reserved or open, not closed
  size_t leased_port_pairs() const;
  bool has_free_port_pair()
      const;  // none is leased twice; one that is busy elsewhere counts as free
  SharedPortTotals shared_ports() const;  // a second old at most

 private:
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace patchcord::media
