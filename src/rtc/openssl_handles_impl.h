// SPDX-License-Identifier: GPL-3.0-or-later
// RAII for the foreign handles of this room. Private to rtc/: only its .cpp files include it.
// Thread: that of the owner of the handle.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <new>

namespace patchcord::rtc {

template <auto kFree>
struct OpensslFree {
  template <class T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, OpensslFree<X509_free>>;
using SslContextHandle = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using BioHandle = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using BioMethodHandle = std::unique_ptr<BIO_METHOD, OpensslFree<BIO_meth_free>>;

// A cipher with its key set, ready for an IV per packet. Out of memory is the only way to fail and
// ends like any other: a context without a key must never let a packet through in the clear.
inline CipherContext make_cipher(const EVP_CIPHER* kind, const uint8_t* key, int encrypt) {
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!context || EVP_CipherInit_ex(context.get(), kind, nullptr, key, nullptr, encrypt) != 1) {
    throw std::bad_alloc();
  }
  return context;
}

}  // namespace patchcord::rtc
