// SPDX-License-Identifier: GPL-3.0-or-later
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>

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

// Each text to a typed value and back; then nothing changes any more.
template <class Parse>
void round_trip(std::string_view value, Parse parse) {
  const auto first = parse(value);
  if (!first) return;
  const std::string once = first->to_string();
  const auto second = parse(once);
  require(second && second->to_string() == once);
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
    round_trip(value, parse_via);
    if (const auto via = parse_via(value)) require(via->rport().value_or(1) != 0);
  }
  round_trip(m.header(Header::kContentType), parse_parameterized);
  round_trip(m.header(Header::kRAck), parse_rack);
  round_trip(m.header(Header::kReason), parse_reason);
  round_trip(m.header(Header::kReplaces), parse_replaces);
  round_trip(m.header(Header::kSessionExpires), parse_session_expires);
  round_trip(m.header(Header::kWarning), parse_warning);
  static_cast<void>(parse_retry_after(m.header(Header::kRetryAfter)));
}

// A header is found by the name it stands under, in any case; the first of that name counts.
void names_find(const Message& m) {
  for (size_t i = 0; i < m.field_count(); ++i) {
    std::string name(m.field(i).name);
    const std::string value(m.header(name));
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    require(m.header(name) == value);
  }
  if (m.field_count() > 0) require(m.header(m.field(0).name) == m.field(0).value);
}

}  // namespace

// What is good reads back the same; the tags agree with the typed view; what is answered can be, by
// SIP that is no request.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Parsed parsed = parse_message(std::string(reinterpret_cast<const char*>(data), size));
  const Message& m = parsed.message;
  if (parsed.verdict == Verdict::kDrop) return 0;
  typed_values_round_trip(m);
  names_find(m);
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
