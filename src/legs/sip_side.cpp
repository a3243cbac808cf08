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
  const std::string user = incoming.request_uri.user_text();
  std::optional<SessionId> session = sides_.accounts.session_at(user);
  if (!session) session = sides_.accounts.callee(user, incoming.to.host());
  if (!session) {
    session = sides_.accounts.callee(incoming.to.user_text(), incoming.to.host());
  }
  if (!session) return refuse(incoming, call::Reason::kNotFound);
  if (const auto refusal = sides_.calls.refusal()) return refuse(incoming, *refusal);
  const Entry& callee = *sides_.accounts.find(*session);

  call::CallParts parts;
  parts.a = std::make_unique<SipLeg>(incoming, sides_.sip_legs);
  parts.b =
      std::make_unique<BrowserLeg>(BrowserLeg::Identity{.session = *session,
                                                        .call_id = sides_.random.token(22),
                                                        .party = callee.login + "@" + callee.domain,
                                                        .peer = {}},
                                   hub_, sides_.browser_legs);
  parts.offer = incoming.sdp;
  parts.a_media_address = local_address_(incoming.source).ip();
  parts.a_signalling_peer = incoming.source.address.ip();
  parts.caller = {.user = incoming.from.user_text(),
                  .domain = incoming.from.host(),
                  .display_name = incoming.display_name};
  parts.callee = {.user = callee.login, .domain = callee.domain, .display_name = {}};
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
