// SPDX-License-Identifier: GPL-3.0-or-later
// Dtls: one DTLS 1.2 association (RFC 6347) that exists to agree on SRTP keys (RFC 5764); it
// carries no data. Not a socket, not a clock: datagrams and time come in, datagrams leave by a
// Route. It does not decide who the peer is either: it shows the peer's certificate, the transport
// compares.
//
//   kIdle --start, receive--> kHandshaking --both Finished--> kComplete --close_notify--> kClosed
//                                  `---- alert, 10 s, 64 kB ----> kFailed
//
// OpenSSL's own retransmission timer (1 s, wall clock) is switched off: the last flight is kept as
// it was sent, and sent again after 50, 100, 200, then each 400 ms, until the peer's next flight.
//
// Thread: that of the transport. A DtlsContext belongs to the thread that makes associations of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/result.h"
#include "core/time.h"
#include "rtc/certificate.h"
#include "rtc/datagram_sink.h"
#include "rtc/srtp_key.h"

namespace patchcord::rtc {

enum class DtlsRole : uint8_t { kServer, kClient };  // a=setup: passive, active (ours)

// Policy and identity, read-only once made: ECDHE with an AEAD cipher only, a certificate wanted
// from the peer, no resumption, no renegotiation, no compression; SRTP suites in the order
// AES-128-GCM, AES-256-GCM, AES-CM with the 80-bit tag.
class DtlsContext {
 public:
  static Result<DtlsContext> create(const Certificate& certificate);
  DtlsContext(DtlsContext&&) noexcept;
  DtlsContext& operator=(DtlsContext&&) noexcept;
  ~DtlsContext();

 private:
  friend class Dtls;
  struct Handles;  // SSL_CTX
  explicit DtlsContext(std::unique_ptr<Handles> handles);
  std::unique_ptr<Handles> handles_;
};

struct SrtpKeyPair {
  SrtpKey ours;    // we protect with it
  SrtpKey theirs;  // the peer does
};

class Dtls {
 public:
  enum class State : uint8_t { kIdle, kHandshaking, kComplete, kClosed, kFailed };

  Dtls(const DtlsContext& context, DtlsRole role);
  Dtls(Dtls&&) = delete;
  ~Dtls();

  // The handshake's 10 s begin; a client sends its ClientHello. Only the first call counts, and
  // none after the first receive().
  void start(MonoTime now, const Route& out);
  // One datagram from an address that ICE has proved: the caller sees to that, for whoever speaks
  // first owns the handshake. Junk is dropped.
  void receive(ByteSpan datagram, MonoTime now, const Route& out);
  void on_time(MonoTime now, const Route& out);
  MonoTime next_deadline() const;  // kNever if nothing is due
  // Says close_notify if the handshake is complete; kClosed after it.
  void close(const Route& out);

  DtlsRole role() const;
  State state() const;
  const std::string& failure() const;  // for the log; empty unless kFailed

  // In kComplete only.
  bool peer_matches(const Fingerprint& expected) const;
  std::optional<SrtpKeyPair> export_keys() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace patchcord::rtc
