// SPDX-License-Identifier: GPL-3.0-or-later
// The calls of a session: what the page asks, what it is told. A call is here from its first
// message to the one finish; after that its id is unknown and late messages fall on the floor (T12,
// T13).
#include <algorithm>

#include "core/log.h"
#include "wcs/session.h"
#include "wcs/utf8.h"

namespace patchcord::wcs {
namespace {

constexpr size_t kMaxCallId = 128;
constexpr size_t kMaxAddress = 256;     // bytes of a caller, callee or name
constexpr size_t kMaxParameter = 1024;  // bytes of a header or an SDP line for the SIP side
constexpr size_t kMaxDigits = 32;

bool is_call_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxCallId && is_one_line(text);
}

bool is_address(std::string_view text) {
  return text.size() <= kMaxAddress && is_one_line(text);
}

bool is_parameter(std::string_view text) {
  return text.size() <= kMaxParameter && is_one_line(text);
}

struct Objection {
  std::string_view reason;  // of protocol/reasons.json
  std::string_view info;
};

// Text of a page lands in SIP later: more than one line is refused here already (T48).
std::optional<Objection> objection(const Call& call) {
  if (call.sdp.empty()) return Objection{"bad_sdp", "The call has no SDP."};
  if (call.callee.empty() || !is_address(call.callee)) {
    return Objection{"bad_number", "The number is missing, too long or not one line."};
  }
  const bool parameters = std::ranges::all_of(call.invite_parameters, [](const auto& parameter) {
    return is_parameter(parameter.first) && is_parameter(parameter.second);
  });
  if (!is_address(call.caller) || !is_address(call.visible_name) || !parameters ||
      !std::ranges::all_of(call.sip_sdp, is_parameter)) {
    return Objection{"request_rejected", "A name or header is too long or not one line."};
  }
  return std::nullopt;
}

// 0-9 * # A-D in upper case, or nothing when one of them is not.
std::string dtmf_digits(std::string_view text) {
  std::string out;
  if (text.size() > kMaxDigits) return out;
  for (char c : text) {
    if (c >= 'a' && c <= 'd') c = static_cast<char>(c - 'a' + 'A');
    if (std::string_view("0123456789*#ABCD").find(c) == std::string_view::npos) return {};
    out += c;
  }
  return out;
}

}  // namespace

// ---- what the page asks -------------------------------------------------------------------------

void Session::handle(const Call& message, MonoTime, Outbox& out) {
  if (!is_call_id(message.call_id)) {
    return fail("call", {}, {}, "The call has no usable callId.", out);
  }
  SessionCall call;
  call.object = {.call_id = message.call_id,
                 .status = CallStatus::kTrying,
                 .caller = message.caller.empty() ? user_data_.login : message.caller,
                 .callee = message.callee,
                 .visible_name = message.visible_name,
                 .has_audio = message.has_audio,
                 .has_video = message.has_video};
  auto objected = objection(message);
  if (calls_.size() >= options_.max_calls) {
    objected = {"overloaded", "This page has too many calls already."};
  }
  if (calls_.contains(message.call_id)) {  // T27; the other call of that id goes on
    objected = {"duplicate_call", "A call with this id exists already."};
  }
  if (!is_signed_in()) objected = {"session_gone", "This session is not signed in."};
  if (objected) {
    out.counters.add(HubCount::kRefusedByRule);
    CallEnd end{CallStatus::kFailed, {}};
    end.cause = {.reason = std::string(objected->reason),
                 .info = std::string(objected->info),
                 .by = EndedBy::kGateway};
    return end_call(std::move(call.object), end, out);
  }
  // Before any SIP work: until TRYING has come, a hangup of the page is never sent (T5).
  out.send(Trying{call.object});
  out.events.emplace_back(CallRequest{message.call_id, message.sdp, call.object.caller,
                                      message.callee, message.visible_name, message.has_audio,
                                      message.has_video, message.sip_sdp, message.invite_parameters,
                                      message.custom});
  calls_.emplace(message.call_id, std::move(call));
}

void Session::handle(const Answer& message, MonoTime, Outbox& out) {
  SessionCall* call = find(message.call_id);
  if (!call) return;  // it ended while the microphone was asked for
  if (!call->object.incoming || call->phase >= Phase::kAnswered) {
    return fail("answer", message.call_id, {}, "There is nothing to answer.", out);
  }
  call->phase = Phase::kAnswered;
  call->sdp.clear();
  out.events.emplace_back(AnswerRequest{message.call_id, message.sdp});
}

// A hangup of an unknown call is everyday life: no microphone, or a finish under way (T13).
void Session::handle(const Hangup& message, MonoTime, Outbox& out) {
  SessionCall* call = find(message.call_id);
  if (!call || call->hangup_seen) return;
  call->hangup_seen = true;
  out.events.emplace_back(HangupRequest{message.call_id, message.reason});
}

void Session::handle(const Hold& message, MonoTime, Outbox& out) {
  not_done_yet("hold", message.call_id, out);
}

void Session::handle(const Unhold& message, MonoTime, Outbox& out) {
  not_done_yet("unhold", message.call_id, out);
}

void Session::handle(const Transfer& message, MonoTime, Outbox& out) {
  not_done_yet("TransferStatusEvent", message.call_id, out);
}

// Pages disable their button until hold or talk comes: talk gives it back.
void Session::not_done_yet(std::string_view method, std::string_view call_id, Outbox& out) {
  fail(method, call_id, "not_supported", "This gateway does not do that yet.", out);
  const SessionCall* call = find(call_id);
  if (call && call->phase == Phase::kUp) out.send(Talk{call->object});
}

void Session::handle(const SendDtmf& message, MonoTime, Outbox& out) {
  if (!find(message.call_id)) return;
  std::string digits = dtmf_digits(message.digits);
  if (digits.empty()) {
    return fail("sendDtmf", message.call_id, {}, "Digits are 1 to 32 of 0-9 * # A-D.", out);
  }
  out.events.emplace_back(DtmfRequest{message.call_id, std::move(digits), message.type});
}

// ---- what the page is told
// ------------------------------------------------------------------------

void Session::remote_sdp(std::string_view call_id, std::string_view sdp, Outbox& out) {
  SessionCall* call = find(call_id);
  if (!call) return;
  if (call->sdp_sent) {  // a second one would break the PeerConnection (T6)
    log::error("wcs.second_sdp", {{"session", id_.value()}, {"call", call_id}});
    return;
  }
  call->sdp_sent = true;
  if (is_away()) call->sdp = sdp;
  out.send(SetRemoteSdp{std::string(call_id), std::string(sdp), SdpKind::kAnswer});
}

void Session::ring(std::string_view call_id, int sip_status, Outbox& out) {
  SessionCall* call = find(call_id);
  if (!call || call->phase >= Phase::kRing) return;
  call->phase = Phase::kRing;
  call->object.status = CallStatus::kRing;
  call->object.sip_status = sip_status;
  out.send(Ring{call->object});
}

// RING first: pages listen to that, few listen to RING_MEDIA.
void Session::ring_media(std::string_view call_id, int sip_status, Outbox& out) {
  ring(call_id, sip_status, out);
  SessionCall* call = find(call_id);
  if (!call || call->phase >= Phase::kRingMedia) return;
  call->phase = Phase::kRingMedia;
  call->object.status = CallStatus::kRingMedia;
  call->object.sip_status = sip_status;
  out.send(Ring{call->object});
}

void Session::talk(std::string_view call_id, int sip_status, Outbox& out) {
  SessionCall* call = find(call_id);
  if (!call || call->phase >= Phase::kUp) return;
  call->phase = Phase::kUp;
  call->object.status = CallStatus::kEstablished;
  call->object.sip_status = sip_status;
  out.send(Talk{call->object});
}

void Session::finish(std::string_view call_id, const CallEnd& end, Outbox& out) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) return;
  SessionCall call = std::move(found->second);
  calls_.erase(found);
  if (!is_away()) return end_call(std::move(call.object), end, out);
  if (call.page_knows) missed_ends_.push_back({std::move(call.object), end});
}

// fail never ends a call (T7), so finish always follows. BUSY in finish would leave every page
// stuck that does not listen to it: it goes in a message of its own unless the operator wants it
// (T9).
void Session::end_call(CallObject call, const CallEnd& end, Outbox& out) const {
  call.status = end.status;
  if (end.cause.sip_status != 0) call.sip_status = end.cause.sip_status;
  if (end.status == CallStatus::kFailed) {
    out.send(Fail{.api_method = "CallStatusEvent", .id = call.call_id, .cause = end.cause});
  }
  if (end.status == CallStatus::kBusy && options_.busy == BusyStyle::kBusyThenFinish) {
    out.send(Busy{call, end.cause});
    call.status = CallStatus::kFinish;
  }
  out.send(Finish{std::move(call), end.cause});
}

Result<void> Session::incoming_call(const IncomingRequest& request, Outbox& out) {
  if (!is_signed_in()) return Error{ErrorCode::kNotFound, "the session is not signed in"};
  if (calls_.size() >= options_.max_calls) {
    return Error{ErrorCode::kExhausted, "the session has too many calls"};
  }
  if (calls_.contains(request.call_id)) {
    return Error{ErrorCode::kState, "the session has a call with this id"};
  }
  SessionCall call;
  call.object = {.call_id = request.call_id,
                 .status = CallStatus::kNew,
                 .incoming = true,
                 .caller = request.caller,
                 .callee = request.callee,
                 .visible_name = request.visible_name.empty()
                                     ? request.caller         // else the page
                                     : request.visible_name,  // shows itself
                 .has_video = request.has_video};
  call.phase = Phase::kRing;
  call.sdp_sent = true;
  call.sdp = request.sdp;
  announce(call, out);
  call.page_knows = !is_away();
  calls_.emplace(request.call_id, std::move(call));
  return {};
}

// In this order (T4): without the SDP the page cannot answer, before RING it cannot reject.
void Session::announce(SessionCall& call, Outbox& out) const {
  out.send(SetRemoteSdp{call.object.call_id, call.sdp, SdpKind::kOffer});
  call.object.status = CallStatus::kNew;
  out.send(IncomingCall{call.object});
  call.object.status = CallStatus::kRing;
  out.send(Ring{call.object});
}

Session::SessionCall* Session::find(std::string_view call_id) {
  const auto found = calls_.find(call_id);
  return found == calls_.end() ? nullptr : &found->second;
}

}  // namespace patchcord::wcs
