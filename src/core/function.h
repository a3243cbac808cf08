// SPDX-License-Identifier: GPL-3.0-or-later
// Function<R(Args...)>: a callable that is moved, never copied, so it may own what it carries
// (std::move_only_function is C++23). Small callables live inside it, without an allocation.
// Thread: that of its owner.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace patchcord {

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() = default;
  Function(std::nullptr_t) {}

  template <class F, class D = std::decay_t<F>>
    requires(!std::is_same_v<D, Function> && std::is_invocable_r_v<R, D&, Args...>)
  Function(F&& callable) {
    if constexpr (fits<D>()) {
      std::construct_at(reinterpret_cast<D*>(space_), std::forward<F>(callable));
      table_ = &kInside<D>;
    } else {
      std::construct_at(reinterpret_cast<D**>(space_),
                        std::make_unique<D>(std::forward<F>(callable)).release());
      table_ = &kOutside<D>;
    }
  }

  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  ~Function() { reset(); }

  explicit operator bool() const { return table_ != nullptr; }
  R operator()(Args... args) { return table_->call(space_, std::forward<Args>(args)...); }

 private:
  static constexpr size_t kSpace = 48;
  struct Table {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };

  template <class D>
  static constexpr bool fits() {
    return sizeof(D) <= kSpace && alignof(D) <= alignof(std::max_align_t) &&
           std::is_nothrow_move_constructible_v<D>;
  }

  template <class D>
  static constexpr Table kInside{[](void* p, Args&&... args) -> R {
                                   return (*static_cast<D*>(p))(std::forward<Args>(args)...);
                                 },
                                 [](void* from, void* to) noexcept {
                                   std::construct_at(static_cast<D*>(to),
                                                     std::move(*static_cast<D*>(from)));
                                   std::destroy_at(static_cast<D*>(from));
                                 },
                                 [](void* p) noexcept { std::destroy_at(static_cast<D*>(p)); }};

  template <class D>
  static constexpr Table kOutside{
      [](void* p, Args&&... args) -> R {
        return (**static_cast<D**>(p))(std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept {
        std::construct_at(static_cast<D**>(to), *static_cast<D**>(from));
      },
      [](void* p) noexcept { std::unique_ptr<D> owner(*static_cast<D**>(p)); }};

  void take(Function& other) noexcept {
    table_ = other.table_;
    if (table_) table_->move(other.space_, space_);
    other.table_ = nullptr;
  }
  void reset() noexcept {
    if (table_) table_->destroy(space_);
    table_ = nullptr;
  }

  const Table* table_ = nullptr;
  alignas(std::max_align_t) std::byte space_[kSpace];
};

}  // namespace patchcord
