// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/support/gateway_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/support/free_ports.h"
#include "net/file_descriptor.h"

namespace patchcord::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kPortPairs = 64;  // towards SIP
constexpr int kMediaThreads = 2;

bool takes_connections(const SocketAddress& address) {
  const net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage name;
  const socklen_t length = address.to_sockaddr(name);
  return connect(socket.get(), reinterpret_cast<sockaddr*>(&name), length) == 0;
}

}  // namespace

Result<std::unique_ptr<GatewayProcess>> GatewayProcess::start(const GatewayOptions& options) {
  std::string folder = std::filesystem::temp_directory_path() / "patchcord-bench-XXXXXX";
  if (!mkdtemp(folder.data())) return {ErrorCode::kNetwork, "no temporary folder: " + folder};
  std::unique_ptr<GatewayProcess> gateway(new GatewayProcess());
  gateway->folder_ = folder;
  gateway->write_config(options);
  gateway->spawn(options.program);
  if (!gateway->wait_until_ready()) {
    return {ErrorCode::kNetwork, "the gateway did not start, see " + gateway->log_.string()};
  }
  return gateway;
}

void GatewayProcess::write_config(const GatewayOptions& options) {
  config_ = folder_ / "patchcord.yaml";
  log_ = folder_ / "patchcord.log";
  web_ = {loopback(), free_ports(PortType::kTcp)};
  const uint16_t rtp = free_ports(PortType::kUdp, 2 * kPortPairs);
  std::ofstream(folder_ / "index.html") << "<!doctype html>\n";
  std::ofstream(config_) << fmt::format(
      "listen: {{http: \"{}\", https: off, admin: off}}\n"
      "state: \"{}\"\n"
      "web: {{root: \"{}\"}}\n"
      "rtc: {{addresses: [127.0.0.1], port: {}, workers: {}}}\n"
      "sip: {{listen: [\"udp:127.0.0.1:{}\"], address: 127.0.0.1, domains: [\"{}\"]}}\n"
      "rtp: {{address: 127.0.0.1, ports: {}-{}}}\n"
      "log: {{level: warn}}\n",
      web_.to_string(), (folder_ / "state").string(), folder_.string(),
      free_ports(PortType::kUdp, kMediaThreads), kMediaThreads, free_ports(PortType::kUdp),
      options.sip_server.to_string(), rtp, rtp + 2 * kPortPairs - 1);
}

void GatewayProcess::spawn(const std::filesystem::path& program) {
  process_ = fork();
  if (process_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execl(program.c_str(), program.c_str(), "run", "--config", config_.c_str(), nullptr);
  _exit(127);
}

bool GatewayProcess::wait_until_ready() {
  for (int i = 0; i < 1000; ++i) {
    if (!is_running()) return false;
    if (takes_connections(web_)) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

bool GatewayProcess::is_running() {
  if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
  return process_ > 0;
}

GatewayProcess::~GatewayProcess() {
  if (!is_running()) return;
  kill(process_, SIGTERM);
  for (int i = 0; i < 1000; ++i) {
    if (!is_running()) {
      std::error_code ignored;
      std::filesystem::remove_all(folder_, ignored);
      return;
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  fmt::print(stderr, "the gateway did not end by itself; its log is {}\n", log_.string());
}

Duration GatewayProcess::cpu_time() const {
  std::ifstream file(fmt::format("/proc/{}/stat", process_));
  std::string line;
  std::getline(file, line);
  // Behind the program's name, which may hold anything: state, ten numbers, utime, stime (proc(5)).
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return Duration(seconds(user + system)) / sysconf(_SC_CLK_TCK);
}

}  // namespace patchcord::bench
