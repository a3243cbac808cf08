// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "web/stream_impl.h"

namespace patchcord::web {
namespace {

using asio::ip::tcp;

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(tcp::socket socket) : socket_(std::move(socket)) {}

  void handshake(Done done) override {
    asio::post(socket_.get_executor(),
               [done = std::move(done)]() mutable { done(error_code(), 0); });
  }
  void read(asio::mutable_buffer buffer, Done done) override {
    socket_.async_read_some(buffer, std::move(done));
  }
  void write(asio::const_buffer buffer, Done done) override {
    socket_.async_write_some(buffer, std::move(done));
  }
  // Closing while unread bytes wait would send RST, which may overtake our last words: read on
  // until the peer ends, within reason (RFC 9112 9.6).
  void shutdown(Done done) override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    drain(std::move(done), kDrain);
  }
  tcp::socket& socket() override { return socket_; }

 private:
  static constexpr size_t kDrain = 256 * 1024;

  void drain(Done done, size_t left) {
    socket_.async_read_some(asio::buffer(sink_), [this, left, done = std::move(done)](
                                                     error_code error, size_t n) mutable {
      if (error || n >= left) return done(error_code(), 0);
      drain(std::move(done), left - n);
    });
  }

  tcp::socket socket_;
  std::array<char, 2048> sink_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, asio::ssl::context& context)
      : stream_(std::move(socket), context) {}

  void handshake(Done done) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [done = std::move(done)](error_code error) mutable { done(error, 0); });
  }
  void read(asio::mutable_buffer buffer, Done done) override {
    stream_.async_read_some(buffer, std::move(done));
  }
  void write(asio::const_buffer buffer, Done done) override {
    stream_.async_write_some(buffer, std::move(done));
  }
  void shutdown(Done done) override {
    stream_.async_shutdown([done = std::move(done)](error_code) mutable { done(error_code(), 0); });
  }
  tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

Stream::Stream(tcp::socket socket, asio::ssl::context* tls, Duration linger) : linger_(linger) {
  if (tls) {
    transport_ = std::make_shared<TlsTransport>(std::move(socket), *tls);
  } else {
    transport_ = std::make_shared<PlainTransport>(std::move(socket));
  }
}

void Stream::shutdown(Done done) {
  const auto timer = std::make_shared<asio::steady_timer>(get_executor(), linger_);
  timer->async_wait([weak = std::weak_ptr(transport_)](error_code error) {
    const auto transport = weak.lock();
    error_code ignored;
    if (!error && transport) transport->socket().close(ignored);
  });
  transport_->shutdown([timer, done = std::move(done)](error_code error, size_t n) mutable {
    timer->cancel();
    done(error, n);
  });
}

void Stream::close_now() {
  error_code ignored;
  transport_->socket().close(ignored);
}

}  // namespace patchcord::web
