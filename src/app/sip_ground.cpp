// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sip_ground.h"

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>

#include "core/log.h"

namespace patchcord::app {
namespace asio = boost::asio;

Result<void> SipGround::start(sip::UserAgent& user_agent, SipTrace trace) {
  user_agent_ = &user_agent;
  boost::system::error_code error;
  const SocketAddress& a = config_.sip.listen.front().address;
  const auto address = asio::ip::make_address(a.ip().to_string());
  const asio::ip::udp::endpoint local(address, a.port());
  socket_.open(local.protocol(), error);
  socket_.bind(local, error);
  if (error) return {ErrorCode::kNetwork, "sip.listen " + a.to_string() + ": " + error.message()};
  if (trace == SipTrace::kOn) {
    user_agent.set_trace([](sip::TraceDirection d, const sip::Target& t, std::string_view text) {
      log::info("sip.trace", {{"dir", d == sip::TraceDirection::kIn ? "in" : "out"},
                              {"peer", t.address.to_string()},
                              {"text", text}});
    });
  }
  receive();
  return {};
}

void SipGround::receive() {
  socket_.async_receive_from(
      asio::buffer(buffer_), from_, [this](const boost::system::error_code& error, size_t size) {
        if (error == asio::error::operation_aborted) return;
        if (!error) {
          sip::Target target;
          target.address = SocketAddress::from_sockaddr(from_.data());
          user_agent_->on_message(ByteSpan(buffer_.data(), size), target, control_.now());
        }
        receive();
      });
}

void SipGround::send(const sip::Target& target, ByteSpan bytes) {
  boost::system::error_code error;
  socket_.send_to(asio::buffer(bytes.data(), bytes.size()),
                  {asio::ip::make_address(target.address.ip().to_string()), target.address.port()},
                  0, error);
}

void SipGround::resolve(sip::ResolveTicket ticket, const sip::ResolveQuery& query) {
  sip::Targets targets;
  if (const auto ip = IpAddress::parse(query.host)) {
    targets.push_back(
        {sip::TransportKind::kUdp, {*ip, query.port ? query.port : uint16_t{5060}}, {}});
  }
  control_.post(
      [this, ticket, targets] { user_agent_->on_resolved(ticket, targets, control_.now()); });
}

SocketAddress SipGround::local_address(const sip::Target& target) const {
  const SocketAddress& a = config_.sip.listen.front().address;
  if (config_.sip.address) return {*config_.sip.address, a.port()};
  if (!a.ip().is_unspecified()) return a;
  return {route_address(target.address), a.port()};
}

void SipGround::wake_at(MonoTime when) {
  control_.cancel(alarm_);
  alarm_ = {};
  if (when == kNever) return;
  alarm_ = control_.after(std::max(Duration(0), when - control_.now()),
                          [this] { user_agent_->on_time(control_.now()); });
}

void SipGround::find(const sip::ResolveQuery& query, Answer answer) {
  const auto ip = IpAddress::parse(query.host);
  if (!ip) return answer(Error{ErrorCode::kNotFound, "name not resolved"});
  if (config_.rtp.address) return answer(*config_.rtp.address);
  answer(route_address({*ip, 5060}));
}

IpAddress route_address(const SocketAddress& target) {
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  const int fd = socket(target.ip().is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return loopback;
  sockaddr_storage to, own{};
  const socklen_t length = target.to_sockaddr(to);
  socklen_t own_length = sizeof own;
  IpAddress address = loopback;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), length) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_length) == 0) {
    address = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&own)).ip();
  }
  close(fd);
  return address;
}

}  // namespace patchcord::app
