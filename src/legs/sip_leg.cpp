// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/sip_leg.h"

#include <fmt/format.h>

#include <charconv>

namespace patchcord::legs {
namespace {

using call::Reason;
using call::Side;

// "Q.850;cause=16;text=..." (RFC 3326)
int q850_of(std::string_view reason) {
  const size_t protocol = reason.find("Q.850");
  if (protocol == std::string_view::npos) return 0;
  const size_t cause = reason.find("cause=", protocol);
  if (cause == std::string_view::npos) return 0;
  int value = 0;
  const char* const first = reason.data() + cause + 6;
  std::from_chars(first, reason.data() + reason.size(), value);
  return value >= 1 && value <= 127 ? value : 0;
}

// The text of `399 host "text"` (RFC 3261 20.43).
std::string warning_text(std::string_view warning) {
  const size_t open = warning.find('"');
  const size_t close = warning.rfind('"');
  if (open == std::string_view::npos || close <= open) return std::string(warning);
  return std::string(warning.substr(open + 1, close - open - 1));
}

Reason reason_after_answer(const sip::Ended& ended) {
  if (ended.missing == sip::Missing::kAck) return Reason::kAckMissing;
  if (ended.missing == sip::Missing::kRefresh) return Reason::kPeerGone;
  return ended.by == sip::EndedBy::kNetwork ? Reason::kSipUnreachable : Reason::kHangup;
}

std::string party_of(const sip::Uri& uri) {
  return uri.host().empty() ? uri.user_text() : uri.user_text() + "@" + uri.host();
}

// A phone of ours is where its flow comes from, whatever its account is called.
std::optional<sip::ResolveQuery> query_of(const sip::Account& account) {
  if (!account.flow) return sip::resolve_query(sip::next_hop_of(account));
  const SocketAddress& address = account.flow->address;
  return sip::ResolveQuery{.host = address.ip().to_string(),
                           .port = address.port(),
                           .transport = account.flow->transport};
}

Reason reason_of(const Error& no_way) {
  switch (no_way.code) {
    case ErrorCode::kForbidden:
      return Reason::kDomainNotAllowed;
    case ErrorCode::kNotFound:
      return Reason::kDnsNotFound;
    case ErrorCode::kUnsupported:
      return Reason::kSipUnreachable;
    default:
      return Reason::kDnsFailed;
  }
}

}  // namespace

SipLeg::SipLeg(const sip::IncomingCall& incoming, SipLegs& table)
    : table_(table),
      dialog_(incoming.dialog),
      party_(party_of(incoming.from)),
      call_id_(incoming.call_id),
      peer_(incoming.source) {
  table_.by_dialog.emplace(dialog_, this);
}

SipLeg::SipLeg(sip::Account account, sip::Uri callee, std::vector<sip::ExtraHeader> headers,
               SipLegs& table)
    : table_(table),
      account_(std::move(account)),
      callee_(std::move(callee)),
      headers_(std::move(headers)),
      party_(party_of(callee_)) {}

SipLeg::~SipLeg() {
  table_.by_dialog.erase(dialog_);
  table_.waiting.erase(way_ticket_);
}

void SipLeg::attach(call::LegListener& listener, Side side) {
  listener_ = &listener;
  side_ = side;
}

call::LegInfo SipLeg::info() const {
  return {.protocol = "sip",
          .party = party_,
          .peer = peer_.address.is_set() ? peer_.address.to_string() : std::string(),
          .protocol_id = call_id_};
}

void SipLeg::prepare() {
  way_ticket_ = ++table_.last_ticket;
  table_.waiting.emplace(way_ticket_, this);
  const auto query = query_of(account_);
  if (!query) return on_way({ErrorCode::kUnsupported, "no SIP URI, or a transport not known here"});
  table_.ways.find(*query, [&table = table_, ticket = way_ticket_](Result<OwnAddress> way) {
    const auto found = table.waiting.find(ticket);
    if (found != table.waiting.end()) found->second->on_way(way);
  });
}

void SipLeg::on_way(const Result<OwnAddress>& way) {
  table_.waiting.erase(way_ticket_);
  way_ticket_ = 0;
  if (way) return say(call::Prepared{*way});
  say(call::LegEnded{{.reason = reason_of(way.error()), .warning = way.error().text}});
}

void SipLeg::invite(const call::Invitation& invitation) {
  account_.display_name = invitation.caller.display_name;
  dialog_ = table_.user_agent.invite({.account = account_,
                                      .callee = callee_,
                                      .sdp = invitation.sdp,
                                      .headers = std::move(headers_),
                                      .call_id = {}},
                                     now());
  table_.by_dialog.emplace(dialog_, this);
  call_id_ = table_.user_agent.call_id(dialog_);
}

void SipLeg::ring() {
  table_.user_agent.ring(dialog_, now());
}
void SipLeg::early() {
  table_.user_agent.progress(dialog_, description_, now());
}

void SipLeg::talk() {
  if (side_ == Side::kA && !is_answered_) table_.user_agent.answer(dialog_, description_, now());
  is_answered_ = true;
}

void SipLeg::send_digits(std::string_view digits) {
  for (const char digit : digits) {
    table_.user_agent.send_info(dialog_, "application/dtmf-relay",
                                fmt::format("Signal={}\r\nDuration=160\r\n", digit), now());
  }
}

void SipLeg::accept_reoffer(std::string sdp) {
  table_.user_agent.answer_reoffer(dialog_, std::move(sdp), now());
}

void SipLeg::refuse_reoffer(Reason reason) {
  table_.user_agent.refuse_reoffer(dialog_, call::row(reason).sip_status, now());
}

// A refusal of the far side is passed on as it is; what the gateway itself ended gets the status of
// the reason table, and a Reason header that a person reading a trace understands.
void SipLeg::end(const call::Ending& ending) {
  if (dialog_ == sip::DialogId()) return;
  const call::ReasonRow& row = call::row(ending.reason);
  sip::Hangup how;
  how.status = ending.sip_status >= 400 ? ending.sip_status
               : row.sip_status >= 400  ? row.sip_status
                                        : 480;
  if (ending.reason == Reason::kAnsweredElsewhere) {
    how.reason = "SIP;cause=200;text=\"Call completed elsewhere\"";  // no missed call (RFC 3326)
  } else if (ending.q850 != 0) {
    how.reason = fmt::format("Q.850;cause={}", ending.q850);
  } else if (ending.by == call::EndedBy::kGateway && ending.reason != Reason::kHangup) {
    how.reason = fmt::format("SIP;cause={};text=\"{}\"", how.status, row.name);
  }
  table_.user_agent.hangup(dialog_, std::move(how), now());
  table_.by_dialog.erase(dialog_);
  dialog_ = {};
}

void SipLeg::on_event(const sip::Event& event) {
  std::visit([this](const auto& one) { take(one); }, event);
}

void SipLeg::take(const sip::EarlyMedia& event) {
  say(call::Early{.sdp = event.sdp, .signalling_peer = event.peer.address.ip()});
}

void SipLeg::take(const sip::Answered& event) {
  is_answered_ = true;
  peer_ = event.peer;
  say(call::Answered{
      .sdp = event.sdp, .signalling_peer = peer_.address.ip(), .is_settled = event.is_settled});
}

void SipLeg::take(const sip::Acknowledged& event) {
  if (event.sdp.empty()) return;
  say(call::Answered{.sdp = event.sdp, .signalling_peer = peer_.address.ip()});
}

void SipLeg::take(const sip::Ended& event) {
  table_.by_dialog.erase(dialog_);
  dialog_ = {};
  say(call::LegEnded{ending_of(event, side_, is_answered_)});
}

Reason reason_of(sip::Unanswered unanswered) {
  switch (unanswered) {
    case sip::Unanswered::kTimeout:
      return Reason::kSipTimeout;
    case sip::Unanswered::kNoSuchName:
      return Reason::kDnsNotFound;
    case sip::Unanswered::kNoNameServer:
      return Reason::kDnsFailed;
    case sip::Unanswered::kHandshake:
      return Reason::kTlsFailed;
    case sip::Unanswered::kUntrusted:
      return Reason::kTlsUntrusted;
    case sip::Unanswered::kNo:
    case sip::Unanswered::kUnreachable:
      break;
  }
  return Reason::kSipUnreachable;
}

call::Ending ending_of(const sip::Ended& ended, Side side, bool was_answered) {
  call::Ending ending;
  ending.by = ended.by == sip::EndedBy::kLocal ? call::EndedBy::kGateway
              : side == Side::kA               ? call::EndedBy::kA
                                               : call::EndedBy::kB;
  ending.q850 = q850_of(ended.reason);
  ending.warning = ended.detail.empty() ? warning_text(ended.warning) : ended.detail;
  if (was_answered) {
    ending.reason = reason_after_answer(ended);
    return ending;
  }
  ending.sip_status = ended.status;
  ending.sip_reason = ended.phrase;
  ending.retry_after = ended.retry_after;
  if (side == Side::kA) {
    ending.reason = Reason::kCancelled;
  } else if (ended.by == sip::EndedBy::kLocal && ended.status == 403) {
    ending.reason = Reason::kDomainNotAllowed;
  } else if (ended.unanswered != sip::Unanswered::kNo) {
    ending.reason = reason_of(ended.unanswered);
  } else if (ended.status == 503 && ended.retry_after.count() > 0) {
    ending.reason = Reason::kServerBusy;  // it is there, and says when to come again
  } else {
    ending.reason = call::reason_of_sip_status(ended.status);
  }
  return ending;
}

}  // namespace patchcord::legs
