// SPDX-License-Identifier: GPL-3.0-or-later
// Private. Stream: one accepted connection, plain or TLS, behind one type, so that HTTP and
// WebSocket code is compiled once and does not know which it is. Models Asio's AsyncStream for one
// read and one write at a time. Thread: control. Owner: HttpConnection, then its WebSocket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string>

#include "core/function.h"
#include "core/time.h"

namespace patchcord::web {

namespace asio = boost::asio;
using boost::system::error_code;
using Done = Function<void(error_code, size_t)>;

// What a Stream stands on. Each operation ends in its Done, later, unless the io_context ends
// first.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void handshake(Done done) = 0;
  virtual void read(asio::mutable_buffer buffer, Done done) = 0;
  virtual void write(asio::const_buffer buffer, Done done) = 0;
  // Ends our direction and waits for the peer to end its own.
  virtual void shutdown(Done done) = 0;
  virtual asio::ip::tcp::socket& socket() = 0;
};

class Stream {
 public:
  using executor_type = asio::any_io_executor;

  // Plain when tls is null; OpenSSL counts the context, so it may be replaced later. linger: how
  // long a shutdown may take.
  Stream(asio::ip::tcp::socket socket, asio::ssl::context* tls, Duration linger);

  executor_type get_executor() { return transport_->socket().get_executor(); }
  void handshake(Done done) { transport_->handshake(std::move(done)); }
  void shutdown(Done done);
  void close_now();  // pending operations end with an error

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, size_t)>(
        [](auto handler, Transport* transport, asio::mutable_buffer buffer) {
          transport->read(buffer, Done(std::move(handler)));
        },
        token, transport_.get(), first_of<asio::mutable_buffer>(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, size_t)>(
        [](auto handler, Transport* transport, asio::const_buffer buffer) {
          transport->write(buffer, Done(std::move(handler)));
        },
        token, transport_.get(), gathered(buffers));
  }

 private:
  static constexpr size_t kGather = 16 * 1024;  // one TLS record

  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it) {
      const Buffer buffer(*it);
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  // A frame's header and payload in one packet and one TLS record.
  template <class Buffers>
  asio::const_buffer gathered(const Buffers& buffers) {
    const auto first = first_of<asio::const_buffer>(buffers);
    if (first.size() == asio::buffer_size(buffers) || first.size() >= kGather) return first;
    gather_.resize(std::min(kGather, asio::buffer_size(buffers)));
    asio::buffer_copy(asio::buffer(gather_), buffers);
    return asio::buffer(gather_);
  }

  std::shared_ptr<Transport> transport_;
  Duration linger_;
  std::string gather_;
};

}  // namespace patchcord::web
