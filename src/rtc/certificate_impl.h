// SPDX-License-Identifier: GPL-3.0-or-later
// What a Certificate holds. Private to rtc/.
#pragma once

#include "rtc/certificate.h"
#include "rtc/openssl_handles_impl.h"

namespace patchcord::rtc {

struct Certificate::Handles {
  X509Handle x509;
  PrivateKey key;
};

}  // namespace patchcord::rtc
