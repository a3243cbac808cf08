// SPDX-License-Identifier: GPL-3.0-or-later
// One WebSocket: text in, text out, one write at a time, a bounded queue behind it. RFC 6455; no
// extension is offered, so no compression bomb. Heartbeats are the protocol's own (wcs).
#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "web/core_impl.h"

namespace patchcord::web {

// How Beast ends a connection that is a Stream (found by argument-dependent lookup).
template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
  stream.shutdown(
      [done = std::forward<Handler>(handler)](error_code error, size_t) mutable { done(error); });
}
inline void beast_close_socket(Stream& stream) {
  stream.close_now();
}

namespace {

namespace websocket = boost::beast::websocket;

constexpr uint16_t kNoStatus = 1005, kAbnormal = 1006;  // RFC 6455 7.4.1
constexpr size_t kFirstPiece = 2 * 1024;                // of a message that is read
constexpr size_t kKeptBuffer = 16 * 1024;  // a read buffer grown above it is given back

class BeastSocket final : public WebSocket, public std::enable_shared_from_this<BeastSocket> {
 public:
  BeastSocket(Accepted accepted, const PeerInfo& peer)
      : core_(std::move(accepted.core)),
        id_(accepted.id),
        slot_(std::move(accepted.slot)),
        peer_(peer),
        socket_(std::move(accepted.stream)),
        deadline_(socket_.get_executor()) {}

  void start(std::string_view head) {
    boost::beast::http::request_parser<boost::beast::http::empty_body> parser;
    error_code error;
    parser.header_limit(static_cast<uint32_t>(head.size() + 1));
    parser.put(asio::buffer(head), error);
    if (!parser.is_header_done()) return;
    request_ = parser.release();
    core_->entered(id_, weak_from_this());
    // For the handshake, and for closing after a frame that breaks the rules. No idle time: the
    // protocol above has its own heartbeat.
    socket_.set_option(websocket::stream_base::timeout{core_->limits().header_time,
                                                       websocket::stream_base::none(), false});
    socket_.read_message_max(core_->limits().frame_bytes);
    socket_.auto_fragment(false);
    socket_.text(true);
    socket_.control_callback([this](websocket::frame_type, boost::beast::string_view) {
      if (++control_frames_ > core_->limits().control_frames) abort();
    });
    socket_.async_accept(
        request_, [self = shared_from_this()](error_code refused) { self->on_accepted(refused); });
  }

  void send(std::string text) override {
    if (is_closing_) return;
    if (queued_ + text.size() > core_->limits().queue_bytes) {
      core_->slow_reader();
      // What is being written must stay whole; the rest is given up.
      queue_.erase(queue_.begin() + (is_writing_ ? 1 : 0), queue_.end());
      return close(static_cast<uint16_t>(websocket::close_code::try_again_later), "too slow");
    }
    queued_ += text.size();
    queue_.push_back(std::move(text));
    write();
  }

  void close(uint16_t code, std::string_view reason) override {
    if (is_closing_) return;
    is_closing_ = true;
    constexpr size_t kMaxReason = 123;  // RFC 6455 5.5
    const std::string_view kept = reason.substr(0, kMaxReason);
    reason_ = {static_cast<websocket::close_code>(code), {kept.data(), kept.size()}};
    arm(core_->limits().close_time);
    if (queue_.empty()) send_close();
  }

  void abort() override { boost::beast::get_lowest_layer(socket_).close_now(); }

 private:
  void arm(Duration time) { deadline_.set(time, weak_from_this(), &BeastSocket::on_late); }

  void on_late() {
    core_->timed_out();
    abort();
  }

  void on_accepted(error_code error) {
    request_ = {};
    if (error) return;
    is_open_ = true;
    core_->opened(id_, peer_, weak_from_this());
    read();
  }

  // Piece by piece: reading whole messages, Beast 1.81 asks itself for nothing, and asserts, when a
  // ping came between the fragments of one.
  void read() {
    const size_t piece = std::clamp(buffer_.size(), kFirstPiece, kKeptBuffer);
    socket_.async_read_some(
        buffer_.prepare(piece),
        [self = shared_from_this()](error_code error, size_t size) { self->on_read(error, size); });
  }

  void on_read(error_code error, size_t size) {
    if (error) return end(close_code(error));
    buffer_.commit(size);
    if (is_closing_) {  // only the peer's close frame matters now
      buffer_.clear();
    } else if (!socket_.got_text()) {
      buffer_.clear();
      close(static_cast<uint16_t>(websocket::close_code::unknown_data), "text only");
    } else if (socket_.is_message_done()) {
      on_message();
    }
    read();
  }

  void on_message() {
    control_frames_ = 0;
    const auto bytes = buffer_.cdata();
    core_->heard(id_, {static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.clear();
    if (buffer_.capacity() > kKeptBuffer) buffer_.shrink_to_fit();
  }

  void write() {
    if (is_writing_ || queue_.empty()) return;
    is_writing_ = true;
    socket_.async_write(
        asio::buffer(queue_.front()),
        [self = shared_from_this()](error_code error, size_t) { self->on_written(error); });
  }

  void on_written(error_code error) {
    is_writing_ = false;
    if (error) return end(kAbnormal);
    queued_ -= queue_.front().size();
    queue_.pop_front();
    if (!queue_.empty()) return write();
    if (is_closing_) send_close();
  }

  void send_close() {
    socket_.async_close(reason_, [self = shared_from_this()](error_code) { self->end(kAbnormal); });
  }

  // What the client said when it left, if it did.
  uint16_t close_code(error_code error) const {
    if (error != websocket::error::closed) return kAbnormal;
    return socket_.reason().code == websocket::close_code::none ? kNoStatus : socket_.reason().code;
  }

  // The connection is over, by whatever way; told once.
  void end(uint16_t code) {
    is_closing_ = true;
    deadline_.drop();
    abort();
    if (!is_open_) return;
    is_open_ = false;
    core_->closed(id_, code);
  }

  std::shared_ptr<ServerCore> core_;
  const ConnectionId id_;
  Slot slot_;
  const PeerInfo peer_;
  websocket::stream<Stream, false> socket_;
  Deadline deadline_;
  boost::beast::http::request<boost::beast::http::empty_body>
      request_;  // until the handshake is done
  boost::beast::flat_buffer buffer_;
  std::deque<std::string> queue_;  // the first is being written
  size_t queued_ = 0;              // bytes in queue_
  uint32_t control_frames_ = 0;    // since the last text
  websocket::close_reason reason_;
  bool is_open_ = false;
  bool is_writing_ = false;
  bool is_closing_ = false;
};

}  // namespace

void serve_websocket(Accepted accepted, const PeerInfo& peer, std::string_view head) {
  std::make_shared<BeastSocket>(std::move(accepted), peer)->start(head);
}

}  // namespace patchcord::web
