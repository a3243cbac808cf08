// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/dns_records.h"

#include <ares.h>
#include <strings.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>

namespace patchcord::sip {

namespace {

constexpr size_t kMaxRecords = 64;

using AresData = std::unique_ptr<void, decltype(&ares_free_data)>;

// c-ares takes its lengths as int; an answer over TCP is at most 64 KB.
Result<int> length_of(ByteSpan answer) {
  if (answer.size() > 65535) return {ErrorCode::kMalformed, "an answer of more than 64 KB"};
  return static_cast<int>(answer.size());
}

std::optional<TransportKind> transport_of_service(const unsigned char* service) {
  const auto* text = reinterpret_cast<const char*>(service);
  if (strcasecmp(text, "SIP+D2U") == 0) return TransportKind::kUdp;
  if (strcasecmp(text, "SIP+D2T") == 0) return TransportKind::kTcp;
  if (strcasecmp(text, "SIPS+D2T") == 0) return TransportKind::kTls;
  return std::nullopt;
}

}  // namespace

Error dns_error(int status) {
  const std::string words = ares_strerror(status);
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_ENONAME:
    case ARES_EBADNAME:
      return {ErrorCode::kNotFound, "no such name"};
    case ARES_EBADRESP:
    case ARES_EFORMERR:
      return {ErrorCode::kMalformed, "the name server's answer is no answer: " + words};
    case ARES_ETIMEOUT:
      return {ErrorCode::kTimeout, "the name server does not answer"};
    default:
      return {ErrorCode::kNetwork, "the name server cannot say: " + words};
  }
}

Result<std::vector<SrvRecord>> read_srv(ByteSpan answer) {
  TRY(const int size, length_of(answer));
  ares_srv_reply* first = nullptr;
  const int status = ares_parse_srv_reply(answer.data(), size, &first);
  const AresData owner(first, &ares_free_data);
  if (status != ARES_SUCCESS) return dns_error(status);
  std::vector<SrvRecord> records;
  for (const ares_srv_reply* at = first; at && records.size() < kMaxRecords; at = at->next) {
    // "." says that the service is decidedly not available at this domain (RFC 2782).
    if (!at->host || !*at->host || at->port == 0) continue;
    records.push_back({at->priority, at->weight, at->port, at->host});
  }
  if (records.empty()) return {ErrorCode::kNotFound, "no such name"};
  return records;
}

Result<std::vector<NaptrRecord>> read_naptr(ByteSpan answer) {
  TRY(const int size, length_of(answer));
  ares_naptr_reply* first = nullptr;
  const int status = ares_parse_naptr_reply(answer.data(), size, &first);
  const AresData owner(first, &ares_free_data);
  if (status != ARES_SUCCESS) return dns_error(status);
  std::vector<NaptrRecord> records;
  for (const ares_naptr_reply* at = first; at && records.size() < kMaxRecords; at = at->next) {
    const auto transport = transport_of_service(at->service);
    const bool is_srv = strcasecmp(reinterpret_cast<const char*>(at->flags), "s") == 0;
    if (!transport || !is_srv || !at->replacement || !*at->replacement) continue;
    records.push_back({at->order, at->preference, *transport, at->replacement});
  }
  if (records.empty()) return {ErrorCode::kNotFound, "no SIP service of ours is named"};
  std::stable_sort(records.begin(), records.end(), [](const NaptrRecord& a, const NaptrRecord& b) {
    return std::tie(a.order, a.preference) < std::tie(b.order, b.preference);
  });
  return records;
}

}  // namespace patchcord::sip
