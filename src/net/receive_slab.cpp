// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/receive_slab.h"

namespace patchcord::net {

ReceiveSlab::ReceiveSlab() {
  for (size_t i = 0; i < kBatch; ++i) {
    vectors_[i] = {buffers_[i].data(), kMaxDatagram};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
    header.msg_name = &names_[i];
    header.msg_control = controls_[i].bytes.data();
  }
  rearm(kBatch);
}

void ReceiveSlab::rearm(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    headers_[i].msg_hdr.msg_namelen = sizeof names_[i];
    headers_[i].msg_hdr.msg_controllen = kControlSize;
    headers_[i].msg_hdr.msg_flags = 0;
  }
}

}  // namespace patchcord::net
