// SPDX-License-Identifier: GPL-3.0-or-later
// GatewayProcess: the built gateway as a child, with a configuration of its own in a temporary
// folder, on free ports of the loopback. It ends with SIGTERM when this object dies, and the folder
// goes with it unless the gateway did not end well.
// Thread: that of its owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/address.h"
#include "core/result.h"
#include "core/time.h"

namespace patchcord::bench {

struct GatewayOptions {
  std::filesystem::path program;
  SocketAddress sip_server;  // the only one it may call
};

class GatewayProcess {
 public:
  // Returns when its WebSocket port takes connections. Errors: kNetwork when it did not within 10
  // s.
  static Result<std::unique_ptr<GatewayProcess>> start(const GatewayOptions& options);
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;
  GatewayProcess& operator=(const GatewayProcess&) = delete;

  const SocketAddress& web() const { return web_; }
  const std::filesystem::path& log() const { return log_; }
  bool is_running();
  Duration cpu_time() const;  // user and system, of all its threads, in steps of 10 ms

 private:
  GatewayProcess() = default;
  void write_config(const GatewayOptions& options);
  void spawn(const std::filesystem::path& program);
  bool wait_until_ready();

  std::filesystem::path folder_, config_, log_;
  SocketAddress web_;
  pid_t process_ = -1;
};

}  // namespace patchcord::bench
