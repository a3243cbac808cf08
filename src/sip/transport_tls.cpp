// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/transport_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

namespace patchcord::sip {

namespace {

using Kind = TransportFault::Kind;

// Forward secrecy where the peer has it; never anonymous, in clear, or broken.
constexpr const char* kCiphers = "HIGH:!aNULL:!eNULL:!RC4:!3DES:!MD5:!PSK:!SRP:!DSS:@STRENGTH";
constexpr size_t kMaxIdentities = 32;
constexpr size_t kMaxIdentity = 255;

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words ? words : "no reason given";
}

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

// A name that may be shown to people and compared: what a host is written with.
bool is_host(std::string_view name) {
  return !name.empty() && name.size() <= kMaxIdentity &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '*';
         });
}

// The host of "sip:example.com"; a URI with a user is of a person, not of a domain.
std::string_view sip_uri_host(std::string_view uri) {
  constexpr std::string_view kScheme = "sip:";
  if (uri.size() <= kScheme.size() ||
      strncasecmp(uri.data(), kScheme.data(), kScheme.size()) != 0) {
    return {};
  }
  uri.remove_prefix(kScheme.size());
  if (uri.find('@') != uri.npos) return {};
  return uri.substr(0, uri.find_first_of(":;?/"));
}

std::string address_text(const ASN1_STRING* octets) {
  const std::string_view bytes = text_of(octets);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : bytes.size() == 16 ? AF_INET6 : AF_UNSPEC;
  if (family == AF_UNSPEC || !inet_ntop(family, bytes.data(), text.data(), text.size())) return {};
  return text.data();
}

std::string common_name(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return std::string(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "nobody" : out;
}

std::string verify_words(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the certificate is not valid yet";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the certificate is of an unknown authority";
    default:
      return std::string("the certificate is not accepted: ") +
             X509_verify_cert_error_string(result);
  }
}

Error cannot_use(std::string_view what, const std::filesystem::path& file) {
  return {ErrorCode::kNotFound,
          "cannot use the " + std::string(what) + ' ' + file.string() + ": " + last_error()};
}

Result<void> use_identity(SSL_CTX* context, const TlsConfig& config) {
  if (SSL_CTX_use_certificate_chain_file(context, config.certificate.c_str()) != 1) {
    return cannot_use("certificate", config.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, config.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return cannot_use("key", config.key);
  }
  return {};
}

Result<void> trust(SSL_CTX* context, const std::filesystem::path& authority) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // A certificate named as its own authority is enough.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  if (authority.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, authority.c_str()) != 1) {
    return cannot_use("certificate authority", authority);
  }
  return {};
}

}  // namespace

std::vector<std::string> sip_identities(const X509* certificate) {
  std::vector<std::string> uris, names, addresses;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  const auto add = [](std::vector<std::string>& out, std::string_view name) {
    if (is_host(name) && out.size() < kMaxIdentities) out.emplace_back(name);
  };
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_URI) add(uris, sip_uri_host(text_of(name->d.ia5)));
    if (name->type == GEN_DNS) add(names, text_of(name->d.ia5));
    if (name->type == GEN_IPADD) add(addresses, address_text(name->d.ip));
  }
  if (!all) add(names, common_name(certificate));
  std::vector<std::string> found = uris.empty() ? std::move(names) : std::move(uris);
  found.insert(found.end(), addresses.begin(), addresses.end());
  return found;
}

bool is_identity(const std::vector<std::string>& identities, std::string_view name) {
  if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
  if (name.find('*') != name.npos) return false;
  return std::any_of(identities.begin(), identities.end(), [&](const std::string& identity) {
    return identity.size() == name.size() &&
           strncasecmp(identity.data(), name.data(), name.size()) == 0;
  });
}

// ---- TlsSession

void TlsSession::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsSession::TlsSession(ssl_ctx_st* context, Role role, std::string name)
    : ssl_(SSL_new(context)), role_(role), name_(std::move(name)) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (role == Role::kAccepting) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  if (!IpAddress::parse(name_)) SSL_set_tlsext_host_name(ssl_.get(), name_.c_str());
  shake_hands();
}

void TlsSession::receive(std::string_view bytes) {
  if (state_ == State::kEnded) return;
  BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  if (state_ == State::kHandshaking) shake_hands();
  if (state_ == State::kOpen) read();
}

void TlsSession::send(std::string_view plain) {
  if (state_ == State::kHandshaking) unsent_ += plain;
  if (state_ != State::kOpen || plain.empty()) return;
  if (SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())) <= 0) {
    end(Kind::kClosed, last_error());
  }
}

std::string TlsSession::take_wire() {
  BIO* const out = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void TlsSession::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) {
    if (SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ) return;
    const long verified = SSL_get_verify_result(ssl_.get());
    if (role_ == Role::kDialling && verified != X509_V_OK) {
      return end(Kind::kUntrusted, verify_words(verified));
    }
    return end(Kind::kHandshake, "the TLS handshake failed: " + last_error());
  }
  if (role_ == Role::kDialling) {
    const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(ssl_.get()),
                                                           &X509_free);
    const auto identities = peer ? sip_identities(peer.get()) : std::vector<std::string>();
    if (!is_identity(identities, name_)) {
      return end(Kind::kUntrusted,
                 "the certificate is of " + joined(identities) + ", not of " + name_);
    }
  }
  state_ = State::kOpen;
  send(std::exchange(unsent_, {}));
}

void TlsSession::read() {
  std::array<char, 16384> buffer;
  for (;;) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (size > 0) {
      plain_.append(buffer.data(), static_cast<size_t>(size));
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), size);
    if (why == SSL_ERROR_ZERO_RETURN) return end(Kind::kClosed, "the peer ended the connection");
    if (why != SSL_ERROR_WANT_READ) return end(Kind::kClosed, "wrong TLS: " + last_error());
    return;
  }
}

void TlsSession::end(Kind kind, std::string text) {
  state_ = State::kEnded;
  fault_ = {kind, std::move(text)};
}

// ---- TlsContexts

void TlsContexts::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<TlsContexts::Context> TlsContexts::make_context(const TlsConfig& config,
                                                       TlsSession::Role role,
                                                       const std::filesystem::path& authority) {
  Context context(SSL_CTX_new(TLS_method()));
  if (!context) return {ErrorCode::kState, "OpenSSL made no TLS context: " + last_error()};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context.get(), 64 * 1024);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  const bool has_identity = role == TlsSession::Role::kAccepting || config.is_shown_to_servers;
  if (has_identity) TRY_VOID(use_identity(context.get(), config));
  if (role == TlsSession::Role::kDialling) TRY_VOID(trust(context.get(), authority));
  return context;
}

Result<TlsContexts> TlsContexts::make(const TlsConfig& config) {
  using Role = TlsSession::Role;
  TlsContexts made;
  if (!config.certificate.empty()) {
    TRY(made.accepting_, make_context(config, Role::kAccepting, {}));
  }
  TRY(made.dialling_, make_context(config, Role::kDialling, {}));
  for (const auto& [domain, authority] : config.authorities) {
    TRY(made.by_domain_[domain], make_context(config, Role::kDialling, authority));
  }
  return made;
}

TlsSession TlsContexts::dial(const std::string& name) const {
  std::string domain = name;
  std::transform(domain.begin(), domain.end(), domain.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto own = by_domain_.find(domain);
  if (own == by_domain_.end()) own = by_domain_.find("*");
  const Context& context = own == by_domain_.end() ? dialling_ : own->second;
  return {context.get(), TlsSession::Role::kDialling, name};
}

}  // namespace patchcord::sip
