// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/dtls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <algorithm>

#include "core/assert.h"
#include "rtc/dtls_bio_impl.h"
#include "rtc/dtls_context_impl.h"
#include "rtc/dtls_record.h"

namespace patchcord::rtc {
namespace {

using std::chrono::milliseconds;

constexpr long kMtu = 1200;  // bytes of UDP payload; fits any path a browser uses
constexpr Duration kHandshakeLimit = std::chrono::seconds(10);
constexpr size_t kHandshakeBytes = 64 * 1024;
// The browsers' own first pause; RFC 6347 section 4.2.4.1 allows less than its 1 s.
constexpr Duration kFirstPause = milliseconds(50);
constexpr Duration kLongestPause = milliseconds(400);
// The last flight of a server has no timer: it is repeated when the client shows that it misses it.
constexpr Duration kRepeatPause = milliseconds(20);
// OpenSSL keeps each record that comes before its keys in a buffer of 17 kB; one Finished needs
// one.
constexpr size_t kMaxEarlyRecords = 4;
// The least an encrypted alert can have: two bytes and a tag.
constexpr size_t kShortestAlert = 2 + 16;

// OpenSSL's timer runs on the wall clock. An hour is never: the handshake has ten seconds.
unsigned int timer_off(SSL*, unsigned int) {
  return 3600u * 1000u * 1000u;
}

std::optional<SrtpSuite> suite_of(const SRTP_PROTECTION_PROFILE* profile) {
  if (!profile) return std::nullopt;
  switch (profile->id) {
    case SRTP_AEAD_AES_128_GCM:
      return SrtpSuite::kAeadAes128Gcm;
    case SRTP_AEAD_AES_256_GCM:
      return SrtpSuite::kAeadAes256Gcm;
    case SRTP_AES128_CM_SHA1_80:
      return SrtpSuite::kAes128CmSha1_80;
    default:
      return std::nullopt;
  }
}

// After the handshake an association has an alert to read or to write at most; until then it does
// without OpenSSL's two record buffers, 17 kB each. OpenSSL does not ask for them back by itself.
class RecordBuffers {
 public:
  explicit RecordBuffers(SSL* ssl) : ssl_(ssl) {
    if (SSL_alloc_buffers(ssl) != 1) throw std::bad_alloc();
  }
  RecordBuffers(const RecordBuffers&) = delete;
  RecordBuffers& operator=(const RecordBuffers&) = delete;
  ~RecordBuffers() { SSL_free_buffers(ssl_); }

 private:
  SSL* ssl_;
};

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "handshake failed";
}

}  // namespace

struct Dtls::Impl {
  Impl(SSL_CTX* context, DtlsRole our_role);

  void begin(MonoTime now);
  void handshake(ByteSpan datagram, MonoTime now, const Route& out);
  bool admits(ByteSpan datagram);
  void step(MonoTime now, const Route& out);
  void finish();
  void after_handshake(ByteSpan datagram, MonoTime now, const Route& out);
  void read_alert(ByteSpan datagram);
  void send_written(MonoTime now, const Route& out);
  void send_flight(MonoTime now, const Route& out);
  void fail(std::string why);

  const DtlsRole role;
  State state = State::kIdle;
  std::string failure;
  DtlsBio bio;  // before ssl, which points to it
  SslHandle ssl;

  std::vector<DtlsBio::Datagram> flight;  // as it was sent
  MonoTime flight_sent{};
  MonoTime resend_at = kNever;
  Duration pause = kFirstPause;
  MonoTime limit = kNever;  // the end of the handshake's time
  size_t bytes_in = 0;
  size_t early_records = 0;
};

Dtls::Impl::Impl(SSL_CTX* context, DtlsRole our_role) : role(our_role), ssl(SSL_new(context)) {
  BioHandle handle = bio.handle();
  if (!ssl || !handle) throw std::bad_alloc();
  BIO_up_ref(handle.get());  // one reference for reading, one for writing
  SSL_set0_rbio(ssl.get(), handle.get());
  SSL_set0_wbio(ssl.get(), handle.release());
  SSL_set_mtu(ssl.get(), kMtu);
  DTLS_set_timer_cb(ssl.get(), &timer_off);
  if (role == DtlsRole::kClient) {
    SSL_set_connect_state(ssl.get());
  } else {
    SSL_set_accept_state(ssl.get());
  }
}

void Dtls::Impl::fail(std::string why) {
  state = State::kFailed;
  failure = std::move(why);
  flight.clear();
  resend_at = limit = kNever;
}

void Dtls::Impl::begin(MonoTime now) {
  state = State::kHandshaking;
  limit = now + kHandshakeLimit;
}

void Dtls::Impl::handshake(ByteSpan datagram, MonoTime now, const Route& out) {
  if (!admits(datagram)) return;
  if (state == State::kIdle) begin(now);
  bytes_in += datagram.size();
  if (bytes_in > kHandshakeBytes) return fail("the handshake is too large");
  bio.offer(datagram);
  step(now, out);
  bio.withdraw();
}

bool Dtls::Impl::admits(ByteSpan datagram) {
  const auto records = scan_dtls(datagram);
  if (!records || records->first == DtlsContent::kApplicationData) return false;
  if (early_records + records->encrypted_records > kMaxEarlyRecords) return false;
  early_records += records->encrypted_records;
  return true;
}

void Dtls::Impl::step(MonoTime now, const Route& out) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl.get());
  if (result == 1) {
    finish();
  } else if (SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ) {
    fail(openssl_reason());
  }
  send_written(now, out);
}

void Dtls::Impl::finish() {
  if (!suite_of(SSL_get_selected_srtp_profile(ssl.get()))) return fail("no SRTP was agreed on");
  state = State::kComplete;
  limit = resend_at = kNever;
  flight.clear();
  SSL_free_buffers(ssl.get());
}

// What OpenSSL wrote is a flight, and the last one was received, or else it would not have gone on.
void Dtls::Impl::send_written(MonoTime now, const Route& out) {
  auto written = bio.take_written();
  if (written.empty()) return;
  if (state == State::kFailed) {  // an alert: said once
    for (const auto& datagram : written) out.send(datagram);
    return;
  }
  flight = std::move(written);
  send_flight(now, out);
  pause = kFirstPause;
  if (state == State::kHandshaking) resend_at = now + pause;
}

void Dtls::Impl::send_flight(MonoTime now, const Route& out) {
  for (const auto& datagram : flight) out.send(datagram);
  flight_sent = now;
}

// From here on OpenSSL sees encrypted alerts and nothing else. A handshake record can only be the
// client's last flight again: it has not seen ours.
void Dtls::Impl::after_handshake(ByteSpan datagram, MonoTime now, const Route& out) {
  const auto records = scan_dtls(datagram);
  if (!records) return;
  const bool is_flight =
      records->first == DtlsContent::kHandshake || records->first == DtlsContent::kChangeCipherSpec;
  if (is_flight && now - flight_sent >= kRepeatPause) send_flight(now, out);
  if (records->first == DtlsContent::kAlert && records->first_epoch == 1 &&
      records->first_length >= kShortestAlert) {
    read_alert(datagram.first(kDtlsRecordHeader + records->first_length));
  }
}

void Dtls::Impl::read_alert(ByteSpan datagram) {
  const RecordBuffers buffers(ssl.get());
  std::array<uint8_t, 64> nothing;
  ERR_clear_error();
  bio.offer(datagram);
  SSL_read(ssl.get(), nothing.data(), static_cast<int>(nothing.size()));
  bio.withdraw();
  bio.take_written();
  // Set by close_notify and by a fatal alert, both authenticated; any other outcome is no matter.
  if (SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) state = State::kClosed;
}

Dtls::Dtls(const DtlsContext& context, DtlsRole role)
    : impl_(std::make_unique<Impl>(context.handles_->context.get(), role)) {}
Dtls::~Dtls() = default;

DtlsRole Dtls::role() const {
  return impl_->role;
}
Dtls::State Dtls::state() const {
  return impl_->state;
}
const std::string& Dtls::failure() const {
  return impl_->failure;
}

void Dtls::start(MonoTime now, const Route& out) {
  if (impl_->state != State::kIdle) return;
  impl_->begin(now);
  if (impl_->role == DtlsRole::kClient) impl_->step(now, out);
}

void Dtls::receive(ByteSpan datagram, MonoTime now, const Route& out) {
  if (impl_->state == State::kIdle || impl_->state == State::kHandshaking) {
    impl_->handshake(datagram, now, out);
  } else if (impl_->state == State::kComplete) {
    impl_->after_handshake(datagram, now, out);
  }
}

void Dtls::on_time(MonoTime now, const Route& out) {
  if (now >= impl_->limit) return impl_->fail("no end of the handshake within 10 s");
  if (now < impl_->resend_at) return;
  impl_->send_flight(now, out);
  impl_->pause = std::min(2 * impl_->pause, kLongestPause);
  impl_->resend_at = now + impl_->pause;
}

MonoTime Dtls::next_deadline() const {
  return std::min(impl_->limit, impl_->resend_at);
}

void Dtls::close(const Route& out) {
  if (impl_->state == State::kComplete) {
    const RecordBuffers buffers(impl_->ssl.get());
    SSL_shutdown(impl_->ssl.get());
    for (const auto& datagram : impl_->bio.take_written()) out.send(datagram);
  }
  impl_->fail({});
  impl_->state = State::kClosed;
}

bool Dtls::peer_matches(const Fingerprint& expected) const {
  X509* certificate = SSL_get0_peer_certificate(impl_->ssl.get());
  const int size = certificate ? i2d_X509(certificate, nullptr) : 0;
  if (size <= 0) return false;
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* at = der.data();
  i2d_X509(certificate, &at);
  return Fingerprint::of(expected.hash, der) == expected;
}

std::optional<SrtpKeyPair> Dtls::export_keys() const {
  const auto suite = suite_of(SSL_get_selected_srtp_profile(impl_->ssl.get()));
  if (impl_->state != State::kComplete || !suite) return std::nullopt;
  // RFC 5764 section 4.2: client key, server key, client salt, server salt.
  constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  const size_t key = master_key_size(*suite), salt = master_salt_size(*suite);
  std::array<uint8_t, 2 * (32 + 14)> material;
  if (SSL_export_keying_material(impl_->ssl.get(), material.data(), 2 * (key + salt), kLabel.data(),
                                 kLabel.size(), nullptr, 0, 0) != 1) {
    return std::nullopt;
  }
  const ByteSpan bytes(material);
  const SrtpKey client(*suite, bytes.first(key), bytes.subspan(2 * key, salt));
  const SrtpKey server(*suite, bytes.subspan(key, key), bytes.subspan(2 * key + salt, salt));
  OPENSSL_cleanse(material.data(), material.size());
  if (impl_->role == DtlsRole::kClient) return SrtpKeyPair{client, server};
  return SrtpKeyPair{server, client};
}

}  // namespace patchcord::rtc
