// SPDX-License-Identifier: GPL-3.0-or-later
// RequestSender: takes a draft of a request and a next hop, finds the way (numeric at once, else
// Outside::resolve), prints, begins the transaction, and tries the next target where one cannot be
// reached, is silent, or says 503 (RFC 3263 4.3); it remembers such targets for a while. What is
// too large for a datagram goes by TCP where the peer takes it (RFC 3261 18.1.1). It also knows
// when a CANCEL may go (RFC 3261 9.1): not before a provisional response. What an answer means is
// its owner's business.
//
//     send ─▶ Resolving ─▶ Calling ─1xx─▶ Proceeding ─▶ answered ─(INVITE 2xx: stays for more)─▶
//     gone
//                 └──────────┴── no way, no answer: on_no_answer
//
// An INVITE that was given up for the next target may still be answered where it went first: its
// provisional responses are cancelled, and of two 2xx the later is the owner's to end, as of a
// fork.
//
// The owner is told from inside on_..., never from inside send(): a failure that is known at once
// is told at the next on_time(). Thread: control. Owner: UserAgent.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/random.h"
#include "sip/deadlines.h"
#include "sip/request_draft.h"
#include "sip/target_health.h"
#include "sip/transaction.h"

namespace patchcord::sip {

using RequestId = StrongId<struct RequestTag, uint64_t>;
using RequestOwner = std::variant<std::monostate, DialogId, RegistrationId>;

struct NoAnswer {
  int status = 408;  // as if it had been a response (RFC 3261 8.1.3.1)
  std::string_view phrase;
  Unanswered cause = Unanswered::kUnreachable;
  std::string detail{};  // in words
};

class RequestUser {
 public:
  virtual ~RequestUser() = default;
  virtual void on_answer(const RequestOwner& owner, RequestId id, const Message& response,
                         const Target& from, MonoTime now) = 0;
  virtual void on_no_answer(const RequestOwner& owner, RequestId id, const NoAnswer& why,
                            MonoTime now) = 0;
  // The last target has not said a word to an INVITE or REGISTER for longer than a person waits.
  // It is still being asked; told once.
  virtual void on_silence(const RequestOwner& owner, RequestId id, MonoTime now) = 0;
};

struct SenderOptions {
  std::string product;
  Duration answer_limit{};  // of the last target, to an INVITE; 0: as long as its transaction
};

class RequestSender final : public ClientTransactionUser {
 public:
  RequestSender(Wire& wire, Outside& outside, Random& random, TransactionTable& table,
                RequestUser& user, SenderOptions options)
      : wire_(wire),
        outside_(outside),
        random_(random),
        table_(table),
        user_(user),
        options_(std::move(options)) {}

  // An ACK goes out without a transaction and is kept for repeat() until abandon().
  RequestId send(RequestDraft draft, const Uri& next_hop, RequestOwner owner, MonoTime now);
  void repeat(RequestId ack);
  // For an INVITE. At the latest 64*T1 later the owner has a final answer or on_no_answer (487).
  void cancel(RequestId invite, std::string reason, MonoTime now);
  // The owner wants to hear no more of it.
  void abandon(RequestId id, MonoTime now);
  // The owner of an INVITE that was answered is gone: a 2xx that still comes is told as nobody's.
  void release(RequestId invite);
  // As given to send(); null after the request is gone.
  const RequestDraft* draft(RequestId id) const;
  // Where the request went; null before that is known and after the request is gone.
  const Target* target(RequestId id) const;

  void on_resolved(ResolveTicket ticket, Result<Targets> targets, MonoTime now);
  void on_time(MonoTime now);
  MonoTime next_deadline() { return deadlines_.next(); }
  size_t size() const { return all_.size(); }

  void on_response(TransactionId transaction, const Message& response, const Target& from,
                   MonoTime now) override;
  void on_client_failed(TransactionId transaction, const TransactionFailure& failure,
                        MonoTime now) override;
  void on_client_gone(TransactionId transaction, MonoTime now) override;

 private:
  enum class Phase : uint8_t { kResolving, kCalling, kProceeding, kAnswered, kFailed };
  enum class Cancel : uint8_t { kNo, kWanted, kSent };
  struct GivenUp {  // an INVITE to a target before the current one
    TransactionId transaction;
    bool is_cancelled = false;
  };
  struct Request {
    RequestDraft draft;
    RequestOwner owner;
    Phase phase = Phase::kResolving;
    Cancel cancel = Cancel::kNo;
    std::string cancel_reason{};
    Targets targets{};
    size_t attempt = 0;
    TransactionId transaction{};
    std::vector<GivenUp> given_up{};
    std::string ack{};  // of an ACK: as sent
    NoAnswer failure{};
  };

  Request* find(RequestId id);
  RequestId find_by(TransactionId transaction) const;
  void try_target(RequestId id, Request& request, MonoTime now);
  Result<Message> print_for(const Target& target, const Request& request);
  // Puts TCP to the same address before a datagram that is too large. True: it did.
  bool prefers_tcp(Request& request, const Message& message, MonoTime now) const;
  Duration patience(const Request& request) const;
  bool try_next(RequestId id, Request& request, MonoTime now);
  void on_silence(RequestId id, Request& request, MonoTime now);
  // Of a target that was given up before. True: nothing more is to be done.
  bool is_late(RequestId id, Request& request, TransactionId transaction, int status, MonoTime now);
  void take_back(TransactionId invite, MonoTime now);
  void forget(Request& request, TransactionId given_up);
  void fail_soon(RequestId id, Request& request, NoAnswer why, MonoTime now);
  void fail(RequestId id, NoAnswer why, MonoTime now);
  void send_cancel(RequestId id, Request& request, MonoTime now);

  Wire& wire_;
  Outside& outside_;
  Random& random_;
  TransactionTable& table_;
  RequestUser& user_;
  SenderOptions options_;
  TargetHealth health_;
  uint64_t last_id_ = 0;
  std::unordered_map<RequestId, Request> all_;
  std::unordered_map<TransactionId, RequestId> by_transaction_;
  Deadlines<RequestId> deadlines_;  // resolving, silent, cancelled, or failed at once
};

// What RFC 3263 needs of a URI. Nothing for a URI that is not SIP, or a transport we do not have.
// maddr is not obeyed: the far side does not choose an address for us that way.
std::optional<ResolveQuery> resolve_query(const Uri& uri);

}  // namespace patchcord::sip
