// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/header_lines.h"

#include <algorithm>

#include "sip/grammar.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace patchcord::sip {
namespace {

std::string_view trim_folds(std::string_view text) {
  const auto blank = [](char c) { return is_space(c) || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// A NUL is allowed by the grammar in one place only: escaped in a quoted string (RFC 4475 3.1.1.2).
bool has_naked_nul(std::string_view text) {
  for (size_t at = text.find('\0'); at != text.npos; at = text.find('\0', at + 1)) {
    if (at == 0 || text[at - 1] != '\\') return true;
  }
  return false;
}

StartLine parse_status_line(std::string_view line) {
  StartLine out;
  out.kind = StartLine::Kind::kResponse;
  const size_t space = std::min(line.find(' '), line.size());
  const std::string_view rest = line.substr(std::min(space + 1, line.size()));
  const std::string_view digits = rest.substr(0, rest.find(' '));
  const auto status = digits.size() == 3 ? parse_number(digits) : std::nullopt;
  if (!iequals(line.substr(0, space), "SIP/2.0") || !status || *status < 100 || *status > 699) {
    out.fault = 400;
    return out;
  }
  out.status = static_cast<int>(*status);
  out.reason = trim(rest.substr(digits.size()));
  return out;
}

}  // namespace

size_t head_size(std::string_view text, size_t from) {
  const size_t end = text.find("\r\n\r\n", from < 3 ? 0 : from - 3);
  return end == text.npos ? end : end + 4;
}

StartLine parse_start_line(std::string_view line) {
  if (istarts_with(line, "SIP/")) return parse_status_line(line);
  StartLine out;
  const std::string_view tidy = trim_right(line);
  const size_t first = line.find(' ');
  const size_t last = tidy.rfind(' ');
  if (last == tidy.npos || !is_token(line.substr(0, first))) return out;
  const std::string_view version = tidy.substr(last + 1);
  if (!istarts_with(version, "SIP/")) return out;
  out.kind = StartLine::Kind::kRequest;
  out.method = line.substr(0, first);
  if (first < last) out.target = line.substr(first + 1, last - first - 1);
  if (!iequals(version, "SIP/2.0")) {
    out.fault = 505;
  } else if (tidy.size() != line.size() || out.target.empty() ||
             out.target.find_first_of(" \t\r\n") != out.target.npos) {
    out.fault = 400;
  }
  return out;
}

std::optional<HeaderLine> HeaderLines::next() {
  if (rest_.empty()) return std::nullopt;
  HeaderLine out;
  size_t end = 0;
  bool bare = false;  // a CR or LF on its own
  for (;;) {
    const size_t begin = end;
    const size_t cr = std::min(rest_.find('\r', begin), rest_.size());
    bare = bare || rest_.substr(begin, cr - begin).find('\n') != rest_.npos;
    const bool whole = cr + 1 < rest_.size() && rest_[cr + 1] == '\n';
    end = std::min(cr + (whole ? 2 : 1), rest_.size());
    bare = bare || !whole;
    if (end == rest_.size()) break;
    if (whole && !is_space(rest_[end])) break;
  }
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end);
  const size_t colon = std::min(line.find(':'), line.size() - 1);
  out.name = trim_right(line.substr(0, colon));
  out.value = trim_folds(line.substr(colon + 1));
  out.line = line.substr(0, line.size() - std::min<size_t>(line.size(), 2));
  if (bare) {
    out.fault = HeaderLine::Fault::kBareLineEnd;
  } else if (line.size() > kMaxLine) {
    out.fault = HeaderLine::Fault::kTooLong;
  } else if (line[colon] != ':' || !is_token(out.name) || has_naked_nul(line)) {
    out.fault = HeaderLine::Fault::kSyntax;
  }
  return out;
}

std::optional<size_t> promised_body(std::string_view section) {
  std::optional<size_t> out;
  HeaderLines lines(section);
  while (const auto line = lines.next()) {
    if (line->fault == HeaderLine::Fault::kBareLineEnd) return std::nullopt;
    if (line->fault != HeaderLine::Fault::kNone) continue;
    if (header_from(line->name) != Header::kContentLength) continue;
    const auto number = parse_number(line->value, kMaxMessage + 1);
    if (out || !number || *number > kMaxMessage) return std::nullopt;
    out = *number;
  }
  return out;
}

}  // namespace patchcord::sip
