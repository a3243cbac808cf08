// SPDX-License-Identifier: GPL-3.0-or-later
// IceAgent: which remote addresses have proved that they belong to the peer, and which one of them
// is used. Two kinds: IceLite, the gateway's (RFC 8445 lite, controlled), and IceControlling, a
// small full-side agent for peers of our own (test browsers, the load generator). No candidates are
// gathered here, no SDP is read: credentials and addresses come as values.
// Thread: that of the transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/counters.h"
#include "core/random.h"
#include "core/time.h"
#include "core/transport_address.h"
#include "rtc/datagram_sink.h"

namespace patchcord::rtc {

struct IceCredentials {
  std::string ufrag;  // 4..256 letters, RFC 8445 section 5.3
  std::string pwd;    // 22..256 letters

  // 8 letters (48 bits) and 24 letters (142 bits) of [A-Za-z0-9].
  static IceCredentials generate(Random& random);
  bool operator==(const IceCredentials&) const = default;
};

enum class IceState : uint8_t {
  kWaiting,      // no valid check yet
  kConnected,    // selected() is proved and fresh
  kFailed,       // no valid check in time
  kConsentLost,  // RFC 7675: 30 s without one; for ever
};

enum class IceDrop : uint8_t {
  kMalformed,     // not STUN, a wrong FINGERPRINT, a method that is not Binding
  kUnauthorized,  // no USERNAME or MESSAGE-INTEGRITY, or not ours: no answer at all
  kUnexpected,    // a response to no request of ours
  kCount
};

inline constexpr Duration kIceConnectLimit = std::chrono::seconds(20);  // from set_remote()
inline constexpr Duration kIceConsentLimit = std::chrono::seconds(30);  // RFC 7675 section 5.1

class IceAgent {
 public:
  virtual ~IceAgent() = default;

  // What signalling says; the time limit for a first valid check starts here. `candidate` is where
  // a controlling agent sends its checks; a lite agent learns addresses from checks alone.
  virtual void set_remote(const IceCredentials& remote, const TransportAddress& candidate,
                          MonoTime now) = 0;
  // RFC 8445 section 9: new credentials of ours; set_remote() with those of the peer follows. What
  // is selected stays in use until the first check under the new ones.
  virtual void restart(const IceCredentials& local) = 0;
  virtual void receive(ByteSpan datagram, const TransportAddress& from, MonoTime now,
                       DatagramSink& out) = 0;
  virtual void on_time(MonoTime now, DatagramSink& out) = 0;
  virtual MonoTime next_deadline() const = 0;

  virtual IceState state() const = 0;
  // Where to send: the nominated address, before a nomination the one last proved. Unset at first.
  // A nominated address that fell silent gives way to one that is still checked.
  virtual const TransportAddress& selected() const = 0;
  // A check of this address was valid within the last 30 s.
  virtual bool is_proved(const TransportAddress& address, MonoTime now) const = 0;
  // The way to this address is gone (a TCP connection that broke): it is proved no more, and
  // another proved one takes its place if it was selected. Consent goes on counting.
  virtual void forget(const TransportAddress& address, MonoTime now) = 0;
  virtual std::optional<MonoTime> last_valid() const = 0;  // check, or answer to one of ours
  virtual const Counters<IceDrop>& drops() const = 0;
};

}  // namespace patchcord::rtc
