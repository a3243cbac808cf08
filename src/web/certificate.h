// SPDX-License-Identifier: GPL-3.0-or-later
// A self-signed certificate for the first start, so that a page on another machine may use the
// microphone (browsers ask for HTTPS there). Not for production, and not the DTLS certificate of
// calls: that one is rtc's. And what can be told of a certificate that was given.
// Thread: any, while starting (it writes files).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace patchcord::web {

struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;  // mode 0600
};

// folder/web.crt and folder/web.key: made when one of them is missing, else left alone. ECDSA
// P-256, ten years, for the given names and addresses besides localhost, 127.0.0.1 and ::1.
Result<CertificateFiles> ensure_self_signed(const std::filesystem::path& folder,
                                            const std::vector<std::string>& names = {});

// When the first certificate of a PEM file ends. kNotFound: there is none to read.
Result<WallTime> certificate_end(const std::filesystem::path& certificate);

}  // namespace patchcord::web
