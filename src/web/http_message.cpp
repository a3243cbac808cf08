// SPDX-License-Identifier: GPL-3.0-or-later
#include "web/http_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace patchcord::web {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool same_name(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    default:
      return Method::kOther;
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode_path(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      if (c == '/') return std::nullopt;
      i += 2;
    }
    if (c == '\\' || static_cast<uint8_t>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out += c;
  }
  return out;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

bool has_token(const http::fields& fields, http::field name, std::string_view token) {
  const auto range = fields.equal_range(name);
  return std::any_of(range.first, range.second, [&](const auto& field) {
    return http::token_list(field.value()).exists({token.data(), token.size()});
  });
}

bool header_is_given(const Response& response, std::string_view name) {
  return std::ranges::any_of(response.headers,
                             [&](const auto& header) { return same_name(header.first, name); });
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return same_name(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<Target> parse_target(std::string_view target) {
  // The absolute form, as a proxy sends it (RFC 9112 3.2.2).
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (!target.starts_with('/')) return std::nullopt;
  Target out;
  const size_t question = target.find('?');
  if (question != std::string_view::npos) {
    out.query = target.substr(question + 1);
    target = target.substr(0, question);
  }
  auto path = decode_path(target);
  if (!path || has_dot_segment(*path)) return std::nullopt;
  out.path = std::move(*path);
  return out;
}

Result<RequestHead> parse_head(std::string_view text) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<uint32_t>(text.size() + 1));
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text), error);
  if (!parser.is_header_done()) return Error{ErrorCode::kMalformed, "bad request head"};
  const auto& message = parser.get();
  if (parser.chunked() || message.find(http::field::transfer_encoding) != message.end()) {
    return Error{ErrorCode::kUnsupported, "transfer codings are not taken here"};
  }
  if (message.version() >= 11 && message.count(http::field::host) != 1) {  // RFC 9112 3.2
    return Error{ErrorCode::kMalformed, "one Host is needed"};
  }
  auto target = parse_target(view(message.target()));
  if (!target) return Error{ErrorCode::kMalformed, "bad target"};

  RequestHead head;
  head.request.method = method_of(message.method());
  head.request.path = std::move(target->path);
  head.request.query = std::move(target->query);
  for (const auto& field : message) {
    head.request.headers.emplace_back(view(field.name_string()), view(field.value()));
  }
  head.content_length = parser.content_length() ? static_cast<size_t>(*parser.content_length()) : 0;
  if (!message.keep_alive()) head.persistence = Persistence::kClose;
  head.is_websocket_upgrade = head.request.method == Method::kGet &&
                              has_token(message, http::field::connection, "upgrade") &&
                              has_token(message, http::field::upgrade, "websocket");
  return head;
}

std::string_view reason_phrase(int status) {
  const auto phrase = http::obsolete_reason(static_cast<http::status>(status));
  return view(phrase);
}

std::string print_response(const Response& response, Method method, Persistence persistence) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  const auto line = [&out](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
  };
  const bool has_body = response.status != 304 && response.status != 204;
  if (has_body) {
    line("Content-Type", response.content_type);
    line("Content-Length", std::to_string(response.body.size()));
  }
  line("Connection", persistence == Persistence::kKeepAlive ? "keep-alive" : "close");
  line("X-Content-Type-Options", "nosniff");
  if (!header_is_given(response, "Cache-Control")) line("Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) line(name, value);
  out += "\r\n";
  if (has_body && method != Method::kHead) out += response.body;
  return out;
}

}  // namespace patchcord::web
