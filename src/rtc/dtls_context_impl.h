// SPDX-License-Identifier: GPL-3.0-or-later
// What a DtlsContext holds. Private to rtc/.
#pragma once

#include "rtc/dtls.h"
#include "rtc/openssl_handles_impl.h"

namespace patchcord::rtc {

struct DtlsContext::Handles {
  SslContextHandle context;  // for both roles
};

}  // namespace patchcord::rtc
