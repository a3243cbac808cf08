// SPDX-License-Identifier: GPL-3.0-or-later
#include "web/certificate.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "core/address.h"

namespace patchcord::web {
namespace {

namespace fs = std::filesystem;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr long kTenYears = 10L * 365 * 24 * 3600;

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Letters, digits, dot, hyphen, colon: anything else could change the meaning of the list.
bool is_name(const std::string& name) {
  return !name.empty() && name.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789.-:*") == std::string::npos;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string list = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& name : names) {
    if (is_name(name)) list += (IpAddress::parse(name) ? ",IP:" : ",DNS:") + name;
  }
  return list;
}

Certificate make_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
  Certificate certificate(X509_new());
  if (!certificate) return nullptr;
  X509* x = certificate.get();
  uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(x, 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -24L * 3600);  // the other clock may be late
  X509_gmtime_adj(X509_getm_notAfter(x), kTenYears);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  const char* common_name = "Patchcord self-signed";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  X509_set_issuer_name(x, name);
  const bool extended = add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
                        add_extension(x, NID_ext_key_usage, "serverAuth") &&
                        add_extension(x, NID_subject_alt_name, alternative_names(names));
  if (!extended || X509_sign(x, key, EVP_sha256()) == 0) return nullptr;
  return certificate;
}

template <class Write>
Result<void> write_pem(const fs::path& path, int mode, Write write) {
  const Bio memory(BIO_new(BIO_s_mem()));
  char* bytes = nullptr;
  if (!memory || write(memory.get()) != 1) return Error{ErrorCode::kState, "OpenSSL wrote no PEM"};
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool written = file >= 0 && ::write(file, bytes, static_cast<size_t>(size)) == size;
  const std::string why = std::strerror(errno);
  if (file >= 0) ::close(file);
  if (!written) return Error{ErrorCode::kNetwork, "cannot write " + path.string() + ": " + why};
  return {};
}

}  // namespace

Result<CertificateFiles> ensure_self_signed(const fs::path& folder,
                                            const std::vector<std::string>& names) {
  const CertificateFiles files{folder / "web.crt", folder / "web.key"};
  std::error_code error;
  if (fs::exists(files.certificate, error) && fs::exists(files.key, error)) return files;
  fs::create_directories(folder, error);
  if (error) {
    return Error{ErrorCode::kNetwork, "cannot make " + folder.string() + ": " + error.message()};
  }
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = key ? make_certificate(key.get(), names) : nullptr;
  if (!certificate) return Error{ErrorCode::kState, "OpenSSL made no certificate"};
  TRY_VOID(write_pem(files.key, 0600, [&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }));
  TRY_VOID(write_pem(files.certificate, 0644,
                     [&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }));
  return files;
}

Result<WallTime> certificate_end(const fs::path& certificate) {
  const Bio file(BIO_new_file(certificate.c_str(), "r"));
  const Certificate first(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
                               : nullptr);
  std::tm end{};
  if (!first || ASN1_TIME_to_tm(X509_get0_notAfter(first.get()), &end) != 1) {
    return {ErrorCode::kNotFound, "no certificate in " + certificate.string()};
  }
  return std::chrono::system_clock::from_time_t(::timegm(&end));
}

}  // namespace patchcord::web
