// SPDX-License-Identifier: GPL-3.0-or-later
// Strong ids: a number with the meaning in its type, so that a call is never taken for a leg.
// Thread: any.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace patchcord {

template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Rep value_ = 0;
};

using CallId = StrongId<struct CallTag, uint64_t>;              // a call: two legs
using SessionId = StrongId<struct SessionTag, uint64_t>;        // a logged-in browser
using ConnectionId = StrongId<struct ConnectionTag, uint64_t>;  // a socket of web/
using MediaId = StrongId<struct MediaTag, uint64_t>;            // a bridge of the media engine
using TimerId = StrongId<struct TimerTag, uint64_t>;
using Ssrc = StrongId<struct SsrcTag, uint32_t>;
using PayloadType = StrongId<struct PayloadTypeTag, uint8_t>;  // 0..127, RFC 3551

}  // namespace patchcord

template <class Tag, class Rep>
struct std::hash<patchcord::StrongId<Tag, Rep>> {
  size_t operator()(const patchcord::StrongId<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>()(id.value());
  }
};
