// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "rtp/packet.h"

using namespace patchcord;

// The parts of a packet stay inside it, and strip() leaves a packet with the same fields and
// payload.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> buffer(data, data + size);
  auto packet = rtp::Packet::parse(buffer);
  if (!packet) return 0;
  size_t elements = 0;
  size_t element_bytes = 0;
  rtp::ExtensionReader reader = packet->extensions();
  while (const auto element = reader.next()) {
    element_bytes += element->data.size() + 1;
    if (packet->extension(element->id)) ++elements;
  }
  if (element_bytes > size || elements > size) std::abort();
  for (size_t i = 0; i < packet->csrc_count(); ++i) static_cast<void>(packet->csrc(i));

  const rtp::Header header = packet->header();
  const std::vector<uint8_t> payload(packet->payload().begin(), packet->payload().end());
  packet->strip();
  const auto again = rtp::Packet::parse(packet->bytes());
  if (!again || again->bytes().size() != rtp::kFixedHeaderSize + payload.size()) std::abort();
  if (!std::ranges::equal(again->payload(), payload)) std::abort();
  if (again->ssrc() != header.ssrc || again->marker() != header.marker ||
      again->sequence() != header.sequence || again->timestamp() != header.timestamp ||
      again->payload_type() != header.payload_type) {
    std::abort();
  }
  return 0;
}
