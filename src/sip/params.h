// SPDX-License-Identifier: GPL-3.0-or-later
// Params: the ";name=value;flag" tail of a URI or of a header value, kept as one canonical text
// (no white space) and searched in place: no allocation per parameter, and printing is identity.
// Names compare without case. At most kMaxParams of them.
// Thread: any (a value). RFC 3261 25.1 generic-param, uri-parameters.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace patchcord::sip {

inline constexpr size_t kMaxParams = 64;

class Params {
 public:
  enum class Kind { kHeader, kUri };  // tokens and quoted strings, or %-escaped URI characters

  struct Param {
    std::string_view name;
    std::string_view value;  // as written: quotes and escapes still there; empty for a flag
    bool has_value = false;
  };

  Params() = default;
  explicit Params(Kind kind) : kind_(kind) {}

  // "" or ";a=b;c" with white space around ; and = where a header allows it.
  // Nothing if malformed (an empty parameter, a foreign character) or more than kMaxParams.
  static std::optional<Params> parse(std::string_view text, Kind kind);

  bool empty() const { return text_.empty(); }
  bool has(std::string_view name) const { return find(name).has_value(); }
  // The value as written; an empty view for a flag; nothing if absent.
  std::optional<std::string_view> get(std::string_view name) const;
  // The meaning: unquoted (header) or unescaped (URI); "" if absent.
  std::string text(std::string_view name) const;

  // Replaces or appends. A URI value is %-escaped; a header value is quoted unless it is a token or
  // a host: whatever is given, the result parses. A name that is no token is ignored.
  void set(std::string_view name, std::string_view value);
  void set_flag(std::string_view name);
  void remove(std::string_view name);

  const std::string& to_string() const { return text_; }  // ";a=b;c" or ""

  // Walks the parameters in order: for (size_t at = 0; auto p = params.next(at);) ...
  std::optional<Param> next(size_t& at) const;

  bool operator==(const Params& other) const { return text_ == other.text_; }  // same bytes

 private:
  struct Found {
    Param param;
    size_t begin;
    size_t end;
  };
  std::optional<Found> find(std::string_view name) const;

  Kind kind_ = Kind::kHeader;
  std::string text_;
};

}  // namespace patchcord::sip
