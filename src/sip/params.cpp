// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/params.h"

#include <algorithm>

#include "sip/grammar.h"
#include "sip/headers.h"

namespace patchcord::sip {
namespace {

bool is_name(std::string_view name, Params::Kind kind) {
  if (kind == Params::Kind::kHeader) return is_token(name);
  return !name.empty() && name.find('=') == name.npos && all_of_or_escaped(name, chars::kUriParam);
}

// The size of the value `text` begins with; npos if none is there.
size_t value_size(std::string_view text, Params::Kind kind) {
  if (kind == Params::Kind::kHeader && text.starts_with('"')) return skip_quoted(text, 0);
  const uint16_t allowed = kind == Params::Kind::kHeader ? chars::kParamValue : chars::kUriParam;
  size_t n = 0;
  while (n < text.size() && (is(text[n], allowed) || text[n] == '%')) ++n;
  if (n == 0) return text.npos;
  if (kind == Params::Kind::kUri && !all_of_or_escaped(text.substr(0, n), allowed))
    return text.npos;
  return n;
}

}  // namespace

std::optional<Params> Params::parse(std::string_view text, Kind kind) {
  Params out(kind);
  const bool spaces = kind == Kind::kHeader;
  const auto skip_space = [&] {
    if (spaces) text = trim_left(text);
  };
  skip_space();
  for (size_t count = 0; !text.empty(); ++count) {
    if (text.front() != ';' || count == kMaxParams) return std::nullopt;
    text.remove_prefix(1);
    skip_space();
    size_t n = text.find_first_of(spaces ? "=; \t" : "=;");
    const std::string_view name = text.substr(0, n);
    if (!is_name(name, kind)) return std::nullopt;
    text.remove_prefix(name.size());
    skip_space();
    out.text_.append(1, ';').append(name);
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    skip_space();
    n = value_size(text, kind);
    if (n == text.npos) return std::nullopt;
    out.text_.append(1, '=').append(text.substr(0, n));
    text.remove_prefix(n);
    skip_space();
  }
  return out;
}

std::optional<Params::Param> Params::next(size_t& at) const {
  const std::string_view text = text_;
  if (at >= text.size()) return std::nullopt;
  Param out;
  const size_t name_at = at + 1;  // past the ';'
  size_t end = std::min(text.find_first_of("=;", name_at), text.size());
  out.name = text.substr(name_at, end - name_at);
  if (end < text.size() && text[end] == '=') {
    const size_t value_at = end + 1;
    end = text[value_at] == '"' ? skip_quoted(text, value_at) : text.find(';', value_at);
    end = std::min(end, text.size());
    out.value = text.substr(value_at, end - value_at);
    out.has_value = true;
  }
  at = end;
  return out;
}

std::optional<Params::Found> Params::find(std::string_view name) const {
  size_t at = 0;
  for (size_t begin = 0; const auto param = next(at); begin = at) {
    if (iequals(param->name, name)) return Found{*param, begin, at};
  }
  return std::nullopt;
}

std::optional<std::string_view> Params::get(std::string_view name) const {
  const auto found = find(name);
  if (!found) return std::nullopt;
  return found->param.value;
}

std::string Params::text(std::string_view name) const {
  const std::string_view raw = get(name).value_or(std::string_view());
  return kind_ == Kind::kHeader ? unquote(raw) : unescape(raw);
}

void Params::set(std::string_view name, std::string_view value) {
  if (!is_name(name, kind_)) return;
  std::string text = ";";
  text.append(name).append(1, '=');
  if (kind_ == Kind::kUri) {
    if (value.empty()) return set_flag(name);
    text += escape(value, "[]/:&+$");
  } else {
    const bool plain = !value.empty() && all_of(value, chars::kParamValue);
    text += plain ? std::string(value) : quote(value);
  }
  if (const auto found = find(name)) {
    text_.replace(found->begin, found->end - found->begin, text);
  } else {
    text_ += text;
  }
}

void Params::set_flag(std::string_view name) {
  if (!is_name(name, kind_)) return;
  remove(name);
  text_.append(1, ';').append(name);
}

void Params::remove(std::string_view name) {
  while (const auto found = find(name)) text_.erase(found->begin, found->end - found->begin);
}

}  // namespace patchcord::sip
