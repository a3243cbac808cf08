// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/browser_leg.h"

#include <utility>

namespace patchcord::legs {
namespace {

// What only a page can find out (docs/protocol.md); any other word of it is a user's hangup, so
// that no page can put the blame on somebody else.
std::optional<call::Reason> failure_found(std::string_view word) {
  using call::Reason;
  static constexpr std::pair<std::string_view, Reason> kFailures[] = {
      {"ice_failed", Reason::kIceFailed},
      {"dtls_failed", Reason::kDtlsFailed},
      {"bad_sdp", Reason::kBadSdp},
      {"media_silent", Reason::kMediaSilent},
      {"microphone_blocked", Reason::kNoMicrophone},
      {"microphone_missing", Reason::kNoMicrophone},
      {"microphone_in_use", Reason::kNoMicrophone},
      {"insecure_page", Reason::kNoMicrophone},
  };
  for (const auto& [name, reason] : kFailures) {
    if (name == word) return reason;
  }
  return std::nullopt;
}

}  // namespace

BrowserLeg::BrowserLeg(Identity identity, wcs::Hub& hub, BrowserLegs& table)
    : identity_(std::move(identity)), hub_(hub), table_(table) {
  table_.add(identity_.session, identity_.call_id, *this);
}

BrowserLeg::~BrowserLeg() {
  table_.remove(identity_.session, identity_.call_id);
}

void BrowserLeg::attach(call::LegListener& listener, call::Side side) {
  listener_ = &listener;
  side_ = side;
}

call::LegInfo BrowserLeg::info() const {
  return {.protocol = "browser",
          .party = identity_.party,
          .peer = identity_.peer,
          .protocol_id = identity_.call_id};
}

// A browser that is signed in is there already: no way to find.
void BrowserLeg::prepare() {
  say(call::Prepared{});
}

void BrowserLeg::invite(const call::Invitation& invitation) {
  const Result<void> invited =
      hub_.incoming_call(identity_.session, {.call_id = identity_.call_id,
                                             .sdp = invitation.sdp,
                                             .caller = invitation.caller.user,
                                             .callee = invitation.callee.user,
                                             .visible_name = invitation.caller.display_name});
  if (!invited) {
    is_over_ = true;
    const bool busy = invited.error().code == ErrorCode::kExhausted;
    return say(call::LegEnded{{.reason = busy ? call::Reason::kBusy : call::Reason::kNoAnswer}});
  }
  say(call::Ringing{});
}

void BrowserLeg::describe(std::string sdp) {
  hub_.remote_sdp(identity_.session, identity_.call_id, sdp);
}
void BrowserLeg::ring() {
  hub_.ring(identity_.session, identity_.call_id);
}
void BrowserLeg::early() {
  hub_.ring_media(identity_.session, identity_.call_id);
}

void BrowserLeg::talk() {
  is_answered_ = true;
  hub_.talk(identity_.session, identity_.call_id);
}

void BrowserLeg::end(const call::Ending& ending) {
  if (is_over_) return;
  is_over_ = true;
  hub_.finish(identity_.session, identity_.call_id, end_for(ending, side_));
}

void BrowserLeg::on_answer(std::string_view sdp) {
  say(call::Answered{.sdp = std::string(sdp), .signalling_peer = {}});
}

void BrowserLeg::on_hangup(std::string_view reason) {
  if (const auto failure = failure_found(reason)) return leave(*failure);
  if (is_answered_) return leave(call::Reason::kHangup);
  leave(side_ == call::Side::kA ? call::Reason::kCancelled : call::Reason::kDeclined);
}

void BrowserLeg::on_digits(std::string_view digits) {
  say(call::DigitsAsked{std::string(digits)});
}

// What rings for a page that asked to be kept alive waits for it, as on a phone that is woken by a
// push.
void BrowserLeg::on_away(wcs::Keeping keeping) {
  if (is_over_ || (keeping == wcs::Keeping::kAlive && rings_here())) return;
  say(call::SignallingLost{});
}

// A page that knows nothing of its calls can take up only what rings.
void BrowserLeg::on_back(wcs::Memory memory) {
  if (is_over_ || (memory == wcs::Memory::kNoCalls && !rings_here())) return;
  say(call::SignallingBack{});
}

void BrowserLeg::on_session_gone() {
  if (is_over_) return;
  is_over_ = true;
  say(call::LegEnded{{.reason = call::Reason::kSessionGone,
                      .by = side_ == call::Side::kA ? call::EndedBy::kA : call::EndedBy::kB}});
}

// The page waits for `finish` also after its own hangup (T11).
void BrowserLeg::leave(call::Reason reason) {
  if (is_over_) return;
  const call::Ending ending{.reason = reason,
                            .by = side_ == call::Side::kA ? call::EndedBy::kA : call::EndedBy::kB};
  is_over_ = true;
  wcs::CallEnd end = end_for(ending, side_);
  // To refuse a call is no failure of it.
  if (reason == call::Reason::kDeclined) end.status = wcs::CallStatus::kFinish;
  hub_.finish(identity_.session, identity_.call_id, end);
  say(call::LegEnded{ending});
}

void BrowserLegs::add(SessionId session, const std::string& call_id, BrowserLeg& leg) {
  legs_[session][call_id] = &leg;
}

void BrowserLegs::remove(SessionId session, const std::string& call_id) {
  const auto found = legs_.find(session);
  if (found == legs_.end()) return;
  found->second.erase(call_id);
  if (found->second.empty()) legs_.erase(found);
}

BrowserLeg* BrowserLegs::find(SessionId session, std::string_view call_id) const {
  const auto found = legs_.find(session);
  if (found == legs_.end()) return nullptr;
  const auto leg = found->second.find(call_id);
  return leg == found->second.end() ? nullptr : leg->second;
}

std::vector<std::string> BrowserLegs::calls_of(SessionId session) const {
  std::vector<std::string> calls;
  const auto found = legs_.find(session);
  if (found != legs_.end()) {
    for (const auto& [call_id, leg] : found->second) calls.push_back(call_id);
  }
  return calls;
}

wcs::CallEnd end_for(const call::Ending& ending, call::Side side) {
  const call::ReasonRow& row = call::row(ending.reason);
  wcs::CallEnd end;
  end.status = row.wcs_status == "BUSY"     ? wcs::CallStatus::kBusy
               : row.wcs_status == "FINISH" ? wcs::CallStatus::kFinish
                                            : wcs::CallStatus::kFailed;
  wcs::Cause& cause = end.cause;
  cause.reason = row.name;
  cause.sip_status = ending.sip_status;
  cause.sip_reason = ending.sip_reason;
  cause.q850 = ending.q850;
  cause.warning = ending.warning;
  cause.info = row.text;
  cause.hint = row.hint;
  if (ending.by == call::EndedBy::kGateway) {
    cause.by = wcs::EndedBy::kGateway;
  } else {
    const bool is_own = (ending.by == call::EndedBy::kA) == (side == call::Side::kA);
    cause.by = is_own ? wcs::EndedBy::kLocal : wcs::EndedBy::kRemote;
  }
  return end;
}

}  // namespace patchcord::legs
