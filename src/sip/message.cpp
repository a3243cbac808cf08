// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/message.h"

#include "sip/grammar.h"

namespace patchcord::sip {

Values::Iterator::Iterator(const Message& message, Header header)
    : message_(&message), header_(header) {
  const uint8_t first = message.first_[Message::index(header)];
  line_ = first == 0 ? message.fields_.size() : first - size_t{1};
  ++*this;
}

Values::Iterator& Values::Iterator::operator++() {
  while (!in_line_) {
    if (!next_line()) {
      done_ = true;
      return *this;
    }
  }
  const bool list = header_shape(header_) == Shape::kList;
  const size_t comma = list ? find_outside(rest_, ',') : rest_.npos;
  in_line_ = comma != rest_.npos;
  value_ = trim(rest_.substr(0, comma));
  if (in_line_) rest_.remove_prefix(comma + 1);
  return *this;
}

bool Values::Iterator::next_line() {
  const auto& fields = message_->fields_;
  while (line_ < fields.size() && fields[line_].header != header_) ++line_;
  if (line_ >= fields.size()) return false;
  rest_ = message_->field(line_++).value;
  // "Supported:" with nothing is a list of none; an empty value of another shape is a value.
  in_line_ = !rest_.empty() || header_shape(header_) != Shape::kList;
  return true;
}

size_t Values::count() const {
  size_t n = 0;
  for (auto it = begin(); it != end(); ++it) ++n;
  return n;
}

std::string_view Message::header(Header header) const {
  const uint8_t first = first_[index(header)];
  return first == 0 ? std::string_view() : field(first - size_t{1}).value;
}

std::string_view Message::header(std::string_view name) const {
  const Header known = header_from(name);
  if (known != Header::kOther) return header(known);
  for (const Line& line : fields_) {
    if (line.header == Header::kOther && iequals(view(line.name_at, line.name_size), name)) {
      return view(line.value_at, line.value_size);
    }
  }
  return {};
}

Message::Field Message::field(size_t i) const {
  const Line& line = fields_[i];
  return {line.header, view(line.name_at, line.name_size), view(line.value_at, line.value_size)};
}

size_t Message::heap_bytes() const {
  return text_.capacity() + fields_.capacity() * sizeof(Line);
}

}  // namespace patchcord::sip
