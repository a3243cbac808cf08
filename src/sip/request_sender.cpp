// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/request_sender.h"

#include <algorithm>
#include <utility>

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

constexpr Duration kResolveLimit = 10s;    // a guard: Outside answers sooner
constexpr Duration kFailoverSilence = 4s;  // of a target while there is another
constexpr Duration kRegisterSilence = 5s;  // until the owner hears of it
constexpr Duration kPenalty = 60s;         // for a target that failed
constexpr Duration kLongestPenalty = 1h;   // by its Retry-After
constexpr size_t kLargestDatagram = 1300;  // RFC 3261 18.1.1: the path's MTU is not known
constexpr size_t kMaxTargets = 16;

NoAnswer timed_out() {
  return {408, "No Answer From Peer", Unanswered::kTimeout, {}};
}
NoAnswer no_way(std::string detail) {
  return {503, "Next Hop Not Reachable", Unanswered::kUnreachable, std::move(detail)};
}
NoAnswer cancelled() {
  return {487, "Request Terminated", Unanswered::kNo, {}};
}
NoAnswer bad_draft() {
  return {400, "Not A Legal Request", Unanswered::kNo, {}};
}

NoAnswer no_name(const Error& error) {
  const auto cause =
      error.code == ErrorCode::kNotFound ? Unanswered::kNoSuchName : Unanswered::kNoNameServer;
  return {503, "Next Hop Does Not Resolve", cause, error.text};
}

NoAnswer no_transport(const TransportFault& fault) {
  NoAnswer why = no_way(fault.text);
  if (fault.kind == TransportFault::Kind::kHandshake) why.cause = Unanswered::kHandshake;
  if (fault.kind == TransportFault::Kind::kUntrusted) why.cause = Unanswered::kUntrusted;
  return why;
}

bool is_sips(const RequestDraft& draft) {
  return draft.target.scheme() == Uri::Scheme::kSips;
}

MonoTime penalty_of(const Message& unavailable, MonoTime now) {
  const auto asked = parse_retry_after(unavailable.header(Header::kRetryAfter));
  if (!asked) return now + kPenalty;
  return now + std::min<Duration>(std::chrono::seconds(asked->seconds), kLongestPenalty);
}

bool may_be_sent_to(const SocketAddress& address) {
  return address.is_set() && !address.ip().is_unspecified() && !address.ip().is_multicast();
}

Target numeric_target(const ResolveQuery& query, const IpAddress& ip) {
  const auto transport =
      query.transport.value_or(query.is_sips ? TransportKind::kTls : TransportKind::kUdp);
  const uint16_t usual = transport == TransportKind::kTls ? 5061 : 5060;
  const bool is_tls = transport == TransportKind::kTls;
  return {transport,
          SocketAddress(ip, query.port == 0 ? usual : query.port),
          {},
          is_tls ? ip.to_string() : std::string()};
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
  if (request.draft.flow) {
    request.targets.push_back(*request.draft.flow);
    try_target(id, request, now);
    return id;
  }
  const auto query = resolve_query(next_hop);
  if (!query) {
    fail_soon(id, request, no_way("no SIP URI, or a transport we do not have"), now);
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
      fail_soon(invite, *request, cancelled(), now);
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
  for (const GivenUp& old : it->second.given_up) {
    table_.abandon(old.transaction, now);
    by_transaction_.erase(old.transaction);
  }
  deadlines_.set(id, kNever);
  all_.erase(it);
}

void RequestSender::release(RequestId invite) {
  if (Request* request = find(invite)) request->owner = {};
}

const RequestDraft* RequestSender::draft(RequestId id) const {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second.draft;
}

const Target* RequestSender::target(RequestId id) const {
  const auto it = all_.find(id);
  if (it == all_.end() || it->second.attempt >= it->second.targets.size()) return nullptr;
  return &it->second.targets[it->second.attempt];
}

void RequestSender::on_resolved(ResolveTicket ticket, Result<Targets> targets, MonoTime now) {
  const RequestId id(ticket.value());
  Request* request = find(id);
  if (!request || request->phase != Phase::kResolving) return;
  if (!targets) return fail(id, no_name(targets.error()), now);
  if (targets->empty()) return fail(id, no_name({ErrorCode::kNotFound, "no such name"}), now);
  deadlines_.set(id, kNever);
  request->targets = std::move(*targets);
  health_.order(request->targets, now);
  try_target(id, *request, now);
}

void RequestSender::on_time(MonoTime now) {
  while (const auto id = deadlines_.take(now)) {
    Request* request = find(*id);
    if (!request) continue;
    if (request->phase == Phase::kFailed) {
      fail(*id, NoAnswer(request->failure), now);
    } else if (request->phase == Phase::kResolving) {
      fail(*id, no_name({ErrorCode::kTimeout, "no answer in time"}), now);
    } else if (request->cancel == Cancel::kSent) {
      // "the client should consider the original transaction cancelled" (RFC 3261 9.1)
      table_.abandon(request->transaction, now);
      fail(*id, cancelled(), now);
    } else if (request->phase == Phase::kCalling && request->cancel == Cancel::kNo) {
      on_silence(*id, *request, now);
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
  if (is_late(id, *request, transaction, status, now)) return;
  const Target& target = request->targets[request->attempt];
  if (status == 503) {
    health_.note_failure(target, penalty_of(response, now));
  } else {
    health_.note_success(target);
  }
  if (status < 200) {
    if (request->phase == Phase::kCalling) {
      request->phase = Phase::kProceeding;
      deadlines_.set(id, kNever);
    }
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

void RequestSender::on_client_failed(TransactionId transaction, const TransactionFailure& failure,
                                     MonoTime now) {
  const RequestId id = find_by(transaction);
  Request* request = find(id);
  if (!request) return;
  if (transaction != request->transaction) {
    return forget(*request, transaction);
  }
  health_.note_failure(request->targets[request->attempt], now + kPenalty);
  if (try_next(id, *request, now)) return;
  const bool is_timeout = failure.kind == TransactionFailure::Kind::kTimeout;
  fail(id, is_timeout ? timed_out() : no_transport(failure.fault), now);
}

void RequestSender::on_client_gone(TransactionId transaction, MonoTime now) {
  const RequestId id = find_by(transaction);
  Request* request = find(id);
  if (!request || transaction == request->transaction) return abandon(id, now);
  forget(*request, transaction);
}

bool RequestSender::is_late(RequestId id, Request& request, TransactionId transaction, int status,
                            MonoTime now) {
  if (transaction == request.transaction) return false;
  const auto given_up =
      std::find_if(request.given_up.begin(), request.given_up.end(),
                   [transaction](const GivenUp& old) { return old.transaction == transaction; });
  if (given_up == request.given_up.end() || status >= 300) return true;
  if (status < 200) {
    if (!std::exchange(given_up->is_cancelled, true)) take_back(transaction, now);
    return true;
  }
  if (request.phase == Phase::kCalling || request.phase == Phase::kProceeding) {
    // It was the quicker one after all: the target asked since is given up in its place.
    given_up->transaction = std::exchange(request.transaction, transaction);
    given_up->is_cancelled = request.phase == Phase::kProceeding;
    if (given_up->is_cancelled) take_back(given_up->transaction, now);
    if (request.cancel == Cancel::kNo) deadlines_.set(id, kNever);
  }
  return false;
}

void RequestSender::take_back(TransactionId invite, MonoTime now) {
  const Message* message = table_.request(invite);
  const Target* target = table_.target(invite);
  if (message && target) table_.begin(make_cancel(*message, {}), Target(*target), now);
}

void RequestSender::forget(Request& request, TransactionId given_up) {
  std::erase_if(request.given_up,
                [given_up](const GivenUp& old) { return old.transaction == given_up; });
  by_transaction_.erase(given_up);
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
  Target target = request.targets[request.attempt];
  if (!may_be_sent_to(target.address)) {
    return fail_soon(id, request, no_way("not an address to send to"), now);
  }
  if (table_.is_full()) return fail_soon(id, request, no_way("too many transactions"), now);
  if (is_sips(request.draft) && target.transport != TransportKind::kTls) {
    return fail_soon(id, request, no_way("a sips: address is reached by TLS only"), now);
  }
  auto message = print_for(target, request);
  if (message.ok() && prefers_tcp(request, *message, now)) {
    target = request.targets[request.attempt];
    message = print_for(target, request);
  }
  if (!message.ok()) return fail_soon(id, request, bad_draft(), now);
  if (request.draft.method == Method::kAck) {
    request.phase = Phase::kAnswered;
    request.ack = message->text();
    wire_.send(target, request.ack);
    return;
  }
  request.phase = Phase::kCalling;
  request.transaction = table_.begin(std::move(message).value(), target, now);
  by_transaction_[request.transaction] = id;
  const Duration wait = patience(request);
  deadlines_.set(id, wait > 0s ? now + wait : kNever);
}

Result<Message> RequestSender::print_for(const Target& target, const Request& request) {
  const Vantage vantage{target.transport, wire_.local_address(target)};
  const std::string branch = std::string(kMagicCookie) + random_.token(20);
  return print(request.draft, vantage, branch, options_.product);
}

bool RequestSender::prefers_tcp(Request& request, const Message& message, MonoTime now) const {
  const Target& datagram = request.targets[request.attempt];
  if (datagram.transport != TransportKind::kUdp || request.draft.method == Method::kAck ||
      message.text().size() <= kLargestDatagram || request.targets.size() >= kMaxTargets) {
    return false;
  }
  const Target stream{TransportKind::kTcp, datagram.address, {}};
  if (health_.is_out(stream, now)) return false;  // refused before: a datagram it is
  request.targets.insert(request.targets.begin() + static_cast<ptrdiff_t>(request.attempt), stream);
  return true;
}

Duration RequestSender::patience(const Request& request) const {
  if (request.attempt + 1 < request.targets.size()) return kFailoverSilence;
  if (request.draft.method == Method::kRegister) return kRegisterSilence;
  const bool opens = request.draft.method == Method::kInvite && request.draft.to.tag().empty();
  return opens ? options_.answer_limit : 0s;
}

void RequestSender::on_silence(RequestId id, Request& request, MonoTime now) {
  health_.note_failure(request.targets[request.attempt], now + kPenalty);
  const TransactionId silent = request.transaction;
  if (request.attempt + 1 >= request.targets.size()) {
    return user_.on_silence(RequestOwner(request.owner), id, now);
  }
  const bool may_be_answered = request.draft.method == Method::kInvite;
  if (may_be_answered) {
    request.given_up.push_back({silent});
  } else {
    table_.abandon(silent, now);
  }
  try_next(id, request, now);
  if (may_be_answered && find(id)) by_transaction_[silent] = id;
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
