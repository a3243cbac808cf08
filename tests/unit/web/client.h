// SPDX-License-Identifier: GPL-3.0-or-later
// A client of the tests: bytes over a real loopback socket, plain or TLS, and WebSocket frames made
// by hand so that bad ones can be made too. Server and client share the test's thread: whoever
// waits runs the io_context meanwhile.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "web/server.h"

namespace patchcord::web {

using namespace std::chrono_literals;

// Runs the loop until done() or until too much time went by; says which.
template <class Done>
bool run_until(boost::asio::io_context& io, Done done, std::chrono::milliseconds limit = 3s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_for(2ms);
  }
  return true;
}

enum class FrameKind : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9 };

struct Frame {
  uint8_t opcode = 0;
  std::string payload;
  uint16_t close_code() const {
    return payload.size() < 2 ? uint16_t{0}
                              : static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 |
                                                      static_cast<uint8_t>(payload[1]));
  }
};

class Client {
 public:
  Client(boost::asio::io_context& io, const SocketAddress& server, int receive_buffer = 0)
      : io_(io), fd_(::socket(server.ip().is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_storage to{};
    const socklen_t length = server.to_sockaddr(to);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), length), 0);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Client() {
    ssl_.reset();
    ::close(fd_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A TLS handshake that trusts anybody; the protocol agreed on, or empty.
  std::string start_tls(int max_version = TLS1_3_VERSION) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context_.get(), 0);  // lets the old versions be tried at all
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_);
    int result = 0;
    run_until(io_, [&] {
      result = SSL_connect(ssl_.get());
      const int error = SSL_get_error(ssl_.get(), result);
      return result == 1 || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE);
    });
    return result == 1 ? SSL_get_version(ssl_.get()) : "";
  }

  void send(std::string_view bytes) {
    run_until(io_, [&] {
      const ssize_t n = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
      return bytes.empty() || (n < 0 && errno != EAGAIN);
    });
  }

  // Everything until text is there or the server closed; what came is kept in received().
  bool wait_for(std::string_view text, std::chrono::milliseconds limit = 3s) {
    return run_until(
               io_, [&] { return receive() || received_.find(text) != std::string::npos; },
               limit) &&
           received_.find(text) != std::string::npos;
  }
  bool wait_closed(std::chrono::milliseconds limit = 3s) {
    return run_until(io_, [&] { return receive(); }, limit);
  }

  // One request, the answer with the connection closed after it.
  std::string ask(const std::string& head, std::string_view body = {}) {
    send(head + "Host: test\r\nConnection: close\r\n\r\n");
    send(body);
    EXPECT_TRUE(wait_closed());
    return received_;
  }

  bool upgrade(std::string_view path = "/", std::string_view more = {}) {
    send("GET " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more) + "\r\n");
    if (!wait_for("\r\n\r\n")) return false;
    const size_t end = received_.find("\r\n\r\n") + 4;
    answer_ = received_.substr(0, end);
    received_.erase(0, end);
    return answer_.starts_with("HTTP/1.1 101 ");
  }

  // Masked with zeros, so the payload stands as it is (RFC 6455 5.3).
  void send_frame(FrameKind kind, std::string_view payload, bool is_final = true) {
    std::string out(1, static_cast<char>((is_final ? 0x80 : 0) | static_cast<uint8_t>(kind)));
    if (payload.size() < 126) {
      out += static_cast<char>(0x80 | payload.size());
    } else {
      out += static_cast<char>(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8)
        out += static_cast<char>(payload.size() >> shift);
    }
    out.append(4, '\0');
    send(out.append(payload));
  }

  // The next whole frame of the server; opcode 0 when none came.
  Frame next_frame(std::chrono::milliseconds limit = 3s) {
    Frame frame;
    run_until(io_, [&] { return take_frame(frame) || (receive() && !take_frame(frame)); }, limit);
    return frame;
  }

  const std::string& received() const { return received_; }
  const std::string& answer() const { return answer_; }

 private:
  // Reads what is there; true once the server has closed.
  bool receive() {
    char bytes[4096];
    for (;;) {
      const ssize_t n =
          ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
      if (n <= 0) {
        if (ssl_) return SSL_get_error(ssl_.get(), static_cast<int>(n)) != SSL_ERROR_WANT_READ;
        return n == 0 || errno != EAGAIN;
      }
      received_.append(bytes, static_cast<size_t>(n));
    }
  }

  bool take_frame(Frame& frame) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(received_[i]); };
    if (received_.size() < 2) return false;
    size_t header = 2;
    size_t length = byte(1) & 0x7f;
    const size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (received_.size() < header + more) return false;
    if (more > 0) length = 0;
    for (size_t i = 0; i < more; ++i) length = length << 8 | byte(header + i);
    header += more;
    if (received_.size() < header + length) return false;
    frame.opcode = byte(0) & 0x0f;
    frame.payload = received_.substr(header, length);
    received_.erase(0, header + length);
    return true;
  }

  template <auto Free>
  struct Deleter {
    template <class T>
    void operator()(T* p) const {
      Free(p);
    }
  };

  boost::asio::io_context& io_;
  int fd_;
  std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Deleter<SSL_free>> ssl_;
  std::string received_;
  std::string answer_;
};

}  // namespace patchcord::web
