// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/telephone_event.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "rtp/packet.h"

using namespace patchcord;

namespace {

rtp::Packet packet_of(std::span<uint8_t> buffer, const rtp::Header& header, ByteSpan payload) {
  write_header(buffer, header);
  std::copy(payload.begin(), payload.end(), buffer.begin() + rtp::kFixedHeaderSize);
  const auto packet = rtp::Packet::parse(buffer);
  if (!packet) std::abort();
  return *packet;
}

// What we press is what a receiver hears: each key once, in order. Two bytes a key.
void press(ByteSpan keys) {
  rtp::TelephoneEventSender sender(8000);
  rtp::TelephoneEventReceiver receiver(8000);
  std::string pressed, heard;
  for (size_t i = 0; i + 1 < keys.size(); i += 2) {
    const char key = "0123456789*#ABCD"[keys[i] % 16];
    if (sender.queue(key, std::chrono::milliseconds(20 * (keys[i + 1] % 32)))) pressed += key;
  }
  MonoTime now{};
  for (uint16_t sequence = 0; sender.queued() > 0; ++sequence) {
    now = std::max(now, sender.next_time());
    const auto ticks = static_cast<uint32_t>(to_ms(now.time_since_epoch()) * 8);
    const auto event = sender.next(now, ticks);
    if (!event) std::abort();
    std::array<uint8_t, rtp::kFixedHeaderSize + rtp::TelephoneEvent::kSize> bytes{};
    const auto packet =
        packet_of(bytes, {PayloadType(101), sequence, event->timestamp, Ssrc(1), event->marker},
                  event->payload);
    if (const auto digit = receiver.receive(packet, now)) heard += *digit;
  }
  if (heard != pressed) std::abort();
}

}  // namespace

// Ten bytes of input make a packet and the time since the one before: no more than ten digits come
// out in any second, each a key, and 5 s after the last packet none is held. And see press().
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
    const auto packet = packet_of(bytes, header, reader.bytes(4));
    now += std::chrono::milliseconds(reader.u16() % 512);
    if (const auto digit = receiver.receive(packet, now)) {
      if (!rtp::event_of(*digit)) std::abort();
      digits.push_back(now);
      const size_t count = digits.size();
      if (count > 10 && now - digits[count - 11] < std::chrono::seconds(1)) std::abort();
    }
  }
  if (receiver.is_active(now + std::chrono::seconds(5))) std::abort();
  press({data, size});
  return 0;
}
