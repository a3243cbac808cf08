// SPDX-License-Identifier: GPL-3.0-or-later
// OwnAddress: by which of our addresses somebody reaches us: the one on the way to him, and ours of
// the other family of IP, should he ask for that one.
// Thread: any (a value).
#pragma once

#include <algorithm>
#include <vector>

#include "core/address.h"

namespace patchcord {

struct OwnAddress {
  OwnAddress() = default;
  // Implicit: who has one address has no other.
  OwnAddress(const IpAddress& on_the_way, const IpAddress& of_other_family = {})
      : first(on_the_way), second(of_other_family) {}

  // Not set: we have none of this family.
  IpAddress of(IpAddress::Family family) const {
    return first.family() == family ? first : second.family() == family ? second : IpAddress();
  }

  IpAddress first;
  IpAddress second;
};

// The first of this family; not set: there is none.
inline IpAddress first_of(const std::vector<IpAddress>& addresses, IpAddress::Family family) {
  const auto found = std::find_if(addresses.begin(), addresses.end(),
                                  [&](const IpAddress& ip) { return ip.family() == family; });
  return found == addresses.end() ? IpAddress() : *found;
}

}  // namespace patchcord
