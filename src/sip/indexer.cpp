// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/indexer.h"

#include <utility>

#include "sip/grammar.h"
#include "sip/headers.h"

namespace patchcord::sip {
namespace {

// Two steps and no doubling: together they stay below the 4 KB a message may cost beside its text.
constexpr size_t kUsualLines = 32;

std::string named(std::string_view what, Header header) {
  return std::string(what) + " " + std::string(header_name(header));
}

}  // namespace

Indexer::Indexer(std::string text) {
  message_.text_ = std::move(text);
  const std::string_view all = message_.text_;
  const size_t line_end = all.find("\r\n");
  if (line_end == all.npos || line_end > kMaxLine || !start_line(all.substr(0, line_end))) return;
  const size_t head = head_size(all);
  if (head == all.npos) {
    fail(400, "No End Of Headers");
    return;
  }
  headers(line_end + 2, head - 2);
  cut_body(head);
}

void Indexer::fail(int status, std::string reason) {
  if (status_ != 0) return;
  status_ = status;
  reason_ = std::move(reason);
}

Message::Slice Indexer::slice(std::string_view part) const {
  if (part.empty()) return {};
  return {static_cast<uint32_t>(part.data() - message_.text_.data()),
          static_cast<uint32_t>(part.size())};
}

bool Indexer::start_line(std::string_view line) {
  const StartLine parsed = parse_start_line(line);
  kind_ = parsed.kind;
  if (kind_ == StartLine::Kind::kNotSip) return false;
  if (parsed.fault != 0) {
    fail(parsed.fault, parsed.fault == 505 ? "Version Not Supported" : "Malformed Start Line");
  }
  message_.method_ = method_from(parsed.method);
  message_.method_text_ = slice(parsed.method);
  message_.target_ = slice(parsed.target);
  message_.status_ = parsed.status;
  message_.reason_ = slice(parsed.reason);
  return true;
}

void Indexer::headers(size_t begin, size_t end) {
  message_.fields_.reserve(kUsualLines);
  HeaderLines lines(std::string_view(message_.text_).substr(begin, end - begin));
  while (const auto line = lines.next()) {
    if (line->fault == HeaderLine::Fault::kTooLong) {
      fail(400, "Header Line Too Long");
    } else if (line->fault != HeaderLine::Fault::kNone) {
      fail(400, "Malformed Header Line");
    } else if (message_.fields_.size() == kMaxHeaderLines) {
      fail(400, "Too Many Header Lines");
      break;
    } else {
      add(*line);
    }
  }
  const auto cseq = parse_cseq(message_.header(Header::kCSeq));
  if (!cseq) return;
  message_.cseq_ = cseq->number;
  if (kind_ == StartLine::Kind::kResponse) {
    message_.method_ = method_from(cseq->method);
    const std::string_view value = message_.header(Header::kCSeq);
    message_.method_text_ = slice(value.substr(value.size() - cseq->method.size()));
  }
}

void Indexer::add(const HeaderLine& line) {
  auto& fields = message_.fields_;
  if (fields.size() == kUsualLines) fields.reserve(kMaxHeaderLines);
  const Slice name = slice(line.name);
  const Slice value = slice(line.value);
  const size_t begin = slice(line.line).at;
  for (size_t at = line.line.find('\r'); at != line.line.npos; at = line.line.find('\r', at)) {
    message_.text_[begin + at] = ' ';  // unfolds in place: line.line sees it too
    message_.text_[begin + at + 1] = ' ';
  }
  const Header header = header_from(line.name);
  fields.push_back({name.at, value.at, static_cast<uint16_t>(name.size),
                    static_cast<uint16_t>(value.size), header});
  uint8_t& first = message_.first_[Message::index(header)];
  if (first != 0 && header_shape(header) == Shape::kSingle) fail(400, named("Repeated", header));
  if (first == 0) first = static_cast<uint8_t>(fields.size());
}

void Indexer::cut_body(size_t begin) {
  auto& text = message_.text_;
  size_t size = text.size() - begin;
  if (message_.has(Header::kContentLength)) {
    const auto promised = parse_number(message_.header(Header::kContentLength));
    if (!promised) {
      fail(400, named("Malformed", Header::kContentLength));
    } else if (*promised > size) {
      fail(400, "Content-Length Larger Than Message");
    } else {
      size = *promised;
    }
  }
  text.resize(begin + size);
  message_.body_ = {static_cast<uint32_t>(begin), static_cast<uint32_t>(size)};
}

}  // namespace patchcord::sip
