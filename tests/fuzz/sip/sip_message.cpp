// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <string>

#include "sip/builder.h"
#include "sip/headers.h"
#include "sip/message.h"

using namespace patchcord;
using namespace patchcord::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void same_fields(const Message& a, const Message& b) {
  require(a.field_count() == b.field_count() && a.body() == b.body());
  for (size_t i = 0; i < a.field_count(); ++i) {
    require(a.field(i).name == b.field(i).name && a.field(i).value == b.field(i).value);
  }
}

// Typed values print to what reads back as the same. (A name loses its control characters.)
void typed_values_round_trip(const Message& m) {
  for (const Header header : {Header::kFrom, Header::kTo, Header::kContact, Header::kRoute}) {
    for (const std::string_view value : m.all(header)) {
      const auto first = parse_name_addr(value);
      if (!first) continue;
      const auto second = parse_name_addr(first->to_string());
      require(second && second->uri == first->uri && second->params == first->params);
      require(second->to_string() == first->to_string());
    }
  }
  for (const std::string_view value : m.all(Header::kVia)) {
    const auto first = parse_via(value);
    if (first) require(parse_via(first->to_string())->to_string() == first->to_string());
  }
  static_cast<void>(parse_retry_after(m.header(Header::kRetryAfter)));
  static_cast<void>(parse_session_expires(m.header(Header::kSessionExpires)));
  static_cast<void>(parse_reason(m.header(Header::kReason)));
  static_cast<void>(parse_warning(m.header(Header::kWarning)));
  static_cast<void>(parse_replaces(m.header(Header::kReplaces)));
  static_cast<void>(parse_rack(m.header(Header::kRAck)));
}

}  // namespace

// What is good reads back the same; the tags agree with the typed view; what is answered can be, by
// SIP that is no request.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Parsed parsed = parse_message(std::string(reinterpret_cast<const char*>(data), size));
  const Message& m = parsed.message;
  if (parsed.verdict == Verdict::kDrop) return 0;
  typed_values_round_trip(m);
  if (parsed.verdict == Verdict::kGood) {
    const Parsed again = parse_message(m.text());
    require(again.verdict == Verdict::kGood && again.message.text() == m.text());
    same_fields(m, again.message);
    require(parse_name_addr(m.header(Header::kFrom))->params.get("tag").value_or("") ==
            from_tag(m));
  }
  if (m.is_response()) return 0;
  const int status = parsed.verdict == Verdict::kGood ? 200 : parsed.status;
  const auto answer = make_response(m, status, parsed.reason, "tag").build();
  if (!answer.ok()) return 0;  // a Via that grew over a limit
  require(answer->is_response() && answer->status() == status && answer->body().empty());
  if (parsed.verdict == Verdict::kGood) {
    require(answer->call_id() == m.call_id() && answer->cseq() == m.cseq());
    require(answer->all(Header::kVia).count() == m.all(Header::kVia).count());
    require(from_tag(*answer) == from_tag(m) && !to_tag(*answer).empty());
  }
  return 0;
}
