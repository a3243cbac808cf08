// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/support/web_socket_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/bytes.h"
#include "net/file_descriptor.h"
#include "net/receive_slab.h"

namespace patchcord::bench {
namespace {

constexpr uint8_t kText = 1, kClose = 8, kPing = 9, kPong = 10;
constexpr uint8_t kFinal = 0x80, kMasked = 0x80;

// The key is the example of RFC 6455 1.3; a client that trusts the loopback checks no answer to it.
std::string handshake(const SocketAddress& server) {
  return "GET / HTTP/1.1\r\nHost: " + server.to_string() +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

bool send_all(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

}  // namespace

// The connection as something a loop can watch: each "datagram" is what has come of the stream, an
// empty one its end.
class WebSocketClient::Stream final : public net::Port {
 public:
  Stream(net::FileDescriptor socket, const SocketAddress& server)
      : Port(server), socket_(std::move(socket)) {}

  std::span<net::Datagram> receive(net::ReceiveSlab& slab) override {
    const MutableByteSpan buffer = slab.buffer(0);
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    slab.datagrams()[0] = {buffer.first(size > 0 ? static_cast<size_t>(size) : 0), {}, {}};
    return std::span(slab.datagrams()).first(1);
  }
  void send(std::span<const net::Outgoing>) override {}  // frames are not sent by an outbox
  int descriptor() const override { return socket_.get(); }

 private:
  net::FileDescriptor socket_;
};

Result<std::unique_ptr<WebSocketClient>> WebSocketClient::open(const SocketAddress& server,
                                                               net::Loop& loop, Events events) {
  net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage name;
  const socklen_t length = server.to_sockaddr(name);
  const int one = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&name), length) != 0 ||
      !send_all(socket.get(), handshake(server))) {
    return {ErrorCode::kNetwork, "no WebSocket at " + server.to_string()};
  }
  return std::unique_ptr<WebSocketClient>(new WebSocketClient(
      std::make_unique<Stream>(std::move(socket), server), loop, std::move(events)));
}

WebSocketClient::WebSocketClient(std::unique_ptr<Stream> stream, net::Loop& loop, Events events)
    : stream_(std::move(stream)), loop_(loop), events_(std::move(events)) {
  loop_.watch(*stream_, [this](std::span<net::Datagram> chunks) { on_bytes(chunks[0].bytes); });
}

WebSocketClient::~WebSocketClient() {
  loop_.unwatch(*stream_);
}

void WebSocketClient::on_bytes(ByteSpan bytes) {
  if (bytes.empty()) {
    loop_.unwatch(*stream_);
    if (events_.closed) events_.closed();
    return;
  }
  received_ += as_text(bytes);
  if (!is_open_ && !take_head()) return;
  while (take_frame()) {
  }
}

bool WebSocketClient::take_head() {
  const size_t end = received_.find("\r\n\r\n");
  if (end == std::string::npos || !received_.starts_with("HTTP/1.1 101")) return false;
  received_.erase(0, end + 4);
  is_open_ = true;
  if (events_.opened) events_.opened();
  return true;
}

bool WebSocketClient::take_frame() {
  Reader reader(as_bytes(received_));
  const uint8_t opcode = reader.u8() & 0x0f;
  uint64_t size = reader.u8() & 0x7f;
  if (size == 126) {
    size = reader.u16();
  } else if (size == 127) {
    size = reader.u64();
  }
  if (reader.failed() || reader.remaining() < size) return false;
  std::string payload(as_text(reader.bytes(size)));
  received_.erase(0, reader.position());
  if (opcode == kText && events_.text) {
    events_.text(std::move(payload));
  } else if (opcode == kPing || opcode == kClose) {
    send_frame(opcode == kPing ? kPong : kClose, payload);
  }
  return true;
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
  return send_all(stream_->descriptor(), frame);
}

}  // namespace patchcord::bench
