// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/port_pool.h"

#include <string>
#include <utility>

#include "core/assert.h"

namespace patchcord::net {

PortPool::PortPool(Wire& wire, const IpAddress& local, uint16_t first, uint16_t last,
                   Random& random)
    : wire_(wire), local_(local) {
  for (uint32_t even = (first + 1U) & ~1U; even + 1 <= last; even += 2) {
    if (even != 0) line_.push_back(static_cast<uint16_t>(even));
  }
  for (size_t i = line_.size(); i > 1; --i) {
    std::swap(line_[i - 1], line_[random.below(static_cast<uint32_t>(i))]);
  }
  free_ = line_.size();
}

Result<PortPair> PortPool::lease() {
  for (size_t tries = free_; tries > 0; --tries) {
    const uint16_t number = take();
    if (std::optional<PortPair> pair = bind(number)) return std::move(*pair);
    append(number);
  }
  return {ErrorCode::kExhausted, "no RTP port pair is free (" + std::to_string(leased()) + " of " +
                                     std::to_string(size()) +
                                     " are in calls, the rest is held by other programs)"};
}

void PortPool::give_back(uint16_t number) {
  PATCHCORD_ASSERT(free_ < line_.size());
  if (free_ < line_.size()) append(number);
}

std::optional<PortPair> PortPool::bind(uint16_t number) {
  auto rtp = wire_.bind({local_, number}, PortKind::kCall);
  if (!rtp) return std::nullopt;
  auto rtcp = wire_.bind({local_, static_cast<uint16_t>(number + 1)}, PortKind::kCall);
  if (!rtcp) return std::nullopt;
  return PortPair{std::move(rtp).value(), std::move(rtcp).value()};
}

uint16_t PortPool::take() {
  const uint16_t number = line_[first_];
  first_ = (first_ + 1) % line_.size();
  --free_;
  return number;
}

void PortPool::append(uint16_t number) {
  line_[(first_ + free_) % line_.size()] = number;
  ++free_;
}

}  // namespace patchcord::net
