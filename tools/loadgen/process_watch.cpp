// SPDX-License-Identifier: GPL-3.0-or-later
#include "process_watch.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "net/file_descriptor.h"

namespace patchcord::loadgen {
namespace {

constexpr timeval kPatience{5, 0};

// Utime and stime: behind the program's name, which may hold anything, the 12th and 13th (proc(5)).
double cpu_seconds(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int64_t status_number(pid_t process, std::string_view name) {
  std::ifstream file(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::stoll(line.substr(name.size()));
  }
  return 0;
}

int64_t descriptors_of(pid_t process) {
  std::error_code error;
  const std::filesystem::directory_iterator list(fmt::format("/proc/{}/fd", process), error);
  return error ? 0 : std::distance(list, {});
}

std::string get(const SocketAddress& server, std::string_view path) {
  const net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  sockaddr_storage name;
  const socklen_t length = server.to_sockaddr(name);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&name), length) != 0) return {};
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, server.to_string());
  send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 4096> chunk;
  for (ssize_t size; (size = recv(socket.get(), chunk.data(), chunk.size(), 0)) > 0;) {
    answer.append(chunk.data(), static_cast<size_t>(size));
  }
  const size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? std::string() : answer.substr(body + 4);
}

std::map<std::string, int64_t> health_of_gateway(const SocketAddress& admin) {
  std::map<std::string, int64_t> numbers;
  boost::system::error_code error;
  const boost::json::value health = boost::json::parse(get(admin, "/healthz"), error);
  if (error || !health.is_object()) return numbers;
  for (const auto& [name, value] : health.as_object()) {
    if (value.is_int64()) numbers[name] = value.as_int64();
    if (value.is_uint64()) numbers[name] = static_cast<int64_t>(value.as_uint64());
  }
  return numbers;
}

}  // namespace

int64_t Sample::health_of(const std::string& name) const {
  const auto found = health.find(name);
  return found == health.end() ? -1 : found->second;
}

ProcessWatch::ProcessWatch(pid_t process, std::optional<SocketAddress> admin, const Clock& clock)
    : process_(process), admin_(admin), clock_(clock), began_(clock.now()) {}

bool ProcessWatch::is_alive() const {
  return process_ == 0 || kill(process_, 0) == 0;
}

const Sample& ProcessWatch::take(size_t talking) {
  Sample sample;
  sample.at = std::chrono::duration<double>(clock_.now() - began_).count();
  sample.talking = talking;
  if (process_ > 0) {
    sample.rss_kb = status_number(process_, "VmRSS:");
    sample.threads = status_number(process_, "Threads:");
    sample.descriptors = descriptors_of(process_);
    sample.cpu = cpu_seconds(process_);
  }
  if (admin_) sample.health = health_of_gateway(*admin_);
  return samples_.emplace_back(std::move(sample));
}

double ProcessWatch::rss_slope() const {
  std::vector<Sample> busy;
  std::copy_if(samples_.begin(), samples_.end(), std::back_inserter(busy),
               [](const Sample& sample) { return sample.talking > 0; });
  busy.erase(busy.begin(), busy.begin() + static_cast<std::ptrdiff_t>(busy.size() / 3));
  if (busy.size() < 3) return 0;
  const double n = static_cast<double>(busy.size());
  double t = 0, y = 0, tt = 0, ty = 0;
  for (const Sample& sample : busy) {
    const auto rss = static_cast<double>(sample.rss_kb);
    t += sample.at;
    y += rss;
    tt += sample.at * sample.at;
    ty += sample.at * rss;
  }
  const double spread = n * tt - t * t;
  return spread > 0 ? 60 * (n * ty - t * y) / spread : 0;
}

}  // namespace patchcord::loadgen
