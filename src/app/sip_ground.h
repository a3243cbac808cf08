// SPDX-License-Identifier: GPL-3.0-or-later
// SipGround: the world as the SIP user agent sees it: sockets, names, the address by which a peer
// reaches us, and one alarm. It moves bytes and knows no SIP.
// Thread: control. Owner: Server.
#pragma once

#include "app/config.h"
#include "legs/sip_leg.h"
#include "sip/resolver.h"
#include "sip/transport.h"
#include "sip/user_agent.h"

namespace patchcord::app {

enum class SipTrace : uint8_t { kOff, kOn };

class SipGround final : public sip::Outside,
                        public legs::WayFinder,
                        private sip::TransportListener {
 public:
  SipGround(boost::asio::io_context& io, const Config& config, Executor& control, Random& random);
  // Errors: kNetwork when a listener of sip.listen cannot be bound.
  Result<void> start(sip::UserAgent& user_agent, SipTrace trace);
  // Reads certificates and authorities again, for connections from now on. kNotFound: a file cannot
  // be used; those in use stay.
  Result<void> reload_tls();

  void send(const sip::Target& target, ByteSpan bytes) override;
  void resolve(sip::ResolveTicket ticket, const sip::ResolveQuery& query) override;
  SocketAddress local_address(const sip::Target& target) override;
  void wake_at(MonoTime when) override;
  void find(const sip::ResolveQuery& query, Answer answer) override;
  std::optional<sip::TransportKind> transport_for(std::string_view host,
                                                  uint16_t port) const override;

 private:
  void on_received(ByteSpan bytes, const sip::Target& from) override;
  void on_transport_error(const sip::Target& target, const sip::TransportFault& fault) override;

  const Config& config_;
  Executor& control_;
  sip::Transport transport_;
  sip::Resolver resolver_;
  sip::UserAgent* user_agent_ = nullptr;
  TimerId alarm_;
};

}  // namespace patchcord::app
