// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sip_ground.h"

#include <algorithm>

#include "core/log.h"

namespace patchcord::app {
namespace {

sip::TransportKind kind_of(SipTransport transport) {
  switch (transport) {
    case SipTransport::kUdp:
      return sip::TransportKind::kUdp;
    case SipTransport::kTcp:
      return sip::TransportKind::kTcp;
    case SipTransport::kTls:
      break;
  }
  return sip::TransportKind::kTls;
}

// A SIP message as several log lines, so that a trace can be read; each is escaped by the log.
void trace_message(sip::TraceDirection direction, const sip::Target& peer, std::string_view text) {
  const char* const arrow = direction == sip::TraceDirection::kIn ? "in" : "out";
  log::info("sip.trace", {{"direction", arrow},
                          {"peer", peer.address.to_string()},
                          {"transport", sip::to_string(peer.transport)},
                          {"bytes", text.size()}});
  while (!text.empty()) {
    const size_t end = std::min(text.find("\r\n"), text.size());
    log::info("sip.trace", {{"line", text.substr(0, end)}});
    text.remove_prefix(std::min(end + 2, text.size()));
  }
}

}  // namespace

SipGround::SipGround(boost::asio::io_context& io, const Config& config, Executor& control,
                     Random& random)
    : config_(config),
      control_(control),
      transport_(io, control, *this),
      resolver_(io, control, random, {.servers = config.sip.dns}) {}

Result<void> SipGround::start(sip::UserAgent& user_agent, SipTrace trace) {
  user_agent_ = &user_agent;
  if (trace == SipTrace::kOn) user_agent.set_trace(trace_message);
  TRY_VOID(reload_tls());
  for (const SipListen& listen : config_.sip.listen) {
    const IpAddress said = first_of(config_.sip.addresses, listen.address.ip().family());
    std::optional<IpAddress> advertised;
    if (!said.is_unspecified()) advertised = said;
    const Result<void> bound =
        transport_.listen({kind_of(listen.transport), listen.address, advertised});
    if (!bound) {
      return {bound.error().code,
              "sip.listen " + listen.address.to_string() + ": " + bound.error().text};
    }
  }
  return {};
}

Result<void> SipGround::reload_tls() {
  const bool has_own = !config_.sip.tls.certificate.empty();
  sip::TlsConfig tls{.certificate = has_own ? config_.sip.tls.certificate : config_.tls.certificate,
                     .key = has_own ? config_.sip.tls.key : config_.tls.key,
                     .is_shown_to_servers = has_own,
                     .authorities = {}};
  for (const AllowedDomain& domain : config_.sip.domains) {
    if (!domain.ca.empty()) tls.authorities[host_name(domain.host)] = domain.ca;
  }
  const Result<void> used = transport_.use_tls(tls);
  if (!used) return {used.error().code, "sip.tls: " + used.error().text};
  return {};
}

std::optional<sip::TransportKind> SipGround::transport_for(std::string_view host,
                                                           uint16_t port) const {
  const AllowedDomain* domain = find_domain(config_.sip.domains, host, port, std::nullopt);
  if (!domain || !domain->transport) return std::nullopt;
  return kind_of(*domain->transport);
}

void SipGround::send(const sip::Target& target, ByteSpan bytes) {
  transport_.send(target, bytes);
}

void SipGround::resolve(sip::ResolveTicket ticket, const sip::ResolveQuery& query) {
  resolver_.resolve(query, [this, ticket](Result<sip::Targets> targets) {
    user_agent_->on_resolved(ticket, std::move(targets), control_.now());
  });
}

SocketAddress SipGround::local_address(const sip::Target& target) {
  return transport_.local_address(target);
}

void SipGround::wake_at(MonoTime when) {
  control_.cancel(alarm_);
  alarm_ = {};
  if (when == kNever) return;
  alarm_ = control_.after(std::max(Duration(0), when - control_.now()), [this] {
    alarm_ = {};
    user_agent_->on_time(control_.now());
  });
}

void SipGround::find(const sip::ResolveQuery& query, Answer answer) {
  resolver_.resolve(
      query, [this, answer = std::move(answer)](Result<sip::Targets> targets) mutable {
        if (!targets) return answer(std::move(targets).error());
        answer(own_media_address(config_, sip::source_address_toward(targets->front().address)));
      });
}

void SipGround::on_received(ByteSpan bytes, const sip::Target& from) {
  user_agent_->on_message(bytes, from, control_.now());
}

void SipGround::on_transport_error(const sip::Target& target, const sip::TransportFault& fault) {
  user_agent_->on_transport_error(target, fault, control_.now());
}

}  // namespace patchcord::app
