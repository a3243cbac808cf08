// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/browser_side.h"

#include <algorithm>

#include "core/log.h"

namespace patchcord::legs {
namespace {

using call::Reason;

const char* text_of(wcs::SignOut why) {
  switch (why) {
    case wcs::SignOut::kSocketClosed:
      return "socket closed";
    case wcs::SignOut::kStayedAway:
      return "stayed away";
    case wcs::SignOut::kRefused:
      return "refused";
    case wcs::SignOut::kFlood:
      return "flood";
  }
  return "";
}

wcs::Cause cause_of(Reason reason, std::string_view info) {
  const call::ReasonRow& row = call::row(reason);
  wcs::Cause cause;
  cause.reason = row.name;
  cause.info = info.empty() ? row.text : info;
  cause.hint = row.hint;
  return cause;
}

// sip.domains may say how a server is to be asked; a page that names a transport is taken by its
// word, and the domain's entry decides whether that is allowed.
void choose_transport(sip::Account& account, const WayFinder& ways) {
  sip::Uri& next_hop = account.outbound_proxy ? *account.outbound_proxy : account.aor;
  if (next_hop.scheme() == sip::Uri::Scheme::kSips || next_hop.params().has("transport")) return;
  const auto transport = ways.transport_for(next_hop.host(), next_hop.port());
  if (!transport || transport == sip::TransportKind::kUdp) return;
  if (!account.outbound_proxy) {
    account.outbound_proxy = sip::Uri::sip("", account.aor.host(), account.aor.port());
    account.outbound_proxy->params().set_flag("lr");
  }
  account.outbound_proxy->params().set("transport",
                                       transport == sip::TransportKind::kTls ? "tls" : "tcp");
}

SignInGuard::Attempt attempt_of(const Entry& entry) {
  return {wcs::user_key(entry.login, entry.domain), entry.address};
}
SignInGuard::Attempt attempt_of(const wcs::SignIn& sign_in) {
  return {wcs::user_key(sign_in.login, sign_in.domain), sign_in.peer.address.ip()};
}

}  // namespace

void BrowserSide::on_sign_in(SessionId session, const wcs::SignIn& sign_in) {
  log::info("session.sign_in", {{"session", session.value()},
                                {"login", sign_in.login},
                                {"domain", sign_in.domain},
                                {"from", sign_in.peer.address.to_string()}});
  if (sign_in.login.empty()) {
    hub_->accept(session, sides_.control.now());  // no account: nothing to call with
  } else if (guard_.is_locked(attempt_of(sign_in), sides_.control.now())) {
    refuse(session, Reason::kTooManyAttempts, "TOO_MANY_REGISTER_ATTEMPTS");
  } else if (hub_->sessions_of(sign_in.login, sign_in.domain).size() >=
             limits_.sessions_per_account) {
    refuse(session, Reason::kTooManySessions, "FAILED");
  } else if (sides_.directory.is_ours(sign_in.domain)) {
    sign_in_at_home(session, sign_in);
  } else {
    sign_in_at_server(session, sign_in);
  }
}

void BrowserSide::sign_in_at_home(SessionId session, const wcs::SignIn& sign_in) {
  if (!sides_.directory.verify(sign_in.login, sign_in.password)) {
    guard_.failed(attempt_of(sign_in), sides_.control.now());
    return refuse(session, Reason::kAuthRejected, "AUTHENTICATION_FAIL");
  }
  sides_.accounts.add(session, {.kind = call::AccountKind::kLocal,
                                .login = sign_in.login,
                                .domain = sign_in.domain,
                                .display_name = sign_in.visible_name,
                                .account = {},
                                .registration = {},
                                .address = sign_in.peer.address.ip(),
                                .since = sides_.control.now()});
  guard_.succeeded(attempt_of(sign_in));
  hub_->accept(session, sides_.control.now());
  hub_->registered(session);
}

void BrowserSide::sign_in_at_server(SessionId session, const wcs::SignIn& sign_in) {
  Result<sip::Account> account = account_of(sign_in);
  if (!account) {
    return refuse(session, Reason::kRequestRejected, "WRONG_SIPPROVIDER_ADDRESS",
                  account.error().text);
  }
  account->contact_user = sides_.random.token(12);
  choose_transport(*account, sides_.sip_legs.ways);
  sides_.accounts.add(session, {.kind = call::AccountKind::kTrunk,
                                .login = sign_in.login,
                                .domain = sign_in.domain,
                                .display_name = sign_in.visible_name,
                                .account = *account,
                                .registration = {},
                                .address = sign_in.peer.address.ip(),
                                .since = sides_.control.now()});
  hub_->accept(session, sides_.control.now());
  if (sign_in.registering == wcs::Registering::kNotRequired) return;
  sides_.accounts.set_registration(session, sides_.sip_legs.user_agent.register_account(
                                                std::move(*account), sides_.control.now()));
}

void BrowserSide::refuse(SessionId session, Reason reason, std::string_view status,
                         std::string_view info) {
  log::warn("session.refused", {{"session", session.value()}, {"reason", call::row(reason).name}});
  hub_->refuse(session, {.status = std::string(status), .cause = cause_of(reason, info)});
}

void BrowserSide::on_sign_out(SessionId session, wcs::SignOut why) {
  log::info("session.sign_out", {{"session", session.value()}, {"why", text_of(why)}});
  with_legs_of(session, [](BrowserLeg& leg) { leg.on_session_gone(); });
  const Entry* entry = sides_.accounts.find(session);
  if (entry && entry->registration) {
    sides_.sip_legs.user_agent.unregister(*entry->registration, sides_.control.now());
  }
  sides_.accounts.remove(session);
}

void BrowserSide::on_away(SessionId session, wcs::Keeping keeping) {
  log::info("session.away", {{"session", session.value()},
                             {"kept", keeping == wcs::Keeping::kAlive ? "alive" : "briefly"}});
  with_legs_of(session, [keeping](BrowserLeg& leg) { leg.on_away(keeping); });
}

void BrowserSide::on_back(SessionId session, wcs::Memory memory) {
  log::info("session.back", {{"session", session.value()},
                             {"memory", memory == wcs::Memory::kAllCalls ? "all" : "none"}});
  with_legs_of(session, [memory](BrowserLeg& leg) { leg.on_back(memory); });
}

// What a leg is told may end it and others.
template <class Act>
void BrowserSide::with_legs_of(SessionId session, Act act) {
  for (const std::string& call_id : sides_.browser_legs.calls_of(session)) {
    if (BrowserLeg* leg = sides_.browser_legs.find(session, call_id)) act(*leg);
  }
}

void BrowserSide::on_call(SessionId session, const wcs::CallRequest& call) {
  const Entry* caller = sides_.accounts.find(session);
  if (!caller) return end_at_once(session, call.call_id, Reason::kForbidden);
  const call::Applicant applicant{wcs::user_key(caller->login, caller->domain),
                                  caller->address.network()};
  if (const auto refusal = sides_.calls.refusal(applicant)) {
    return end_at_once(session, call.call_id, *refusal);
  }
  const Result<call::Dialled> dialled = call::read_dialled(call.callee);
  if (!dialled) {
    return end_at_once(session, call.call_id, Reason::kBadNumber, dialled.error().text);
  }
  Callee callee = switchboard_->find({.kind = caller->kind,
                                      .login = caller->login,
                                      .session = session,
                                      .account = caller->account},
                                     *dialled, allowed_headers(call.invite_parameters));
  if (const auto* nobody = std::get_if<NoCallee>(&callee)) {
    return end_at_once(session, call.call_id, nobody->reason, nobody->info);
  }
  call::CallParts parts;
  parts.a = std::make_unique<BrowserLeg>(
      BrowserLeg::Identity{.session = session,
                           .call_id = call.call_id,
                           .party = caller->login + "@" + caller->domain,
                           .peer = {}},
      *hub_, sides_.browser_legs);
  parts.b = std::get<std::unique_ptr<call::Leg>>(std::move(callee));
  parts.offer = call.sdp;
  parts.caller = {
      .user = caller->login, .domain = caller->domain, .display_name = call.visible_name};
  parts.callee = {.user = dialled->user, .domain = dialled->host, .display_name = {}};
  parts.applicant = applicant;
  sides_.calls.start(std::move(parts));
}

void BrowserSide::end_at_once(SessionId session, std::string_view call_id, Reason reason,
                              std::string_view info) {
  log::info("call.refused", {{"session", session.value()}, {"reason", call::row(reason).name}});
  wcs::CallEnd end = end_for({.reason = reason}, call::Side::kA);
  if (!info.empty()) end.cause.info = info;
  hub_->finish(session, call_id, end);
}

void BrowserSide::on_answer(SessionId session, std::string_view call_id, std::string_view sdp) {
  if (BrowserLeg* leg = sides_.browser_legs.find(session, call_id)) leg->on_answer(sdp);
}

void BrowserSide::on_hangup(SessionId session, std::string_view call_id, std::string_view reason) {
  if (BrowserLeg* leg = sides_.browser_legs.find(session, call_id)) leg->on_hangup(reason);
}

void BrowserSide::on_dtmf(SessionId session, std::string_view call_id, std::string_view digits,
                          wcs::DtmfType) {
  if (BrowserLeg* leg = sides_.browser_legs.find(session, call_id)) leg->on_digits(digits);
}

void BrowserSide::on_registered(SessionId session) {
  if (const Entry* entry = sides_.accounts.find(session)) guard_.succeeded(attempt_of(*entry));
  hub_->registered(session);
}

void BrowserSide::on_registration_failed(SessionId session, const sip::RegistrationFailed& failed) {
  const Entry* entry = sides_.accounts.find(session);
  log::warn("session.registration_failed", {{"session", session.value()},
                                            {"login", entry ? entry->login : ""},
                                            {"status", failed.status},
                                            {"phrase", failed.phrase},
                                            {"detail", failed.detail}});
  const bool is_rejected = failed.status == 401 || failed.status == 403 || failed.status == 407;
  if (is_rejected && entry) guard_.failed(attempt_of(*entry), sides_.control.now());
  Reason reason = Reason::kAuthRejected;
  std::string status = "AUTHENTICATION_FAIL";
  if (failed.status == 0) {
    reason = Reason::kDomainNotAllowed;
    status = "WRONG_SIPPROVIDER_ADDRESS";
  } else if (failed.status == 408 || failed.status >= 500) {
    reason = failed.status == 408 ? Reason::kSipTimeout : Reason::kSipUnreachable;
    status = "REGISTER_EXPIRE";
  } else if (!is_rejected) {
    reason = call::reason_of_sip_status(failed.status);
    status = "INTERNAL_SIP_ERROR";
  }
  if (failed.unanswered != sip::Unanswered::kNo) reason = reason_of(failed.unanswered);
  wcs::Cause cause = cause_of(reason, failed.detail);
  cause.sip_status = failed.status;
  cause.sip_reason = failed.phrase;
  const wcs::Refusal refusal{.status = status, .cause = std::move(cause)};
  if (failed.is_being_asked) {
    hub_->registration_waits(session, refusal);
  } else if (failed.next == sip::RegistrationFailed::Next::kRetries) {
    hub_->registration_lost(session, refusal, sides_.control.now());
  } else {
    hub_->registration_failed(session, refusal, sides_.control.now());
  }
}

std::vector<sip::ExtraHeader> allowed_headers(const wcs::Parameters& parameters) {
  constexpr size_t kMaxHeaders = 16, kMaxValue = 256;
  std::vector<sip::ExtraHeader> headers;
  for (const auto& [name, value] : parameters) {
    const bool is_x = name.size() > 2 && (name[0] == 'X' || name[0] == 'x') && name[1] == '-';
    const bool is_token = std::all_of(name.begin(), name.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    });
    const bool is_line = std::none_of(value.begin(), value.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (!is_x || !is_token || !is_line || name.size() > 64 || value.size() > kMaxValue) continue;
    headers.push_back({name, value});
    if (headers.size() == kMaxHeaders) break;
  }
  return headers;
}

}  // namespace patchcord::legs
