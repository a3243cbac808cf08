// SPDX-License-Identifier: GPL-3.0-or-later
// "pcma/8000": how a format is called in descriptions and logs.
// Thread: any (a pure function).
#pragma once

#include <fmt/format.h>

#include <string>

#include "codec/registry.h"
#include "media/plan.h"

namespace patchcord::media {

inline std::string format_name(const AudioFormat& format) {
  std::string name = fmt::format("{}/{}", codec::spec(format.codec).name, format.clock_rate);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

}  // namespace patchcord::media
