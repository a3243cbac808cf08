// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <string_view>

#include "sdp/offer_answer.h"
#include "sdp/session.h"

using namespace patchcord;

// What is parsed can be printed, and comes back as the same value and the same text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Printing adds rtpmaps and CRs: near the limits a text may grow over them.
  if (size > sdp::kMaxText / 4) return 0;
  const auto first = sdp::parse({reinterpret_cast<const char*>(data), size});
  if (!first.ok()) return 0;
  const auto text = sdp::print(*first);
  if (!text.ok()) std::abort();
  const auto second = sdp::parse(*text);
  if (!second.ok()) {
    if (second.error().code != ErrorCode::kTooLarge) std::abort();
    return 0;
  }
  if (*first != *second || *sdp::print(*second) != *text) std::abort();

  const auto pairs = sdp::pair_media(*first, *second);
  if (!pairs.ok() || pairs->size() != first->media.size()) std::abort();
  sdp::Session answer = *first;
  for (sdp::Media& media : answer.media) {
    static_cast<void>(sdp::meant_direction(*first, media));
    static_cast<void>(first->address_of(media));
    media = sdp::rejection_of(media);
  }
  const auto rejected = sdp::print(answer);
  if (!rejected.ok() || !sdp::parse(*rejected).ok()) std::abort();
  return 0;
}
