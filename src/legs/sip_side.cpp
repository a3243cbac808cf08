// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/sip_side.h"

#include "core/log.h"

namespace patchcord::legs {
namespace {

template <class T>
concept OfDialog = requires(const T& event) { event.dialog; };

std::optional<sip::DialogId> dialog_of(const sip::Event& event) {
  return std::visit(
      [](const auto& one) -> std::optional<sip::DialogId> {
        if constexpr (OfDialog<decltype(one)>) return one.dialog;
        return std::nullopt;
      },
      event);
}

}  // namespace

void SipSide::on_event(const sip::Event& event) {
  if (const auto* incoming = std::get_if<sip::IncomingCall>(&event)) return on_incoming(*incoming);
  if (const auto dialog = dialog_of(event)) {
    const auto found = sides_.sip_legs.by_dialog.find(*dialog);
    if (found != sides_.sip_legs.by_dialog.end()) found->second->on_event(event);
    return;
  }
  if (const auto* registered = std::get_if<sip::Registered>(&event)) {
    if (const auto session = sides_.accounts.session_of(registered->registration)) {
      browsers_.on_registered(*session);
    }
  } else if (const auto* failed = std::get_if<sip::RegistrationFailed>(&event)) {
    if (const auto session = sides_.accounts.session_of(failed->registration)) {
      browsers_.on_registration_failed(*session, *failed);
    }
  }
}

void SipSide::on_incoming(const sip::IncomingCall& incoming) {
  if (const auto refusal = sides_.calls.refusal(applicant_of(incoming))) {
    return refuse(incoming, *refusal);
  }
  if (incoming.local_user.empty()) {
    from_server(incoming);
  } else {
    from_phone(incoming);
  }
}

// A phone of ours has the limits of its user; a SIP server has none but those of the house.
call::Applicant SipSide::applicant_of(const sip::IncomingCall& incoming) const {
  if (incoming.local_user.empty()) return {};
  return {wcs::user_key(incoming.local_user, sides_.directory.plan().domain),
          incoming.source.address.ip().network()};
}

// From a SIP server at which a browser is registered: the call is for that browser.
void SipSide::from_server(const sip::IncomingCall& incoming) {
  const std::string user = incoming.request_uri.user_text();
  std::optional<SessionId> session = sides_.accounts.session_at(user);
  if (!session) session = sides_.accounts.callee(user, incoming.to.host());
  if (!session) {
    session = sides_.accounts.callee(incoming.to.user_text(), incoming.to.host());
  }
  if (!session) return refuse(incoming, call::Reason::kNotFound);
  const Entry& callee = *sides_.accounts.find(*session);
  start(
      incoming, {.user = callee.login, .domain = callee.domain, .display_name = {}},
      std::make_unique<BrowserLeg>(BrowserLeg::Identity{.session = *session,
                                                        .call_id = sides_.random.token(22),
                                                        .party = callee.login + "@" + callee.domain,
                                                        .peer = {}},
                                   hub_, sides_.browser_legs));
}

// From a phone of ours: it dials as a browser does, and reaches who a browser reaches.
void SipSide::from_phone(const sip::IncomingCall& incoming) {
  call::Dialled dialled;
  if (const auto read = call::read_dialled(incoming.request_uri.user_text())) dialled = *read;
  dialled.host = incoming.request_uri.host();
  const auto ip = incoming.request_uri.ip();
  const sip::UserAgent& agent = sides_.sip_legs.user_agent;
  if (ip && *ip == agent.local_address(incoming.source).ip()) dialled.host.clear();
  if (dialled.user.empty()) return refuse(incoming, call::Reason::kBadNumber);
  Callee callee =
      switchboard_.find({.login = incoming.local_user, .session = {}, .account = {}}, dialled, {});
  if (const auto* nobody = std::get_if<NoCallee>(&callee)) return refuse(incoming, nobody->reason);
  start(incoming, {.user = dialled.user, .domain = {}, .display_name = {}},
        std::get<std::unique_ptr<call::Leg>>(std::move(callee)));
}

void SipSide::start(const sip::IncomingCall& incoming, call::Party callee,
                    std::unique_ptr<call::Leg> leg) {
  call::CallParts parts;
  parts.a = std::make_unique<SipLeg>(incoming, sides_.sip_legs);
  parts.b = std::move(leg);
  parts.offer = incoming.sdp;
  parts.a_media_address = own_address_(incoming.source);
  parts.a_signalling_peer = incoming.source.address.ip();
  parts.caller = {.user = incoming.from.user_text(),
                  .domain = incoming.from.host(),
                  .display_name = incoming.display_name};
  parts.callee = std::move(callee);
  parts.applicant = applicant_of(incoming);
  sides_.calls.start(std::move(parts));
}

void SipSide::refuse(const sip::IncomingCall& incoming, call::Reason reason) {
  log::info("call.refused", {{"sip_call_id", incoming.call_id},
                             {"to", incoming.to.user_text()},
                             {"reason", call::row(reason).name}});
  sides_.sip_legs.user_agent.reject(incoming.dialog, call::row(reason).sip_status, {},
                                    sides_.control.now());
}

}  // namespace patchcord::legs
