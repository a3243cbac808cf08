// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "net/file_descriptor.h"

namespace patchcord::app {
namespace {

constexpr uint16_t kTried = 200;  // ports after the usual one

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

// As a listener would: a port whose last connections still linger is free.
bool is_free(const SocketAddress& address, int type) {
  sockaddr_storage storage{};
  const socklen_t size = address.to_sockaddr(storage);
  const net::FileDescriptor socket(::socket(storage.ss_family, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (type == SOCK_STREAM) setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0;
}

bool is_free_for_web(const SocketAddress& address) {
  return is_free(address, SOCK_STREAM);
}

// Each worker has a port of its own, for UDP and for TCP.
bool is_free_for_media(const SocketAddress& first) {
  const unsigned workers = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < workers; ++i) {
    const SocketAddress one(first.ip(), static_cast<uint16_t>(first.port() + i));
    if (!is_free(one, SOCK_DGRAM) || !is_free(one, SOCK_STREAM)) return false;
  }
  return true;
}

// `usual`, or the first after it that is free; `usual` again if none is, and then the start says
// why it fails.
SocketAddress free_address(const SocketAddress& usual, bool (*is_good)(const SocketAddress&)) {
  for (uint16_t i = 0; i < kTried; ++i) {
    const SocketAddress one(usual.ip(), static_cast<uint16_t>(usual.port() + i));
    if (is_good(one)) return one;
  }
  return usual;
}

class Chooser {
 public:
  explicit Chooser(Demo& demo) : demo_(demo) {}

  // A port alone keeps the usual address.
  Result<SocketAddress> choose(std::string_view option, const std::string& given,
                               const SocketAddress& usual, bool (*is_good)(const SocketAddress&)) {
    if (const auto port = port_of(given)) return SocketAddress(usual.ip(), *port);
    if (const auto address = SocketAddress::parse(given)) return *address;
    if (!given.empty()) {
      return {ErrorCode::kMalformed,
              fmt::format("--{} {} is not a port or an address like 127.0.0.1:{}", option, given,
                          usual.port())};
    }
    const SocketAddress chosen = free_address(usual, is_good);
    if (chosen != usual) {
      demo_.moved.push_back(
          fmt::format("{} is at port {}: {} is taken", option, chosen.port(), usual.port()));
    }
    return chosen;
  }

 private:
  Demo& demo_;
};

}  // namespace

Config demo_config() {
  Config config = read_config("").config;
  config.registrar.enabled = true;
  config.registrar.domain = "patchcord.local";
  config.registrar.users = {{"demo1", "demo1"}, {"demo2", "demo2"}, {"mobile", "mobile"}};
  config.registrar.numbers = {{"+15550100", "mobile"}};
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  if (config.rtc.addresses.front() != loopback) config.rtc.addresses.push_back(loopback);
  // The demo needs no SIP server: nobody outside is given a door, and a softphone keeps its port.
  config.sip.listen = {{SipTransport::kUdp, SocketAddress(loopback, 0)}};
  return config;
}

Result<Demo> make_demo(const DemoPorts& ports) {
  Demo demo{demo_config(), {}};
  Chooser chooser(demo);
  Config& config = demo.config;
  TRY(config.listen.http, chooser.choose("http", ports.http, *config.listen.http, is_free_for_web));
  TRY(config.listen.https,
      chooser.choose("https", ports.https, *config.listen.https, is_free_for_web));
  TRY(config.listen.admin,
      chooser.choose("admin", ports.admin, *config.listen.admin, is_free_for_web));
  const SocketAddress usual(IpAddress::v4(0, 0, 0, 0), config.rtc.port);
  TRY(const SocketAddress rtc, chooser.choose("rtc", ports.rtc, usual, is_free_for_media));
  config.rtc.port = rtc.port();
  return demo;
}

std::string demo_text(const Demo& demo) {
  const uint16_t port = demo.config.listen.http->port();
  std::string text = "\n  Patchcord is running.";
  for (const std::string& moved : demo.moved) text += "\n  (" + moved + ")";
  text += fmt::format(
      "\n"
      "  Open http://127.0.0.1:{0} and sign in as demo1 (password demo1).\n"
      "  Call 600 and hear yourself.\n"
      "  Open http://127.0.0.1:{0}/?mobile in a second window and call +1 555 0100.\n"
      "  Ctrl-C ends it.\n\n",
      port);
  return text;
}

}  // namespace patchcord::app
