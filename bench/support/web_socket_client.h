// SPDX-License-Identifier: GPL-3.0-or-later
// WebSocketClient: the least of RFC 6455 that a page needs to speak with a gateway over the
// loopback: text frames out, text frames in, on the loop of its owner. Not a general client: no
// TLS, no extensions, no fragments, no check of the server's key.
// Thread: that of the loop. Owner: whoever plays the page; it must not die inside an event.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/address.h"
#include "core/function.h"
#include "core/result.h"
#include "net/wire.h"

namespace patchcord::bench {

class WebSocketClient {
 public:
  struct Events {
    Function<void()> opened{};           // the server agreed: frames may be sent
    Function<void(std::string)> text{};  // one frame
    Function<void()> closed{};           // by the server; nothing comes after it
  };

  // Connects, which blocks no longer than the system needs on a loopback, and shakes hands on the
  // loop. Errors: kNetwork.
  static Result<std::unique_ptr<WebSocketClient>> open(const SocketAddress& server, net::Loop& loop,
                                                       Events events);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  // One system call: it returns when the system has the whole frame. False: the connection is gone.
  bool send(std::string_view text);

 private:
  class Stream;
  WebSocketClient(std::unique_ptr<Stream> stream, net::Loop& loop, Events events);
  void on_bytes(ByteSpan bytes);
  bool take_head();
  bool take_frame();
  bool send_frame(uint8_t opcode, std::string_view payload);

  std::unique_ptr<Stream> stream_;
  net::Loop& loop_;
  Events events_;
  std::string received_;  // and not yet taken
  bool is_open_ = false;
};

}  // namespace patchcord::bench
