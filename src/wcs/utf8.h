// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8 as RFC 3629 has it. A text frame that is not UTF-8 makes a browser close the socket
// (RFC 6455 8.1), and what we print may come from a SIP peer.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace patchcord::wcs {

// The same text with every ill-formed byte replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

// True if it is one line: no byte below 0x20, no 0x7f, and no line separator of Unicode (U+0085,
// U+2028, U+2029). What goes into a SIP header later must be that (T48).
bool is_one_line(std::string_view text);

}  // namespace patchcord::wcs
