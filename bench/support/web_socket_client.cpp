// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/support/web_socket_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/bytes.h"

namespace patchcord::bench {
namespace {

constexpr uint8_t kText = 1, kPing = 9, kPong = 10;
constexpr uint8_t kFinal = 0x80, kMasked = 0x80;

// The key is the example of RFC 6455 1.3; a client that trusts the loopback checks no answer to it.
std::string handshake(const SocketAddress& server) {
  return "GET / HTTP/1.1\r\nHost: " + server.to_string() +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

// Byte by byte, so that nothing of the first frame is taken with it.
bool read_head(int socket) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char c;
    if (head.size() > 4096 || recv(socket, &c, 1, 0) != 1) return false;
    head += c;
  }
  return head.starts_with("HTTP/1.1 101");
}

bool send_all(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

}  // namespace

Result<std::unique_ptr<WebSocketClient>> WebSocketClient::open(
    const SocketAddress& server, Executor& loop, Function<void(std::string)> on_text) {
  net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage name;
  const socklen_t length = server.to_sockaddr(name);
  const int one = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&name), length) != 0 ||
      !send_all(socket.get(), handshake(server)) || !read_head(socket.get())) {
    return {ErrorCode::kNetwork, "no WebSocket at " + server.to_string()};
  }
  return std::unique_ptr<WebSocketClient>(
      new WebSocketClient(std::move(socket), loop, std::move(on_text)));
}

WebSocketClient::WebSocketClient(net::FileDescriptor socket, Executor& loop,
                                 Function<void(std::string)> on_text)
    : socket_(std::move(socket)),
      loop_(loop),
      on_text_(std::move(on_text)),
      reader_([this] { read_frames(); }) {}

WebSocketClient::~WebSocketClient() {
  shutdown(socket_.get(), SHUT_RDWR);
  reader_.join();
}

bool WebSocketClient::send(std::string_view text) {
  return send_frame(kText, text);
}

// The mask is zero: its purpose is to confuse proxies, and there is none (RFC 6455 10.3).
bool WebSocketClient::send_frame(uint8_t opcode, std::string_view payload) {
  std::array<uint8_t, 14> head;
  Writer writer(head);
  writer.u8(kFinal | opcode);
  if (payload.size() < 126) {
    writer.u8(static_cast<uint8_t>(kMasked | payload.size()));
  } else if (payload.size() < 65536) {
    writer.u8(kMasked | 126);
    writer.u16(static_cast<uint16_t>(payload.size()));
  } else {
    writer.u8(kMasked | 127);
    writer.u64(payload.size());
  }
  writer.u32(0);
  std::string frame(as_text(writer.written()));
  frame += payload;
  return send_all(socket_.get(), frame);
}

void WebSocketClient::read_frames() {
  while (true) {
    std::array<uint8_t, 8> head;
    if (!read_exactly(head.data(), 2)) return;
    const uint8_t opcode = head[0] & 0x0f;
    uint64_t size = head[1] & 0x7f;
    if (size == 126) {
      if (!read_exactly(head.data(), 2)) return;
      size = load_be16(head.data());
    } else if (size == 127) {
      if (!read_exactly(head.data(), 8)) return;
      size = Reader(head).u64();
    }
    std::string payload(size, '\0');
    if (!read_exactly(payload.data(), payload.size())) return;
    if (opcode == kText) {
      loop_.post([this, text = std::move(payload)]() mutable { on_text_(std::move(text)); });
    } else if (opcode == kPing) {
      loop_.post([this, text = std::move(payload)] { send_frame(kPong, text); });
    }
  }
}

bool WebSocketClient::read_exactly(void* to, size_t size) {
  return size == 0 || recv(socket_.get(), to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

}  // namespace patchcord::bench
