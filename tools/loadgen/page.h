// SPDX-License-Identifier: GPL-3.0-or-later
// Page: one web page signed in to the gateway: its socket, its session, and the one call it has at
// a time. It speaks the browser protocol and knows neither media nor phones.
//
//   kConnecting --101--> kSigningIn --getUserData--> kReady --drop(), or the gateway--> kGone
//
// Thread: that of the loop. Owner: Load.
#pragma once

#include <memory>
#include <string>

#include "bench/support/web_socket_client.h"
#include "core/result.h"
#include "wcs/messages.h"

namespace patchcord::loadgen {

// What a page tells its call.
class PageUser {
 public:
  virtual void on_answer_sdp(const std::string& sdp) = 0;
  virtual void on_talk() = 0;
  virtual void on_finish(const wcs::Finish& finish) = 0;
  virtual void on_page_gone() = 0;

 protected:
  ~PageUser() = default;
};

class Page {
 public:
  enum class State : uint8_t { kConnecting, kSigningIn, kReady, kGone };

  // Signs in as `login` of `domain`, unregistered. Errors: kNetwork.
  static Result<std::unique_ptr<Page>> open(const SocketAddress& gateway, net::Loop& loop,
                                            std::string login, std::string domain);
  Page(std::string login, std::string domain)
      : login_(std::move(login)), domain_(std::move(domain)) {}

  State state() const { return state_; }
  void set_call(const std::string& call_id, PageUser* user);  // nullptr: none
  void send(const wcs::ClientMessage& message);
  void drop();  // as when the tab goes; nothing is said

 private:
  void sign_in();
  void on_text(const std::string& text);
  void on_closed();

  std::string login_, domain_;
  std::unique_ptr<bench::WebSocketClient> socket_;
  State state_ = State::kConnecting;
  std::string call_id_;
  PageUser* user_ = nullptr;
};

}  // namespace patchcord::loadgen
