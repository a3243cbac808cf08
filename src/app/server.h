// SPDX-License-Identifier: GPL-3.0-or-later
// Server: the gateway on real ground: sockets, threads, signals, files. It builds the ground first,
// the gateway on it, then opens the doors; it takes them down in the opposite order.
//
//   control thread: io_context ─ web (page, WebSocket) ─ admin ─ SIP sockets ─ Gateway
//   media threads:  one EpollLoop each
//
// Thread: the one that calls run() is the control thread.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/sip_ground.h"
#include "core/function.h"
#include "core/result.h"

namespace patchcord::app {

struct ServerOptions {
  std::filesystem::path config_file;  // read again at SIGHUP; empty: there is nothing to read
  SipTrace trace = SipTrace::kOff;
  bool is_demo = false;  // tells the page whom to sign in as
};

class Server {
 public:
  // Errors: kNetwork when a port cannot be bound (the text says which), kNotFound when the page's
  // files are not there.
  static Result<std::unique_ptr<Server>> make(ConfigResult config, ServerOptions options);
  ~Server();

  // Until SIGTERM or SIGINT has been obeyed. The first drains and says goodbye, a second ends at
  // once. SIGHUP reads configuration, certificates and the path of the records anew; a file with a
  // mistake changes nothing.
  void run();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace patchcord::app
