// SPDX-License-Identifier: GPL-3.0-or-later
// The answers of a name server, from bytes to values: SRV (RFC 2782) and, of NAPTR, what RFC 3263
// 4.1 makes of it. The bytes are whatever came from the network. Asks nothing and keeps nothing.
// Thread: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"
#include "sip/outside.h"

namespace patchcord::sip {

struct SrvRecord {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string host;
};

// A service of the domain that we have the transport for.
struct NaptrRecord {
  uint16_t order = 0;
  uint16_t preference = 0;
  TransportKind transport = TransportKind::kUdp;
  std::string srv_name;
};

// kNotFound: no record of that kind. kMalformed: no DNS answer, or one that contradicts itself.
Result<std::vector<SrvRecord>> read_srv(ByteSpan answer);
// In the order in which they are to be tried.
Result<std::vector<NaptrRecord>> read_naptr(ByteSpan answer);

// What a status of c-ares means.
Error dns_error(int status);

}  // namespace patchcord::sip
