// SPDX-License-Identifier: GPL-3.0-or-later
// DtlsBio: the pipe between OpenSSL and our datagrams. OpenSSL's memory BIO is a byte stream and
// would glue datagrams together; here one read gives one datagram and one write makes one.
// Private to rtc/.
// Thread: that of the association. Owner: Dtls; must outlive the SSL that reads it.
#pragma once

#include <utility>
#include <vector>

#include "core/bytes.h"
#include "rtc/openssl_handles_impl.h"

namespace patchcord::rtc {

class DtlsBio {
 public:
  using Datagram = std::vector<uint8_t>;

  // A handle on this pipe, to be given to SSL_set_bio; null if OpenSSL is out of memory.
  BioHandle handle();

  // The next read gets it. The bytes must stay until then or until withdraw().
  void offer(ByteSpan datagram) { offered_ = datagram; }
  void withdraw() { offered_ = {}; }
  std::vector<Datagram> take_written() { return std::exchange(written_, {}); }

 private:
  static const BIO_METHOD* method();
  static int read(BIO* bio, char* out, int capacity);
  static int write(BIO* bio, const char* bytes, int size);
  static long control(BIO* bio, int command, long number, void* pointer);

  ByteSpan offered_;
  std::vector<Datagram> written_;
};

}  // namespace patchcord::rtc
