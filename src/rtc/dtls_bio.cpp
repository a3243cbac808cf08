// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "rtc/dtls_bio_impl.h"

namespace patchcord::rtc {

BioHandle DtlsBio::handle() {
  BioHandle bio(method() ? BIO_new(method()) : nullptr);
  if (bio) {
    BIO_set_data(bio.get(), this);
    BIO_set_init(bio.get(), 1);
  }
  return bio;
}

const BIO_METHOD* DtlsBio::method() {
  static const BioMethodHandle kMethod = [] {
    BioMethodHandle made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams"));
    if (made) {
      BIO_meth_set_read(made.get(), &DtlsBio::read);
      BIO_meth_set_write(made.get(), &DtlsBio::write);
      BIO_meth_set_ctrl(made.get(), &DtlsBio::control);
    }
    return made;
  }();
  return kMethod.get();
}

int DtlsBio::read(BIO* bio, char* out, int capacity) {
  auto& self = *static_cast<DtlsBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.offered_.empty() || capacity <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t size = std::min(self.offered_.size(), static_cast<size_t>(capacity));
  std::memcpy(out, self.offered_.data(), size);
  self.withdraw();  // what did not fit is cut off, as recv(2) does with a datagram
  return static_cast<int>(size);
}

int DtlsBio::write(BIO* bio, const char* bytes, int size) {
  auto& self = *static_cast<DtlsBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size > 0) self.written_.emplace_back(bytes, bytes + size);
  return size;
}

long DtlsBio::control(BIO*, int command, long, void*) {
  // All else (MTU queries, timeouts, pending bytes) has the answer 0: unknown, none.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace patchcord::rtc
