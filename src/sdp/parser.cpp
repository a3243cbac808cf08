// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "sdp/attributes.h"
#include "sdp/text.h"

namespace patchcord::sdp {
namespace {

Error malformed(std::string_view what, std::string_view line) {
  // Enough of the line to find it by; the log escapes what is in it.
  return {ErrorCode::kMalformed, std::string(what) + ": " + std::string(line.substr(0, 60))};
}

class Parser {
 public:
  Result<Session> run(std::string_view text);

 private:
  Result<void> on_line(std::string_view line);
  Result<void> on_origin(std::string_view value);
  Result<void> on_connection(std::string_view value);
  Result<void> on_media(std::string_view value);
  Result<void> on_formats(Media& media, std::string_view formats);
  void on_attribute(std::string_view value);

  Media* media() { return session_.media.empty() ? nullptr : &session_.media.back(); }
  Level& level() { return media() ? static_cast<Level&>(*media()) : session_; }

  Session session_;
  size_t lines_ = 0;
  bool has_origin_ = false;
};

Result<Session> Parser::run(std::string_view text) {
  if (text.size() > kMaxText) return Error{ErrorCode::kTooLarge, "SDP over 64 KiB"};
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    // A script that cut a line short may leave blanks before its end, or a second CR.
    while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) {
      line.remove_suffix(1);
    }
    if (line.empty()) continue;
    if (++lines_ > kMaxLines) return Error{ErrorCode::kTooLarge, "SDP with too many lines"};
    TRY_VOID(on_line(line));
  }
  if (!has_origin_) return Error{ErrorCode::kMalformed, "SDP without an o= line"};
  for (Media& media : session_.media) complete_static_codecs(media);
  return std::move(session_);
}

Result<void> Parser::on_line(std::string_view line) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
  if (std::ranges::any_of(line, is_control)) {
    return Error{ErrorCode::kMalformed, "SDP with a control byte"};
  }
  if (line.size() < 2 || line[1] != '=') return malformed("SDP line without a type", line);
  if (lines_ == 1) {
    if (trim(line) != "v=0") return malformed("SDP does not begin with v=0", line);
    return {};
  }
  const std::string_view value = trim(line.substr(2));
  switch (line[0]) {
    case 'o':
      return on_origin(value);
    case 's':
      if (!value.empty()) session_.name = value;
      break;
    case 't':
      if (!value.empty()) session_.timing = value;
      break;
    case 'c':
      return on_connection(value);
    case 'b':
      if (!value.empty()) level().bandwidths.emplace_back(value);
      break;
    case 'm':
      return on_media(value);
    case 'a':
      on_attribute(line.substr(2));
      break;
    default:  // i u e p r z k say nothing to a gateway
      break;
  }
  return {};
}

Result<void> Parser::on_origin(std::string_view value) {
  // From the end, as some devices put their name with blanks into the user name.
  const std::string_view line = value;
  const std::string_view address = take_last_token(value);
  const std::string_view type = take_last_token(value);
  const std::string_view net = take_last_token(value);
  const std::string_view version = take_last_token(value);
  const std::string_view id = take_last_token(value);
  auto connection =
      to_connection(std::string(net).append(" ").append(type).append(" ").append(address));
  if (has_origin_ || !connection || id.empty() || value.empty()) return malformed("o= line", line);
  session_.origin = {std::string(value), std::string(id), std::string(version),
                     std::move(*connection)};
  has_origin_ = true;
  return {};
}

Result<void> Parser::on_connection(std::string_view value) {
  auto connection = to_connection(value);
  if (!connection) return malformed("c= line", value);
  if (!level().connection) level().connection = std::move(connection);
  return {};
}

Result<void> Parser::on_media(std::string_view value) {
  const std::string_view line = value;
  if (session_.media.size() == kMaxMedia) {
    return Error{ErrorCode::kTooLarge, "SDP with too many m= lines"};
  }
  Media media;
  media.type = take_token(value);
  std::string_view port = take_token(value);
  media.protocol = take_token(value);
  if (const size_t slash = port.find('/'); slash != std::string_view::npos) {
    media.port_count = to_number<uint16_t>(port.substr(slash + 1)).value_or(0);
    port = port.substr(0, slash);
  }
  const auto number = to_number<uint16_t>(port);
  if (!number || media.port_count == 0 || media.protocol.empty()) {
    return malformed("m= line", line);
  }
  media.port = *number;
  TRY_VOID(on_formats(media, value));
  session_.media.push_back(std::move(media));
  return {};
}

Result<void> Parser::on_formats(Media& media, std::string_view formats) {
  for (size_t count = 1; !formats.empty(); ++count) {
    if (count > kMaxFormats) return Error{ErrorCode::kTooLarge, "m= line with too many formats"};
    const std::string_view format = take_token(formats);
    if (!media.is_rtp()) {
      media.formats.emplace_back(format);
      continue;
    }
    // What is no payload type cannot be answered, and one is enough of each.
    const auto type = to_number<uint8_t>(format);
    if (!type || *type > 127 || media.codec(PayloadType(*type))) continue;
    media.codecs.emplace_back().payload_type = PayloadType(*type);
  }
  return {};
}

void Parser::on_attribute(std::string_view value) {
  if (Media* current = media()) {
    apply_media_attribute(*current, value);
  } else {
    apply_session_attribute(session_, value);
  }
}

}  // namespace

std::optional<Connection> to_connection(std::string_view text) {
  const bool is_internet = equals_ignoring_case(take_token(text), "IN");
  const std::string_view type = take_token(text);
  const std::string_view address = take_token(text);
  const bool is_ip4 = equals_ignoring_case(type, "IP4");
  if (!is_internet || (!is_ip4 && !equals_ignoring_case(type, "IP6")) || address.empty()) {
    return std::nullopt;
  }
  return Connection{is_ip4 ? AddressType::kIp4 : AddressType::kIp6, std::string(address)};
}

Result<Session> parse(std::string_view text) {
  return Parser().run(text);
}

}  // namespace patchcord::sdp
