// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/headers.h"

#include <algorithm>
#include <charconv>

#include "sip/grammar.h"

namespace patchcord::sip {
namespace {

constexpr uint32_t kCSeqLimit = uint32_t{1} << 31;  // RFC 3261 8.1.1.5
constexpr uint32_t kLongestRetryAfter = 24 * 60 * 60;

std::optional<uint32_t> parse_cseq_number(std::string_view digits) {
  const auto number = parse_number(digits, kCSeqLimit);
  return number && *number < kCSeqLimit ? number : std::nullopt;
}

// The parameters of an address header: after '>', or after the first ';' of a bare URI.
std::string_view address_tail(std::string_view value) {
  if (const size_t open = find_outside(value, '<'); open != value.npos) {
    const size_t close = value.find('>', open);
    return close == value.npos ? std::string_view() : value.substr(close + 1);
  }
  const size_t semicolon = value.find(';');
  return semicolon == value.npos ? std::string_view() : value.substr(semicolon);
}

std::string_view tag_in(std::string_view value) {
  std::string_view tail = address_tail(value);
  while (take(tail, ';')) {
    const std::string_view param = tail.substr(0, find_outside(tail, ';'));
    tail.remove_prefix(param.size());
    std::string_view rest = param;
    const std::string_view name = take_token(rest);
    if (iequals(name, "tag") && take(rest, '=')) return trim(rest);
  }
  return {};
}

// Cuts the display name and '<' off; false if there is no '<' or the name is malformed.
bool take_display_name(std::string_view& value, std::string& name) {
  if (value.starts_with('"')) {
    const size_t end = skip_quoted(value, 0);
    if (end == value.npos) return false;
    name = unquote(value.substr(0, end));
    value = trim_left(value.substr(end));
    if (!value.starts_with('<')) return false;
  } else {
    // RFC 3261 allows tokens and spaces; UTF-8 and the likes of "(home)" are met in the field and
    // are not ambiguous, a comma or a quote would be (RFC 4475 3.1.2.15).
    const std::string_view words = value.substr(0, value.find('<'));
    if (!all_of(words, chars::kDisplay)) return false;
    name = trim(words);
    value.remove_prefix(words.size());
  }
  value.remove_prefix(1);
  return true;
}

std::optional<NameAddr> finish_name_addr(NameAddr out, std::string_view uri,
                                         std::string_view tail) {
  auto parsed = Uri::parse(uri);
  auto params = Params::parse(tail, Params::Kind::kHeader);
  if (!parsed || !params) return std::nullopt;
  out.uri = std::move(*parsed);
  out.params = std::move(*params);
  return out;
}

// "value ;a=b": the value cut off and trimmed, the parameters parsed.
std::optional<Params> split_params(std::string_view text, std::string_view& value) {
  value = text.substr(0, find_outside(text, ';'));
  auto params = Params::parse(text.substr(value.size()), Params::Kind::kHeader);
  value = trim(value);
  return params;
}

}  // namespace

std::string NameAddr::to_string() const {
  std::string out;
  if (!display_name.empty()) out = quote(display_name) + " ";
  out.append(1, '<').append(uri.to_string()).append(1, '>').append(params.to_string());
  return out;
}

std::optional<NameAddr> parse_name_addr(std::string_view value) {
  NameAddr out;
  value = trim(value);
  if (find_outside(value, '<') == value.npos) {
    // Without < >, what follows ';' belongs to the header, and '?' or ',' may not be there at all
    // (RFC 3261 20.10).
    const std::string_view uri = value.substr(0, value.find(';'));
    if (uri.find_first_of("?,") != uri.npos) return std::nullopt;
    return finish_name_addr(std::move(out), trim_right(uri), value.substr(uri.size()));
  }
  if (!take_display_name(value, out.display_name)) return std::nullopt;
  const size_t close = value.find('>');
  if (close == value.npos) return std::nullopt;
  return finish_name_addr(std::move(out), value.substr(0, close), value.substr(close + 1));
}

bool is_star(std::string_view contact_value) {
  return contact_value == "*";
}

std::string_view from_tag(const Message& message) {
  return tag_in(message.header(Header::kFrom));
}
std::string_view to_tag(const Message& message) {
  return tag_in(message.header(Header::kTo));
}

std::optional<NameAddr> address_of(const Message& message, Header header) {
  const Values values = message.all(header);
  const auto first = values.begin();
  return first == values.end() ? std::nullopt : parse_name_addr(*first);
}

std::optional<std::vector<NameAddr>> addresses_of(const Message& message, Header header) {
  std::vector<NameAddr> out;
  for (const std::string_view value : message.all(header)) {
    auto one = parse_name_addr(value);
    if (!one || out.size() == kMaxListValues) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

bool Via::has_rfc3261_branch() const {
  const auto branch = params.get("branch");
  return branch && branch->size() > kMagicCookie.size() && branch->starts_with(kMagicCookie);
}

std::optional<uint16_t> Via::rport() const {
  const auto number = parse_number(params.get("rport").value_or(std::string_view()), 65536);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return static_cast<uint16_t>(*number);
}

std::string Via::to_string() const {
  std::string out = "SIP/2.0/" + transport + " " + host;
  if (port != 0) out.append(1, ':').append(std::to_string(port));
  return out + params.to_string();
}

std::optional<Via> parse_via(std::string_view value) {
  const std::string_view name = take_token(value);
  if (!iequals(name, "SIP") || !take(value, '/') || take_token(value) != "2.0") return std::nullopt;
  if (!take(value, '/')) return std::nullopt;
  Via out;
  const std::string_view transport = take_token(value);
  if (transport.empty() || value.empty() || !is_space(value.front())) return std::nullopt;
  out.transport = transport;
  for (char& c : out.transport) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  const std::string_view sent_by = value.substr(0, value.find(';'));
  auto params = Params::parse(value.substr(sent_by.size()), Params::Kind::kHeader);
  std::string_view host;
  if (!params || !split_host_port(trim(sent_by), host, out.port)) return std::nullopt;
  out.host = host;
  out.params = std::move(*params);
  return out;
}

std::optional<Via> top_via(const Message& message) {
  const Values values = message.all(Header::kVia);
  const auto first = values.begin();
  return first == values.end() ? std::nullopt : parse_via(*first);
}

std::string CSeq::to_string() const {
  return std::to_string(number) + " " + method;
}

std::optional<CSeq> parse_cseq(std::string_view value) {
  value = trim(value);
  const size_t space = value.find_first_of(" \t");
  if (space == value.npos) return std::nullopt;
  const auto number = parse_cseq_number(value.substr(0, space));
  const std::string_view method = trim_left(value.substr(space));
  if (!number || !is_token(method)) return std::nullopt;
  return CSeq{*number, std::string(method)};
}

std::string RAck::to_string() const {
  return std::to_string(rseq) + " " + std::to_string(cseq) + " " + method;
}

std::optional<RAck> parse_rack(std::string_view value) {
  value = trim(value);
  const size_t space = value.find_first_of(" \t");
  if (space == value.npos) return std::nullopt;
  const auto rseq = parse_cseq_number(value.substr(0, space));
  auto cseq = parse_cseq(value.substr(space));
  if (!rseq || !cseq) return std::nullopt;
  return RAck{*rseq, cseq->number, std::move(cseq->method)};
}

std::optional<uint32_t> parse_number(std::string_view value, uint32_t max) {
  value = trim(value);
  if (value.empty() || !all_of(value, chars::kDigit)) return std::nullopt;
  uint32_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  return error == std::errc() ? std::min(out, max) : max;
}

std::optional<RetryAfter> parse_retry_after(std::string_view value) {
  value = trim(value);
  size_t digits = 0;
  while (digits < value.size() && is(value[digits], chars::kDigit)) ++digits;
  const auto seconds = parse_number(value.substr(0, digits), kLongestRetryAfter);
  value = trim_left(value.substr(digits));
  if (value.starts_with('(')) {
    // Comments nest; counted, not recursed.
    size_t depth = 0;
    size_t i = 0;
    for (; i < value.size(); ++i) {
      if (value[i] == '\\')
        ++i;
      else if (value[i] == '(')
        ++depth;
      else if (value[i] == ')' && --depth == 0)
        break;
    }
    if (i >= value.size()) return std::nullopt;
    value = value.substr(i + 1);
  }
  auto params = Params::parse(value, Params::Kind::kHeader);
  if (!seconds || !params) return std::nullopt;
  return RetryAfter{*seconds, std::move(*params)};
}

std::string SessionExpires::to_string() const {
  std::string out = std::to_string(seconds);
  if (refresher == Refresher::kUac) out += ";refresher=uac";
  if (refresher == Refresher::kUas) out += ";refresher=uas";
  return out;
}

std::optional<SessionExpires> parse_session_expires(std::string_view value) {
  std::string_view digits;
  const auto params = split_params(value, digits);
  const auto seconds = parse_number(digits);
  if (!params || !seconds) return std::nullopt;
  SessionExpires out{*seconds, SessionExpires::Refresher::kNone};
  const std::string_view who = params->get("refresher").value_or(std::string_view());
  if (iequals(who, "uac")) out.refresher = SessionExpires::Refresher::kUac;
  if (iequals(who, "uas")) out.refresher = SessionExpires::Refresher::kUas;
  return out;
}

std::string Parameterized::to_string() const {
  return value + params.to_string();
}

std::optional<Parameterized> parse_parameterized(std::string_view value) {
  std::string_view text;
  auto params = split_params(value, text);
  const std::string_view type = take_token(text);
  if (!params || type.empty()) return std::nullopt;
  Parameterized out{to_lower(type), std::move(*params)};
  if (text.empty()) return out;
  if (!take(text, '/') || !is_token(text)) return std::nullopt;
  out.value += "/" + to_lower(text);
  return out;
}

std::string Reason::to_string() const {
  Params params;
  if (cause != 0) params.set("cause", std::to_string(cause));
  std::string out = protocol + params.to_string();
  if (!text.empty()) out += ";text=" + quote(text);
  return out;
}

std::optional<Reason> parse_reason(std::string_view value) {
  std::string_view protocol;
  const auto params = split_params(value, protocol);
  if (!params || !is_token(protocol)) return std::nullopt;
  const auto cause = parse_number(params->get("cause").value_or(std::string_view()));
  return Reason{std::string(protocol), cause.value_or(0), params->text("text")};
}

std::string Warning::to_string() const {
  return std::to_string(code) + " " + agent + " " + quote(text);
}

std::optional<Warning> parse_warning(std::string_view value) {
  value = trim(value);
  const auto code = parse_number(value.substr(0, value.find(' ')));
  if (!code || *code < 100 || *code > 999) return std::nullopt;
  value = trim_left(value.substr(3));
  const std::string_view agent = value.substr(0, value.find(' '));
  const std::string_view text = trim(value.substr(agent.size()));
  if (agent.empty() || !all_of(agent, chars::kOpaque)) return std::nullopt;
  if (!text.starts_with('"') || skip_quoted(text, 0) != text.size()) return std::nullopt;
  return Warning{*code, std::string(agent), unquote(text)};
}

std::string Replaces::to_string() const {
  Params params;
  params.set("to-tag", to_tag);
  params.set("from-tag", from_tag);
  if (early_only) params.set_flag("early-only");
  return call_id + params.to_string();
}

std::optional<Replaces> parse_replaces(std::string_view value) {
  // Not split_params: a Call-ID may hold quotes and angle brackets, but no ';'.
  const std::string_view call_id = value.substr(0, value.find(';'));
  const auto params = Params::parse(value.substr(call_id.size()), Params::Kind::kHeader);
  const std::string_view id = trim(call_id);
  if (!params || id.empty() || id.find_first_of(" \t") != id.npos) return std::nullopt;
  if (!params->has("to-tag") || !params->has("from-tag")) return std::nullopt;
  return Replaces{std::string(id), params->text("to-tag"), params->text("from-tag"),
                  params->has("early-only")};
}

bool lists_token(const Message& message, Header header, std::string_view token) {
  for (const std::string_view value : message.all(header)) {
    if (iequals(value, token)) return true;
  }
  return false;
}

std::string quote(std::string_view plain) {
  std::string out = "\"";
  for (const char c : plain) {
    if (c == '"' || c == '\\') out += '\\';
    out += is_control(c) ? ' ' : c;
  }
  return out + '"';
}

std::string unquote(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') {
    return std::string(quoted);
  }
  quoted = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(quoted.size());
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 1 < quoted.size()) ++i;
    out += quoted[i];
  }
  return out;
}

}  // namespace patchcord::sip
