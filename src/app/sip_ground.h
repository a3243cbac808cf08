// SPDX-License-Identifier: GPL-3.0-or-later
// SipGround: the world as the SIP user agent sees it: sockets, names, the address by which a peer
// reaches us, and one alarm. It moves bytes and knows no SIP.
// Thread: control. Owner: Server.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <unordered_map>

#include "app/config.h"
#include "app/control_loop.h"
#include "legs/sip_leg.h"
#include "sip/outside.h"
#include "sip/user_agent.h"

namespace patchcord::app {

enum class SipTrace : uint8_t { kOff, kOn };

class SipGround final : public sip::Outside, public legs::WayFinder {
 public:
  SipGround(boost::asio::io_context& io, const Config& config, ControlLoop& control)
      : config_(config), control_(control), socket_(io) {}
  Result<void> start(sip::UserAgent& user_agent, SipTrace trace);

  void send(const sip::Target& target, ByteSpan bytes) override;
  void resolve(sip::ResolveTicket ticket, const sip::ResolveQuery& query) override;
  SocketAddress local_address(const sip::Target& target) const override;
  void wake_at(MonoTime when) override;
  void find(const sip::ResolveQuery& query, Answer answer) override;

 private:
  void receive();
  const Config& config_;
  ControlLoop& control_;
  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint from_;
  std::array<uint8_t, 65536> buffer_;
  sip::UserAgent* user_agent_ = nullptr;
  TimerId alarm_;
};

IpAddress route_address(const SocketAddress& to);

}  // namespace patchcord::app
