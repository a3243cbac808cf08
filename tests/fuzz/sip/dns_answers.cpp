// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>

#include "sip/dns_records.h"

using namespace patchcord;
using namespace patchcord::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

// Whatever a name server sends: an error in words, or records that can be asked for.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan answer(data, size);
  if (const auto records = read_srv(answer)) {
    require(!records->empty());
    for (const SrvRecord& record : *records) require(record.port != 0 && !record.host.empty());
  } else {
    require(!records.error().text.empty());
  }
  if (const auto records = read_naptr(answer)) {
    require(!records->empty());
    for (size_t i = 0; i < records->size(); ++i) {
      require(!(*records)[i].srv_name.empty());
      require(i == 0 || (*records)[i - 1].order <= (*records)[i].order);
    }
  } else {
    require(!records.error().text.empty());
  }
  return 0;
}
