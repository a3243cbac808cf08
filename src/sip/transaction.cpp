// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/transaction.h"

#include <utility>
#include <vector>

#include "sip/builder.h"
#include "sip/headers.h"

namespace patchcord::sip {

namespace {

using Input = TransactionInput;
using Kind = TransactionKind;

Input input_of(int status) {
  if (status < 200) return Input::kProvisional;
  return status < 300 ? Input::kSuccess : Input::kFailure;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string client_key(std::string_view branch, std::string_view method) {
  std::string key(branch);
  key += '|';
  key += method;
  return key;
}

// RFC 3261 17.2.3: branch, sent-by and method; `method` is INVITE where an ACK or a CANCEL looks
// for its INVITE. Without the magic cookie, what RFC 2543 compared, and the source: two senders
// that both leave the branch bare are two senders.
std::string server_key(const Message& request, std::string_view method) {
  const auto via = top_via(request);
  std::string key = "<";
  key += method;
  if (via && via->has_rfc3261_branch()) {
    key += '|' + lower(via->branch()) + '|' + lower(via->host) + ':' +
           std::to_string(via->port == 0 ? 5060 : via->port);
    return key;
  }
  for (const std::string_view part : {request.call_id(), from_tag(request), request.request_uri(),
                                      request.header(Header::kVia)}) {
    key += '|';
    key += part;
  }
  return key + '|' + std::to_string(request.cseq()) + '|' + request.source().to_string();
}

// RFC 3261 8.2.2.2; only a request outside a dialog can be merged. The Request-URI belongs to it:
// of two contacts of ours that a proxy forks to, each gets its own.
std::string merge_key(const Message& request) {
  if (!to_tag(request).empty()) return {};
  std::string key(request.call_id());
  key += '|';
  key += from_tag(request);
  key += '|' + std::to_string(request.cseq()) + '|';
  key += request.method_text();
  key += '|';
  key += request.request_uri();
  return key;
}

std::string_view key_method(const Message& request) {
  return request.is(Method::kAck) ? "INVITE" : request.method_text();
}

// What ACK and CANCEL take from the INVITE: its target, topmost Via, Route, Call-ID, CSeq number.
Builder beside_invite(const Message& invite, Method method) {
  Builder builder = Builder::request(method, Uri::parse(invite.request_uri()).value_or(Uri()));
  builder.add(Header::kVia, *invite.all(Header::kVia).begin());
  builder.copy(invite, Header::kRoute)
      .add(Header::kMaxForwards, 70)
      .copy(invite, Header::kFrom)
      .copy(invite, Header::kCallId)
      .add(CSeq{invite.cseq(), std::string(method_name(method))});
  return builder;
}

Message built(Builder& builder) {
  auto message = builder.build();
  return message.ok() ? std::move(message).value() : Message();
}

}  // namespace

TransactionId TransactionTable::begin(Message request, const Target& target, MonoTime now) {
  const auto via = top_via(request);
  const Kind kind = request.is(Method::kInvite) ? Kind::kInviteClient : Kind::kClient;
  const auto reliability =
      is_reliable(target.transport) ? Reliability::kReliable : Reliability::kUnreliable;
  Transaction transaction{.machine = TransactionMachine(kind, reliability, now), .target = target};
  transaction.key = client_key(via ? via->branch() : "", request.method_text());
  transaction.last = request.text();
  transaction.message = std::move(request);
  wire_.send(target, transaction.last);
  return insert(std::move(transaction));
}

void TransactionTable::let_go(TransactionId id, MonoTime now) {
  Transaction* transaction = find(id);
  if (!transaction) return;
  transaction->machine.let_go(now);
  deadlines_.set(id, transaction->machine.deadline());
}

void TransactionTable::abandon(TransactionId id, MonoTime now) {
  erase(id, ServerEnd::kDone, now);
}

const Message* TransactionTable::request(TransactionId id) const {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second.message;
}

const Target* TransactionTable::target(TransactionId id) const {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second.target;
}

void TransactionTable::receive_response(const Message& response, const Target& from, MonoTime now) {
  const auto via = top_via(response);
  // RFC 3261 8.1.3.3: more than one Via, and it was not for us.
  if (!via || response.all(Header::kVia).count() != 1) return;
  const auto cseq = parse_cseq(response.header(Header::kCSeq));
  const auto it = by_key_.find(client_key(via->branch(), cseq ? cseq->method : ""));
  if (it == by_key_.end()) return;
  const TransactionId id = it->second;
  Transaction& transaction = *find(id);
  if (response.cseq() != transaction.message.cseq()) return;
  const TransactionOutcome outcome = transaction.machine.on(input_of(response.status()), now);
  if (outcome.ack) {
    if (outcome.tell) transaction.last = make_failure_ack(transaction.message, response).text();
    wire_.send(transaction.target, transaction.last);
  }
  const bool is_gone = transaction.machine.is_terminated();
  perform(id, transaction, outcome, now);
  if (outcome.tell) client_user_.on_response(id, response, from, now);
  if (is_gone) client_user_.on_client_gone(id, now);
}

TransactionTable::Match TransactionTable::receive_request(const Message& request, MonoTime now) {
  const auto it = by_key_.find(server_key(request, key_method(request)));
  if (it == by_key_.end()) {
    if (request.is(Method::kAck) || request.is(Method::kCancel)) return Match::kNew;
    const bool is_merged = by_merge_key_.contains(merge_key(request));
    return is_merged ? Match::kMerged : Match::kNew;
  }
  const TransactionId id = it->second;
  Transaction& transaction = *find(id);
  const auto input = request.is(Method::kAck) ? Input::kAck : Input::kRequest;
  const TransactionOutcome outcome = transaction.machine.on(input, now);
  perform(id, transaction, outcome, now);
  return outcome.tell ? Match::kNew : Match::kAbsorbed;
}

TransactionId TransactionTable::accept(const Message& request, const Target& from, MonoTime now) {
  if (is_full()) return {};
  const Kind kind = request.is(Method::kInvite) ? Kind::kInviteServer : Kind::kServer;
  const auto reliability =
      is_reliable(from.transport) ? Reliability::kReliable : Reliability::kUnreliable;
  Transaction transaction{.machine = TransactionMachine(kind, reliability, now),
                          .target = response_target(request, from)};
  transaction.key = server_key(request, key_method(request));
  transaction.merge_key = merge_key(request);
  return insert(std::move(transaction));
}

void TransactionTable::respond(TransactionId id, const Message& response, MonoTime now) {
  Transaction* transaction = find(id);
  if (!transaction) return;
  const TransactionOutcome outcome = transaction->machine.on(input_of(response.status()), now);
  if (outcome.send) {
    transaction->last = response.text();
    wire_.send(transaction->target, transaction->last);
  }
  perform(id, *transaction, outcome, now);
}

TransactionId TransactionTable::invite_of(const Message& cancel) const {
  const auto it = by_key_.find(server_key(cancel, method_name(Method::kInvite)));
  return it == by_key_.end() ? TransactionId() : it->second;
}

// An ICMP error is believed of a request that opens something and has not been answered. It is easy
// to write for others, and a server that starts anew is worth a few retransmissions to a dialog.
bool TransactionTable::is_ended_by(const TransportFault& fault, const Transaction& transaction) {
  const bool is_icmp = fault.kind == TransportFault::Kind::kRefused;
  switch (transaction.machine.state()) {
    case TransactionState::kCalling:
      return !is_icmp || to_tag(transaction.message).empty();
    case TransactionState::kTrying:
      if (transaction.machine.kind() == Kind::kServer) return !is_icmp;
      return !is_icmp || to_tag(transaction.message).empty();
    default:
      return !is_icmp && transaction.machine.kind() != Kind::kInviteClient &&
             transaction.machine.kind() != Kind::kClient;
  }
}

void TransactionTable::on_transport_error(const Target& target, const TransportFault& fault,
                                          MonoTime now) {
  std::vector<TransactionId> hit;
  for (const auto& [id, transaction] : all_) {
    if (transaction.target == target && is_ended_by(fault, transaction)) hit.push_back(id);
  }
  for (const TransactionId id : hit) {
    Transaction* transaction = find(id);
    if (!transaction) continue;
    const Kind kind = transaction->machine.kind();
    const TransactionOutcome outcome = transaction->machine.on(Input::kTransportError, now);
    perform(id, *transaction, outcome, now);
    tell_client(id, kind, outcome, fault, now);
  }
}

void TransactionTable::on_time(MonoTime now) {
  while (const auto id = deadlines_.take(now)) {
    Transaction* transaction = find(*id);
    if (!transaction) continue;
    const Kind kind = transaction->machine.kind();
    const TransactionOutcome outcome = transaction->machine.on_time(now);
    perform(*id, *transaction, outcome, now);
    tell_client(*id, kind, outcome, {}, now);
  }
}

TransactionTable::Transaction* TransactionTable::find(TransactionId id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

TransactionId TransactionTable::insert(Transaction transaction) {
  const TransactionId id(++last_id_);
  by_key_[transaction.key] = id;
  if (!transaction.merge_key.empty()) by_merge_key_[transaction.merge_key] = id;
  deadlines_.set(id, transaction.machine.deadline());
  all_.emplace(id, std::move(transaction));
  return id;
}

void TransactionTable::erase(TransactionId id, ServerEnd how, MonoTime now) {
  const auto it = all_.find(id);
  if (it == all_.end()) return;
  const auto drop = [id](auto& index, const std::string& key) {
    const auto entry = index.find(key);
    if (entry != index.end() && entry->second == id) index.erase(entry);
  };
  drop(by_key_, it->second.key);
  drop(by_merge_key_, it->second.merge_key);
  const Kind kind = it->second.machine.kind();
  deadlines_.set(id, kNever);
  all_.erase(it);
  if (kind == Kind::kInviteServer || kind == Kind::kServer)
    server_user_.on_server_gone(id, how, now);
}

void TransactionTable::perform(TransactionId id, Transaction& transaction,
                               const TransactionOutcome& outcome, MonoTime now) {
  if (outcome.resend && !transaction.last.empty()) wire_.send(transaction.target, transaction.last);
  if (transaction.machine.is_terminated()) {
    erase(id, outcome.failed ? ServerEnd::kNoWayBack : ServerEnd::kDone, now);
  } else {
    deadlines_.set(id, transaction.machine.deadline());
  }
}

void TransactionTable::tell_client(TransactionId id, Kind kind, const TransactionOutcome& outcome,
                                   const TransportFault& fault, MonoTime now) {
  if (kind == Kind::kInviteServer || kind == Kind::kServer) return;
  if (outcome.failed) {
    client_user_.on_client_failed(id, {TransactionFailure::Kind::kTransport, fault}, now);
  } else if (outcome.timed_out) {
    client_user_.on_client_failed(id, {TransactionFailure::Kind::kTimeout, {}}, now);
  } else if (!find(id)) {
    client_user_.on_client_gone(id, now);
  }
}

Target response_target(const Message& request, const Target& from) {
  if (is_reliable(from.transport)) return from;
  const auto via = top_via(request);
  if (!via || via->params.has("rport")) return from;
  const uint16_t port = via->port == 0 ? 5060 : via->port;
  return Target{from.transport, SocketAddress(from.address.ip(), port), from.connection};
}

Message make_failure_ack(const Message& invite, const Message& response) {
  Builder builder = beside_invite(invite, Method::kAck);
  return built(builder.copy(response, Header::kTo));
}

Message make_cancel(const Message& invite, std::string_view reason) {
  Builder builder = beside_invite(invite, Method::kCancel);
  builder.copy(invite, Header::kTo);
  if (!reason.empty()) builder.add(Header::kReason, reason);
  return built(builder);
}

}  // namespace patchcord::sip
