// SPDX-License-Identifier: GPL-3.0-or-later
// TransactionTable: all transactions of the user agent, client and server. It matches messages to
// them, keeps what may have to be sent again, and runs their timers from one heap; when to do what
// is transaction_machine's. It knows no dialog.
//
//     network ──▶ receive_response / receive_request ──▶ the two users
//     network ◀── begin (request) / respond (response) ◀── dialogs, registrations
//
// A user is called last in every step, so it may begin or respond from inside a call.
// Thread: control. Owner: UserAgent. RFC 3261 17, RFC 6026, RFC 3581.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/id.h"
#include "core/time.h"
#include "sip/deadlines.h"
#include "sip/message.h"
#include "sip/outside.h"
#include "sip/transaction_machine.h"
#include "sip/wire.h"

namespace patchcord::sip {

using TransactionId = StrongId<struct TransactionTag, uint64_t>;

struct TransactionFailure {
  enum class Kind : uint8_t { kTimeout, kTransport };
  Kind kind = Kind::kTimeout;
  TransportFault fault{};  // kTransport
};

class ClientTransactionUser {
 public:
  virtual ~ClientTransactionUser() = default;
  virtual void on_response(TransactionId id, const Message& response, const Target& from,
                           MonoTime now) = 0;
  // The request got no answer. The transaction is gone.
  virtual void on_client_failed(TransactionId id, const TransactionFailure& failure,
                                MonoTime now) = 0;
  // A transaction that had its final response has run out.
  virtual void on_client_gone(TransactionId id, MonoTime now) = 0;
};

enum class ServerEnd : uint8_t {
  kDone,
  kNoWayBack,  // the caller cannot be reached, and no final response had been given
};

class ServerTransactionUser {
 public:
  virtual ~ServerTransactionUser() = default;
  // Told once for every server transaction.
  virtual void on_server_gone(TransactionId id, ServerEnd how, MonoTime now) = 0;
};

class TransactionTable {
 public:
  enum class Match : uint8_t {
    kNew,       // no transaction has it: the user decides
    kAbsorbed,  // a repetition, or the ACK of a failure: all is done
    kMerged,    // the same request came by another way before: 482 (RFC 3261 8.2.2.2)
  };

  TransactionTable(Wire& wire, ClientTransactionUser& client_user,
                   ServerTransactionUser& server_user, size_t limit)
      : wire_(wire), client_user_(client_user), server_user_(server_user), limit_(limit) {}

  // Sends `request` (whose topmost Via has a fresh branch) and watches over it.
  TransactionId begin(Message request, const Target& target, MonoTime now);
  // The user waits for no answer; the transaction goes on to absorb what may still come.
  void let_go(TransactionId id, MonoTime now);
  // Ends a client transaction without a word to the user; an unknown id is ignored.
  void abandon(TransactionId id, MonoTime now);
  // The request as sent; null once the transaction is gone.
  const Message* request(TransactionId id) const;
  const Target* target(TransactionId id) const;

  // A response that matches nothing is counted and dropped. kAbsorbed or kNew (told the user).
  void receive_response(const Message& response, const Target& from, MonoTime now);

  Match receive_request(const Message& request, MonoTime now);
  // Makes the server transaction for a kNew request other than ACK. Null id: the table is full.
  TransactionId accept(const Message& request, const Target& from, MonoTime now);
  // Sends and keeps the response, if the transaction is still in a state for it.
  void respond(TransactionId id, const Message& response, MonoTime now);
  // The INVITE that this CANCEL is for (RFC 3261 9.2).
  TransactionId invite_of(const Message& cancel) const;

  // A client transaction that has had an answer is left alone: the next may come by another way.
  void on_transport_error(const Target& target, const TransportFault& fault, MonoTime now);
  void on_time(MonoTime now);
  MonoTime next_deadline() { return deadlines_.next(); }
  size_t size() const { return all_.size(); }
  bool is_full() const { return all_.size() >= limit_; }

 private:
  struct Transaction {
    TransactionMachine machine;
    Target target;       // of the request (client), of the responses (server)
    Message message{};   // client: the request; server: empty
    std::string last{};  // what is sent again: the request, later its ACK; the last response
    std::string key{};
    std::string merge_key{};  // server, of requests without a To tag
  };

  static bool is_ended_by(const TransportFault& fault, const Transaction& transaction);
  Transaction* find(TransactionId id);
  TransactionId insert(Transaction transaction);
  void erase(TransactionId id, ServerEnd how, MonoTime now);
  // Does what the machine said except for telling the client user; an ended one is erased.
  void perform(TransactionId id, Transaction& transaction, const TransactionOutcome& outcome,
               MonoTime now);
  void tell_client(TransactionId id, TransactionKind kind, const TransactionOutcome& outcome,
                   const TransportFault& fault, MonoTime now);

  Wire& wire_;
  ClientTransactionUser& client_user_;
  ServerTransactionUser& server_user_;
  size_t limit_;
  uint64_t last_id_ = 0;
  std::unordered_map<TransactionId, Transaction> all_;
  std::unordered_map<std::string, TransactionId> by_key_;
  std::unordered_map<std::string, TransactionId> by_merge_key_;
  Deadlines<TransactionId> deadlines_;
};

// Where the response to `request` goes: back over its stream, or to its source, at the port of the
// top Via unless that asks for rport. Never anywhere but to the source's IP address: maddr is not
// obeyed. RFC 3261 18.2.2, RFC 3581 4.
Target response_target(const Message& request, const Target& from);

// The ACK of a failure: in the INVITE's transaction, hop by hop. RFC 3261 17.1.1.3.
Message make_failure_ack(const Message& invite, const Message& response);
// RFC 3261 9.1. `reason` is the value of a Reason header, or "".
Message make_cancel(const Message& invite, std::string_view reason);

}  // namespace patchcord::sip
