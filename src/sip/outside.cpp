// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/outside.h"

#include <strings.h>

namespace patchcord::sip {

std::string_view to_string(TransportKind kind) {
  switch (kind) {
    case TransportKind::kUdp:
      return "UDP";
    case TransportKind::kTcp:
      return "TCP";
    case TransportKind::kTls:
      return "TLS";
  }
  return "UDP";
}

std::optional<TransportKind> transport_from(std::string_view text) {
  for (const TransportKind kind : {TransportKind::kUdp, TransportKind::kTcp, TransportKind::kTls}) {
    const std::string_view name = to_string(kind);
    if (text.size() == name.size() && strncasecmp(text.data(), name.data(), name.size()) == 0) {
      return kind;
    }
  }
  return std::nullopt;
}

}  // namespace patchcord::sip
