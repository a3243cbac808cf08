// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/telephone_event.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "rtp/packet.h"

using namespace patchcord;

// Ten bytes of input make a packet and the time since the one before: no more than ten digits come
// out in any second, each a key, and 5 s after the last packet none is held.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rtp::TelephoneEventReceiver receiver(8000);
  std::vector<MonoTime> digits;
  MonoTime now{};
  Reader reader({data, size});
  while (reader.remaining() >= 10) {
    std::array<uint8_t, rtp::kFixedHeaderSize + 4> bytes{};
    const uint8_t flags = reader.u8();
    const rtp::Header header{PayloadType(101), 0, reader.u24() << 4, Ssrc(flags & 3u),
                             (flags & 0x80) != 0};
    write_header(bytes, header);
    const ByteSpan payload = reader.bytes(4);
    std::copy(payload.begin(), payload.end(), bytes.begin() + rtp::kFixedHeaderSize);
    now += std::chrono::milliseconds(reader.u16() % 512);

    const auto packet = rtp::Packet::parse(bytes);
    if (!packet) std::abort();
    if (const auto digit = receiver.receive(*packet, now)) {
      if (!rtp::event_of(*digit)) std::abort();
      digits.push_back(now);
      const size_t count = digits.size();
      if (count > 10 && now - digits[count - 11] < std::chrono::seconds(1)) std::abort();
    }
  }
  if (receiver.is_active(now + std::chrono::seconds(5))) std::abort();
  return 0;
}
