// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/user_agent.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace patchcord::sip {

namespace {

constexpr size_t kMaxNextHops = 4096;

// A header of the owner's may say who calls and why; it may not touch how the message travels, what
// it belongs to, or what we can do.
bool may_be_added(const ExtraHeader& header) {
  switch (header_from(header.name)) {
    case Header::kOther:
    case Header::kAcceptContact:
    case Header::kAlertInfo:
    case Header::kCallInfo:
    case Header::kDiversion:
    case Header::kHistoryInfo:
    case Header::kIdentity:
    case Header::kOrganization:
    case Header::kPAssertedIdentity:
    case Header::kPPreferredIdentity:
    case Header::kPrivacy:
    case Header::kReferredBy:
    case Header::kRejectContact:
    case Header::kRemotePartyId:
    case Header::kRequestDisposition:
    case Header::kSubject:
      return true;
    default:
      return false;
  }
}

}  // namespace

UserAgent::UserAgent(UserAgentConfig config, UserAgentPolicy policy, Outside& outside,
                     Random& random, UserAgentListener& listener)
    : config_(std::move(config)),
      policy_(std::move(policy)),
      outside_(outside),
      random_(random),
      listener_(listener),
      wire_(outside),
      transactions_(wire_, requests_, *this, config_.max_transactions),
      requests_(wire_, outside, random, transactions_, *this,
                {.product = config_.product, .answer_limit = config_.answer_limit}),
      bench_{config_, policy_, wire_, transactions_, requests_, events_, random_},
      tag_key_(random.u64()) {}

UserAgent::~UserAgent() = default;

std::string UserAgent::dialog_key(std::string_view call_id, std::string_view local_tag) {
  std::string key(call_id);
  key += '\n';  // in neither of the two
  key += local_tag;
  return key;
}

// ---- calls from us

DialogId UserAgent::invite(OutgoingCall call, MonoTime now) {
  const DialogId id(++last_id_);
  const auto refuse = [&](int status, std::string_view phrase) {
    events_.push(Ended{.dialog = id,
                       .by = EndedBy::kLocal,
                       .status = status,
                       .phrase = std::string(phrase),
                       .reason = {},
                       .warning = {}});
    rearm();
    return id;
  };
  if (!may_send_to(call.account)) return refuse(403, "Next Hop Not Allowed");
  if (dialogs_.size() >= config_.max_dialogs) return refuse(503, "Too Many Dialogs");
  if (!call.callee.is_set()) return refuse(484, {});
  if (!std::all_of(call.headers.begin(), call.headers.end(), may_be_added)) {
    return refuse(400, "Header Not Allowed");
  }
  // The password answers the realm of the account's own registrar and no other that may turn up on
  // the way to a callee.
  if (call.account.realm.empty()) {
    const auto learned = realms_.find(call.account.aor.to_string());
    if (learned != realms_.end()) call.account.realm = learned->second;
  }
  const Dialog& dialog = dialogs_.try_emplace(id, bench_, id, std::move(call), now).first->second;
  dialogs_by_key_[dialog_key(dialog.call_id(), dialog.local_tag())] = id;
  settle(id, now);
  rearm();
  return id;
}

// The callee never chooses where we send: the account's proxy or its own domain does.
bool UserAgent::may_send_to(const Account& account) {
  return account.flow || bench_.may_send_to(next_hop_of(account));
}

// ---- commands

void UserAgent::ring(DialogId dialog, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.ring(now); });
}
void UserAgent::progress(DialogId dialog, std::string sdp, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.progress(std::move(sdp), now); });
}
void UserAgent::answer(DialogId dialog, std::string sdp, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.answer(std::move(sdp), now); });
}
void UserAgent::reject(DialogId dialog, int status, std::string phrase, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.reject(status, phrase, now); });
}
void UserAgent::hangup(DialogId dialog, Hangup how, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.hangup(how, now); });
}
void UserAgent::reoffer(DialogId dialog, std::string sdp, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.reoffer(std::move(sdp), now); });
}
void UserAgent::answer_reoffer(DialogId dialog, std::string sdp, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.answer_reoffer(std::move(sdp), now); });
}
void UserAgent::refuse_reoffer(DialogId dialog, int status, MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.refuse_reoffer(status, now); });
}
void UserAgent::send_info(DialogId dialog, std::string content_type, std::string body,
                          MonoTime now) {
  with(dialog, now, [&](Dialog& d) { d.send_info(std::move(content_type), std::move(body), now); });
}

std::string UserAgent::call_id(DialogId dialog) const {
  const auto it = dialogs_.find(dialog);
  return it == dialogs_.end() ? std::string() : it->second.call_id();
}

// ---- registrations

template <class Act>
void UserAgent::with(RegistrationId id, MonoTime now, Act act) {
  const auto it = registrations_.find(id);
  if (it == registrations_.end()) return;
  act(it->second);
  settle(id, now);
  rearm();
}

RegistrationId UserAgent::register_account(Account account, MonoTime now) {
  const RegistrationId id(++last_id_);
  if (may_send_to(account)) {
    registrations_.try_emplace(id, bench_, id, std::move(account), now);
    settle(id, now);
  } else {
    events_.push(
        RegistrationFailed{id, 0, "Next Hop Not Allowed", RegistrationFailed::Next::kGivesUp});
  }
  rearm();
  return id;
}

void UserAgent::unregister(RegistrationId registration, MonoTime now) {
  with(registration, now, [&](Registration& r) { r.unregister(now); });
}

void UserAgent::close_all(MonoTime now) {
  std::vector<DialogId> dialogs;
  for (const auto& [id, dialog] : dialogs_) dialogs.push_back(id);
  for (const DialogId id : dialogs) hangup(id, {503, {}}, now);
  std::vector<RegistrationId> registrations;
  for (const auto& [id, registration] : registrations_) registrations.push_back(id);
  for (const RegistrationId id : registrations) unregister(id, now);
}

bool UserAgent::is_idle() const {
  return dialogs_.empty() && registrations_.empty() && events_.empty();
}

// ---- arrivals

// Events are told one by one after the work is done. A listener may command, and even bring an
// arrival: what that causes joins the end of the queue. What is sent leaves behind the events: the
// sound that an ACK brings must find the call open.
template <class Act>
void UserAgent::turn(Act act) {
  const bool is_outermost = !std::exchange(is_in_turn_, true);
  if (is_outermost) wire_.hold();
  act();
  if (!is_outermost) return;
  while (!events_.empty()) {
    const Event event = events_.pop();
    listener_.on_event(event);
  }
  is_in_turn_ = false;
  wire_.release();
  rearm();
}

void UserAgent::on_message(ByteSpan bytes, const Target& from, MonoTime now) {
  turn([&] {
    Parsed parsed = parse_message(std::string(as_text(bytes)));
    if (parsed.drop == DropCause::kKeepAlive) return;
    wire_.note_received(from, as_text(bytes));
    parsed.message.set_source(from.address);
    if (parsed.verdict == Verdict::kDrop) {
      drops_.add(SipDrop::kMalformed);
    } else if (parsed.verdict == Verdict::kAnswer) {
      on_wrong_request(parsed, from);
    } else if (parsed.message.is_response()) {
      transactions_.receive_response(parsed.message, from, now);
    } else {
      on_request(parsed.message, from, now);
    }
  });
}

void UserAgent::on_resolved(ResolveTicket ticket, Result<Targets> targets, MonoTime now) {
  turn([&] { requests_.on_resolved(ticket, std::move(targets), now); });
}

void UserAgent::on_transport_error(const Target& target, const TransportFault& fault,
                                   MonoTime now) {
  turn([&] {
    if (domain_) domain_->on_flow_lost(target);
    transactions_.on_transport_error(target, fault, now);
    std::vector<RegistrationId> registrations;
    for (const auto& [id, registration] : registrations_) registrations.push_back(id);
    for (const RegistrationId id : registrations) {
      with(id, now, [&](Registration& r) { r.on_transport_error(target, now); });
    }
  });
}

void UserAgent::on_time(MonoTime now) {
  armed_ = kNever;
  turn([&] {
    transactions_.on_time(now);
    requests_.on_time(now);
    while (const auto id = dialog_deadlines_.take(now)) {
      with(*id, now, [&](Dialog& d) { d.on_time(now); });
    }
    while (const auto id = registration_deadlines_.take(now)) {
      with(*id, now, [&](Registration& r) { r.on_time(now); });
    }
  });
}

MonoTime UserAgent::next_deadline() {
  if (!events_.empty()) return MonoTime();  // long past: at once
  return std::min({transactions_.next_deadline(), requests_.next_deadline(),
                   dialog_deadlines_.next(), registration_deadlines_.next()});
}

// ---- what the sender and the transactions tell

void UserAgent::on_answer(const RequestOwner& owner, RequestId id, const Message& response,
                          const Target& from, MonoTime now) {
  if (const auto* dialog = std::get_if<DialogId>(&owner)) {
    with(*dialog, now, [&](Dialog& d) { d.on_answer(id, response, from, now); });
  } else if (const auto* registration = std::get_if<RegistrationId>(&owner)) {
    // Calls to a registered account come from where it registered.
    if (next_hops_.size() < kMaxNextHops) next_hops_.insert(from.address.ip());
    with(*registration, now, [&](Registration& r) { r.on_answer(id, response, from, now); });
  } else if (response.method() == Method::kInvite && response.status() / 100 == 2) {
    end_stray(id, response, now);
  }
}

// A phone that takes a call which is over: ACK and BYE, as for any other fork (RFC 3261 13.2.2.4).
void UserAgent::end_stray(RequestId invite, const Message& response, MonoTime now) {
  const RequestDraft* draft = requests_.draft(invite);
  if (!draft) return;
  const Uri& way = draft->routes.empty() ? draft->target : draft->routes.front().uri;
  auto stray = DialogState::as_caller(*draft, way, response);
  if (!stray) return;
  const RequestId ack = requests_.send(stray->ack(draft->cseq), stray->next_hop(), {}, now);
  requests_.abandon(ack, now);  // sent, and not kept: the 2xx comes again if it was lost
  requests_.send(stray->request(Method::kBye), stray->next_hop(), {}, now);
}

void UserAgent::on_no_answer(const RequestOwner& owner, RequestId id, const NoAnswer& why,
                             MonoTime now) {
  if (const auto* dialog = std::get_if<DialogId>(&owner)) {
    with(*dialog, now, [&](Dialog& d) { d.on_no_answer(id, why, now); });
  } else if (const auto* registration = std::get_if<RegistrationId>(&owner)) {
    with(*registration, now, [&](Registration& r) { r.on_no_answer(id, why, now); });
  }
}

void UserAgent::on_silence(const RequestOwner& owner, RequestId id, MonoTime now) {
  if (const auto* dialog = std::get_if<DialogId>(&owner)) {
    with(*dialog, now, [&](Dialog& d) { d.on_silence(id, now); });
  } else if (const auto* registration = std::get_if<RegistrationId>(&owner)) {
    with(*registration, now, [&](Registration& r) { r.on_silence(id, now); });
  }
}

void UserAgent::on_server_gone(TransactionId id, ServerEnd how, MonoTime now) {
  const auto it = invites_.find(id);
  if (it == invites_.end()) return;
  const DialogId dialog = it->second;
  invites_.erase(it);
  if (how == ServerEnd::kNoWayBack) {
    with(dialog, now, [&](Dialog& d) { d.on_server_failed(now); });
  }
}

// ---- inside

void UserAgent::settle(DialogId id, MonoTime now) {
  const auto it = dialogs_.find(id);
  if (it == dialogs_.end()) return;
  Dialog& dialog = it->second;
  if (!dialog.is_gone()) return dialog_deadlines_.set(id, dialog.deadline());
  dialog.close(now);
  dialog_deadlines_.set(id, kNever);
  dialogs_by_key_.erase(dialog_key(dialog.call_id(), dialog.local_tag()));
  dialogs_.erase(it);
}

void UserAgent::settle(RegistrationId id, MonoTime now) {
  const auto it = registrations_.find(id);
  if (it == registrations_.end()) return;
  Registration& registration = it->second;
  const std::string aor = registration.account().aor.to_string();
  if (!registration.is_gone()) {
    if (!registration.realm().empty()) realms_[aor] = registration.realm();
    return registration_deadlines_.set(id, registration.deadline());
  }
  registration.close(now);
  registration_deadlines_.set(id, kNever);
  realms_.erase(aor);
  registrations_.erase(it);
}

void UserAgent::rearm() {
  if (is_in_turn_) return;
  const MonoTime next = next_deadline();
  if (next == armed_) return;
  armed_ = next;
  outside_.wake_at(next);
}

}  // namespace patchcord::sip
