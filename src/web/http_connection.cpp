// SPDX-License-Identifier: GPL-3.0-or-later
// One HTTP connection: handshake, head, body, response, and again; or it becomes a WebSocket.
// Every step stands under a deadline, so a slow client costs one socket for a known time.
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "web/core_impl.h"
#include "web/http_message.h"

namespace patchcord::web {
namespace {

class HttpConnection final : public Peer, public std::enable_shared_from_this<HttpConnection> {
 public:
  explicit HttpConnection(Accepted accepted)
      : link_(std::move(accepted)), deadline_(link_.stream.get_executor()) {}

  void start() {
    link_.core->entered(link_.id, weak_from_this());
    arm(limits().header_time);
    link_.stream.handshake([self = shared_from_this()](error_code error, size_t) {
      if (!error) self->read_head(self->limits().header_time);
    });
  }

  void abort() override { link_.stream.close_now(); }

 private:
  const Limits& limits() const { return link_.core->limits(); }

  void arm(Duration time) { deadline_.set(time, weak_from_this(), &HttpConnection::on_late); }

  void on_late() {
    link_.core->timed_out();
    abort();
  }

  void read_head(Duration time) {
    arm(time);
    asio::async_read_until(
        link_.stream, asio::dynamic_buffer(buffer_, limits().header_bytes), "\r\n\r\n",
        [self = shared_from_this()](error_code error, size_t n) { self->on_head(error, n); });
  }

  void on_head(error_code error, size_t n) {
    if (error == asio::error::not_found) return reject(431);
    if (error) return;
    auto head = parse_head(std::string_view(buffer_).substr(0, n));
    if (!head) {
      return reject(head.error().code == ErrorCode::kUnsupported ? 501 : 400);
    }
    if (head->is_websocket_upgrade && link_.core->takes_websockets()) {
      // A client waits for our answer before its first frame (RFC 6455 4.1).
      return buffer_.size() == n ? upgrade(head->request) : reject(400);
    }
    if (head->content_length > limits().body_bytes) return reject(413);
    persistence_ = head->persistence;
    request_ = std::move(head->request);
    request_.peer = link_.core->client_of(link_.address, request_);
    buffer_.erase(0, n);
    read_body(head->content_length);
  }

  void read_body(size_t length) {
    if (buffer_.size() >= length) return on_body(length);
    arm(limits().header_time);
    asio::async_read(link_.stream, asio::dynamic_buffer(buffer_),
                     asio::transfer_exactly(length - buffer_.size()),
                     [self = shared_from_this(), length](error_code error, size_t) {
                       if (!error) self->on_body(length);
                     });
  }

  void on_body(size_t length) {
    request_.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    respond(link_.core->answer(request_), request_.method);
  }

  void upgrade(const Request& request) {
    const PeerInfo peer{link_.core->client_of(link_.address, request),
                        std::string(request.header("Origin")),
                        std::string(request.header("User-Agent")), link_.security};
    if (!link_.core->is_origin_allowed(peer.origin)) return reject(403);
    constexpr size_t kKey = 24;  // sixteen bytes in base64 (RFC 6455 4.1)
    if (request.header("Sec-WebSocket-Key").size() != kKey) return reject(400);
    deadline_.drop();
    serve_websocket(std::move(link_), peer, buffer_);
  }

  void reject(int status) {
    persistence_ = Persistence::kClose;
    Response response;
    response.status = status;
    response.body = std::string(reason_phrase(status)) + ".\n";
    respond(response, Method::kGet);
  }

  void respond(const Response& response, Method method) {
    arm(limits().write_time);
    output_ = print_response(response, method, persistence_);
    asio::async_write(link_.stream, asio::buffer(output_),
                      [self = shared_from_this()](error_code error, size_t) {
                        if (!error) self->on_written();
                      });
  }

  void on_written() {
    if (persistence_ == Persistence::kKeepAlive) return read_head(limits().idle_time);
    deadline_.drop();  // a shutdown has its own
    link_.stream.shutdown([self = shared_from_this()](error_code, size_t) {});
  }

  Accepted link_;
  Deadline deadline_;
  std::string buffer_;  // what was read and not yet used
  std::string output_;
  Request request_;
  Persistence persistence_ = Persistence::kKeepAlive;
};

}  // namespace

void serve_http(Accepted accepted) {
  std::make_shared<HttpConnection>(std::move(accepted))->start();
}

}  // namespace patchcord::web
