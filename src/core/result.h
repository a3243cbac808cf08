// SPDX-License-Identifier: GPL-3.0-or-later
// Result<T>: a value or an Error; the only way a room says "no" to its caller.
// Not for faults of our own (PATCHCORD_ASSERT) and not for packets of the media path, which answer
// with std::optional and a counter. g++ 12 in C++20 mode has no std::expected.
// Thread: any (plain values).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace patchcord {

enum class ErrorCode : uint8_t {
  kMalformed,     // the bytes are not what the grammar says
  kTooLarge,      // a limit of ours is passed
  kUnsupported,   // well formed, but we do not do it
  kUnauthorized,  // credentials missing or wrong
  kForbidden,     // known, and not allowed
  kNotFound,
  kExhausted,  // no port, no memory, no room under a limit
  kTimeout,
  kNetwork,  // the system refused a socket operation
  kState,    // not now
};

struct Error {
  ErrorCode code;
  std::string text;  // what is wrong and what was meant, for a person
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}
  Result(ErrorCode code, std::string text) : Result(Error{code, std::move(text)}) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(content_); }
  const T& value() const& { return std::get<0>(content_); }
  T&& value() && { return std::get<0>(std::move(content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& { return std::get<1>(content_); }
  Error&& error() && { return std::get<1>(std::move(content_)); }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : ok_(false), error_(std::move(error)) {}
  Result(ErrorCode code, std::string text) : Result(Error{code, std::move(text)}) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  bool ok_ = true;
  Error error_{ErrorCode::kState, {}};
};

}  // namespace patchcord

#define PATCHCORD_CONCAT_(a, b) a##b
#define PATCHCORD_CONCAT(a, b) PATCHCORD_CONCAT_(a, b)

// TRY(auto port, lease()): the value, or return the error to our own caller.
#define TRY(declaration, expression) \
  TRY_(PATCHCORD_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_(result, declaration, expression)         \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  declaration = std::move(result).value()

// TRY_VOID(check()): go on, or return the error to our own caller.
#define TRY_VOID(expression)                                                              \
  do {                                                                                    \
    if (auto try_void = (expression); !try_void.ok()) return std::move(try_void).error(); \
  } while (false)
