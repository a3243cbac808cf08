// SPDX-License-Identifier: GPL-3.0-or-later
// WebSocketClient: the least of RFC 6455 that a page needs to speak with a gateway over the
// loopback: text frames out, text frames in on a thread of its own that posts them to a loop.
// Not a general client: no TLS, no extensions, no fragments.
// Thread: that of the loop; the reader knows nothing but its socket and the loop's post().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "core/address.h"
#include "core/executor.h"
#include "core/function.h"
#include "core/result.h"
#include "net/file_descriptor.h"

namespace patchcord::bench {

class WebSocketClient {
 public:
  // Connects and shakes hands, blocking. on_text is called on the loop, which must
  // not run any more when this dies. Errors: kNetwork.
  static Result<std::unique_ptr<WebSocketClient>> open(const SocketAddress& server, Executor& loop,
                                                       Function<void(std::string)> on_text);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  // One system call: it returns when the system has the whole frame. False: the connection is gone.
  bool send(std::string_view text);

 private:
  WebSocketClient(net::FileDescriptor socket, Executor& loop, Function<void(std::string)> on_text);
  bool send_frame(uint8_t opcode, std::string_view payload);
  void read_frames();
  bool read_exactly(void* to, size_t size);

  net::FileDescriptor socket_;
  Executor& loop_;
  Function<void(std::string)> on_text_;
  std::thread reader_;
};

}  // namespace patchcord::bench
