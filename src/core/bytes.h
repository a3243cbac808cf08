// SPDX-License-Identifier: GPL-3.0-or-later
// Spans of bytes, and a big-endian Reader and Writer that cannot run over the end: a read past the
// end gives zero and sets failed(), a write past the end writes nothing and sets failed().
// Thread: any. Nothing here owns memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace patchcord {

using ByteSpan = std::span<const uint8_t>;
using MutableByteSpan = std::span<uint8_t>;

inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline uint16_t load_be16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
inline uint32_t load_be32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | p[3];
}
inline void store_be16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
inline void store_be32(uint8_t* p, uint32_t v) {
  store_be16(p, static_cast<uint16_t>(v >> 16));
  store_be16(p + 2, static_cast<uint16_t>(v));
}

class Reader {
 public:
  explicit Reader(ByteSpan bytes) : bytes_(bytes) {}

  uint8_t u8() {
    const uint8_t* p = take(1);
    return p ? *p : 0;
  }
  uint16_t u16() {
    const uint8_t* p = take(2);
    return p ? load_be16(p) : 0;
  }
  uint32_t u24() {
    const uint8_t* p = take(3);
    return p ? static_cast<uint32_t>(p[0]) << 16 | load_be16(p + 1) : 0;
  }
  uint32_t u32() {
    const uint8_t* p = take(4);
    return p ? load_be32(p) : 0;
  }
  uint64_t u64() {
    const uint64_t high = u32();
    return high << 32 | u32();
  }
  ByteSpan bytes(size_t n) {
    const uint8_t* p = take(n);
    return p ? ByteSpan(p, n) : ByteSpan();
  }
  void skip(size_t n) { take(n); }
  ByteSpan rest() const { return bytes_.subspan(at_); }
  size_t remaining() const { return bytes_.size() - at_; }
  size_t position() const { return at_; }
  bool failed() const { return failed_; }

 private:
  const uint8_t* take(size_t n) {
    if (failed_ || n > remaining()) {
      failed_ = true;
      return nullptr;
    }
    const uint8_t* p = bytes_.data() + at_;
    at_ += n;
    return p;
  }

  ByteSpan bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

class Writer {
 public:
  explicit Writer(MutableByteSpan bytes) : bytes_(bytes) {}

  void u8(uint8_t v) {
    if (uint8_t* p = take(1)) *p = v;
  }
  void u16(uint16_t v) {
    if (uint8_t* p = take(2)) store_be16(p, v);
  }
  void u24(uint32_t v) {
    u8(static_cast<uint8_t>(v >> 16));
    u16(static_cast<uint16_t>(v));
  }
  void u32(uint32_t v) {
    if (uint8_t* p = take(4)) store_be32(p, v);
  }
  void u64(uint64_t v) {
    u32(static_cast<uint32_t>(v >> 32));
    u32(static_cast<uint32_t>(v));
  }
  void bytes(ByteSpan v) {
    uint8_t* p = take(v.size());
    if (p && !v.empty()) std::memcpy(p, v.data(), v.size());
  }
  void fill(size_t n, uint8_t v) {
    uint8_t* p = take(n);
    if (p && n > 0) std::memset(p, v, n);
  }
  size_t size() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }
  MutableByteSpan written() const { return bytes_.first(at_); }
  bool failed() const { return failed_; }

 private:
  uint8_t* take(size_t n) {
    if (failed_ || n > remaining()) {
      failed_ = true;
      return nullptr;
    }
    uint8_t* p = bytes_.data() + at_;
    at_ += n;
    return p;
  }

  MutableByteSpan bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace patchcord
