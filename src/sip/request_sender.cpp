// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/request_sender.h"

#include <utility>

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

constexpr Duration kResolveLimit = 10s;  // a guard: Outside answers sooner
constexpr NoAnswer kTimeout{408, "No Answer From Peer"};
constexpr NoAnswer kNoWay{503, "Next Hop Not Reachable"};
constexpr NoAnswer kNoName{503, "Next Hop Does Not Resolve"};
constexpr NoAnswer kCancelled{487, "Request Terminated"};
constexpr NoAnswer kBadDraft{400, "Not A Legal Request"};

bool may_be_sent_to(const SocketAddress& address) {
  return address.is_set() && !address.ip().is_unspecified() && !address.ip().is_multicast();
}

Target numeric_target(const ResolveQuery& query, const IpAddress& ip) {
  const auto transport =
      query.transport.value_or(query.is_sips ? TransportKind::kTls : TransportKind::kUdp);
  const uint16_t usual = transport == TransportKind::kTls ? 5061 : 5060;
  return {transport, SocketAddress(ip, query.port == 0 ? usual : query.port), {}};
}

}  // namespace

std::optional<ResolveQuery> resolve_query(const Uri& uri) {
  if (!uri.is_sip()) return std::nullopt;
  ResolveQuery query{.host = uri.host(), .port = uri.port(), .transport = {}};
  query.is_sips = uri.scheme() == Uri::Scheme::kSips;
  if (const auto name = uri.params().get("transport")) {
    query.transport = transport_from(*name);
    if (!query.transport) return std::nullopt;
  }
  // sips: is TLS at every hop; sips with transport=tcp is TLS over TCP (RFC 3261 26.2.2).
  if (query.is_sips) query.transport = TransportKind::kTls;
  return query;
}

RequestId RequestSender::send(RequestDraft draft, const Uri& next_hop, RequestOwner owner,
                              MonoTime now) {
  const RequestId id(++last_id_);
  Request& request =
      all_.emplace(id, Request{.draft = std::move(draft), .owner = owner}).first->second;
  const auto query = resolve_query(next_hop);
  if (!query) {
    fail_soon(id, request, kNoWay, now);
  } else if (const auto ip = next_hop.ip()) {
    request.targets.push_back(numeric_target(*query, *ip));
    try_target(id, request, now);
  } else {
    deadlines_.set(id, now + kResolveLimit);
    outside_.resolve(ResolveTicket(id.value()), *query);
  }
  return id;
}

void RequestSender::repeat(RequestId ack) {
  const Request* request = find(ack);
  if (request && !request->ack.empty())
    wire_.send(request->targets[request->attempt], request->ack);
}

void RequestSender::cancel(RequestId invite, std::string reason, MonoTime now) {
  Request* request = find(invite);
  if (!request || request->cancel != Cancel::kNo) return;
  request->cancel_reason = std::move(reason);
  switch (request->phase) {
    case Phase::kResolving:  // nothing was sent, so there is nothing to take back
      fail_soon(invite, *request, kCancelled, now);
      break;
    case Phase::kCalling:  // RFC 3261 9.1: wait for a provisional response; timer B bounds the wait
      request->cancel = Cancel::kWanted;
      break;
    case Phase::kProceeding:
      send_cancel(invite, *request, now);
      break;
    case Phase::kAnswered:
    case Phase::kFailed:
      break;
  }
}

void RequestSender::abandon(RequestId id, MonoTime now) {
  const auto it = all_.find(id);
  if (it == all_.end()) return;
  table_.let_go(it->second.transaction, now);
  by_transaction_.erase(it->second.transaction);
  deadlines_.set(id, kNever);
  all_.erase(it);
}

const Target* RequestSender::target(RequestId id) const {
  const auto it = all_.find(id);
  if (it == all_.end() || it->second.attempt >= it->second.targets.size()) return nullptr;
  return &it->second.targets[it->second.attempt];
}

void RequestSender::on_resolved(ResolveTicket ticket, Targets targets, MonoTime now) {
  const RequestId id(ticket.value());
  Request* request = find(id);
  if (!request || request->phase != Phase::kResolving) return;
  if (targets.empty()) return fail(id, kNoName, now);
  deadlines_.set(id, kNever);
  request->targets = std::move(targets);
  try_target(id, *request, now);
}

void RequestSender::on_time(MonoTime now) {
  while (const auto id = deadlines_.take(now)) {
    const Request* request = find(*id);
    if (!request) continue;
    switch (request->phase) {
      case Phase::kFailed:
        fail(*id, request->failure, now);
        break;
      case Phase::kResolving:
        fail(*id, kNoName, now);
        break;
      default:  // "the client should consider the original transaction cancelled" (RFC 3261 9.1)
        table_.abandon(request->transaction, now);
        fail(*id, kCancelled, now);
    }
  }
}

void RequestSender::on_response(TransactionId transaction, const Message& response,
                                const Target& from, MonoTime now) {
  const RequestId id = find_by(transaction);
  Request* request = find(id);
  if (!request) return;
  const RequestOwner owner = request->owner;
  const int status = response.status();
  if (status < 200) {
    if (request->phase == Phase::kCalling) request->phase = Phase::kProceeding;
    if (status > 100) request->targets.resize(request->attempt + 1);  // it took effect there
    if (request->cancel == Cancel::kWanted) send_cancel(id, *request, now);
  } else {
    if (status == 503 && try_next(id, *request, now)) return;
    request->phase = Phase::kAnswered;
    deadlines_.set(id, kNever);
    const bool may_come_again = request->draft.method == Method::kInvite && status < 300;
    if (!may_come_again) abandon(id, now);
  }
  user_.on_answer(owner, id, response, from, now);
}

void RequestSender::on_client_failed(TransactionId transaction, TransactionFailure failure,
                                     MonoTime now) {
  const RequestId id = find_by(transaction);
  Request* request = find(id);
  if (!request || try_next(id, *request, now)) return;
  fail(id, failure == TransactionFailure::kTimeout ? kTimeout : kNoWay, now);
}

void RequestSender::on_client_gone(TransactionId transaction, MonoTime now) {
  abandon(find_by(transaction), now);
}

RequestSender::Request* RequestSender::find(RequestId id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

RequestId RequestSender::find_by(TransactionId transaction) const {
  const auto it = by_transaction_.find(transaction);
  return it == by_transaction_.end() ? RequestId() : it->second;
}

void RequestSender::try_target(RequestId id, Request& request, MonoTime now) {
  const Target& target = request.targets[request.attempt];
  if (!may_be_sent_to(target.address) || table_.is_full()) {
    return fail_soon(id, request, kNoWay, now);
  }
  const Vantage vantage{target.transport, wire_.local_address(target)};
  const std::string branch = std::string(kMagicCookie) + random_.token(20);
  auto message = print(request.draft, vantage, branch, product_);
  if (!message.ok()) return fail_soon(id, request, kBadDraft, now);
  if (request.draft.method == Method::kAck) {
    request.phase = Phase::kAnswered;
    request.ack = message->text();
    wire_.send(target, request.ack);
    return;
  }
  request.phase = Phase::kCalling;
  request.transaction = table_.begin(std::move(message).value(), target, now);
  by_transaction_[request.transaction] = id;
}

bool RequestSender::try_next(RequestId id, Request& request, MonoTime now) {
  if (request.phase != Phase::kCalling && request.phase != Phase::kProceeding) return false;
  if (request.cancel != Cancel::kNo || request.attempt + 1 >= request.targets.size()) return false;
  by_transaction_.erase(request.transaction);
  ++request.attempt;
  try_target(id, request, now);
  return true;
}

void RequestSender::fail_soon(RequestId id, Request& request, NoAnswer why, MonoTime now) {
  request.phase = Phase::kFailed;
  request.failure = why;
  deadlines_.set(id, now);
}

void RequestSender::fail(RequestId id, NoAnswer why, MonoTime now) {
  const Request* request = find(id);
  if (!request) return;
  const RequestOwner owner = request->owner;
  abandon(id, now);
  user_.on_no_answer(owner, id, why, now);
}

void RequestSender::send_cancel(RequestId id, Request& request, MonoTime now) {
  const Message* invite = table_.request(request.transaction);
  const Target* target = table_.target(request.transaction);
  request.cancel = Cancel::kSent;
  deadlines_.set(id, now + kTimers.timeout());
  if (invite && target) table_.begin(make_cancel(*invite, request.cancel_reason), *target, now);
}

}  // namespace patchcord::sip
