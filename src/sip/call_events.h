// SPDX-License-Identifier: GPL-3.0-or-later
// What the user agent tells its owner, and what the owner gives it: plain values.
// A dialog here is one INVITE dialog from its first request to its end: the owner sees one id for
// it whatever the network does below (forks, challenges, retransmissions, fail-over). Thread: any
// (values).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/id.h"
#include "core/time.h"
#include "sip/outside.h"
#include "sip/uri.h"

namespace patchcord::sip {

using DialogId = StrongId<struct DialogTag, uint64_t>;
using RegistrationId = StrongId<struct RegistrationTag, uint64_t>;

// Who we are toward a server. Requests go to outbound_proxy if set, else to the host of aor: the
// callee never chooses the next hop.
struct Account {
  Uri aor{};                    // sip:1001@example.com
  std::string display_name{};   // UTF-8; quoted on the wire
  std::string auth_username{};  // empty: the user part of aor
  // User part of the Contact that is registered. Empty: that of aor. One of its own for each
  // sign-in keeps two of the same account apart: each is called, and each leaves, alone (RFC
  // 3261 10.2.1).
  std::string contact_user{};
  std::string password{};
  // The realm the password is for. Empty: the realm of the first challenge to a request that opens
  // a dialog or registers; any other realm is refused after that.
  std::string realm{};
  std::optional<Uri> outbound_proxy{};
  // A phone of our own domain is reached by the flow it registered over, and by no other way.
  std::optional<Target> flow{};
};

// A header line of the owner's. The owner has checked the name against its allow-list; the user
// agent refuses a line break or a NUL wherever it stands and never lets it replace one of its own.
struct ExtraHeader {
  std::string name;
  std::string value;
};

struct OutgoingCall {
  Account account;
  Uri callee;
  std::string sdp;
  std::vector<ExtraHeader> headers;
  std::string call_id;  // SIP Call-ID; empty: drawn
};

// How an owner ends a call. status is for a call from the network that was not answered (400..699);
// reason is the value of a Reason header (RFC 3326) for BYE, CANCEL and the refusal; may be empty.
struct Hangup {
  int status = 480;
  std::string reason;
};

// A call from the network. It has had its 100; the owner owes ring(), answer() or reject().
struct IncomingCall {
  DialogId dialog;
  Uri request_uri;
  Uri from;
  Uri to;
  std::string display_name;  // of From; unquoted
  std::string call_id;
  std::string sdp;  // empty: we are asked to offer (in answer())
  Target source;
  std::vector<ExtraHeader> headers;  // X- headers only
  // Of our own domain, who proved to be it; empty: the call comes from a SIP server.
  std::string local_user{};
};
// The INVITE is on its way and the next hop has it (100).
struct Trying {
  DialogId dialog;
};
struct Ringing {
  DialogId dialog;
  int status = 180;  // 180..189 without an SDP
};
// Sound before the answer. Where the network forks the call it comes again with the session of
// another early dialog, or of the same one changed: the newest is the one to be heard.
struct EarlyMedia {
  DialogId dialog;
  int status = 183;
  std::string sdp;
  Target peer;
};
// sdp is the answer in force: that of the 200, or the early one when the 200 had none. Empty: there
// is none, which is a fault of the far end, unless is_settled: then what was agreed by the last
// answer_reoffer() stands.
struct Answered {
  DialogId dialog;
  std::string sdp;
  bool is_settled = false;
  Target peer;  // where the signalling answer came from
};
// The ACK for our first 200 came, or a later one that brought a changed answer. sdp: the peer's
// answer where we offered; else empty.
struct Acknowledged {
  DialogId dialog;
  std::string sdp;
};
// A re-INVITE or UPDATE that changes the session (before the answer too, RFC 6337 3.2):
// answer_reoffer() or refuse_reoffer() is owed.
// A session refresh (the SDP we know) and a re-INVITE without an SDP are answered inside, with what
// we said last; an answer in the ACK of the latter that changes something comes as Acknowledged.
struct Reoffered {
  DialogId dialog;
  std::string sdp;
};
// The end of our own reoffer(), or a session refresh of ours that got a changed answer.
struct ReofferAnswered {
  DialogId dialog;
  std::string sdp;
};
struct ReofferRefused {
  DialogId dialog;
  int status = 488;
};
// A digit in an INFO (application/dtmf-relay or application/dtmf).
struct InfoDigit {
  DialogId dialog;
  char digit = '0';  // 0-9 * # A-D
  std::chrono::milliseconds duration{160};
};

// Why a request of ours had no answer at all.
enum class Unanswered : uint8_t {
  kNo,  // it had one
  kTimeout,
  kUnreachable,
  kNoSuchName,
  kNoNameServer,  // nobody could say where the name is
  kHandshake,     // no TLS with the next hop
  kUntrusted,     // its certificate is not its own
};

enum class EndedBy : uint8_t { kLocal, kRemote, kTimeout, kNetwork };
// What the far end failed to do, where that is why a dialog ended.
enum class Missing : uint8_t {
  kNothing,
  kAnswer,   // nobody answered in time
  kAck,      // of our 200
  kPrack,    // of our reliable provisional response
  kRefresh,  // of the session (RFC 4028), or it knows the dialog no more (481, 408)
};
// The last event of a dialog; exactly one. status: that of the final response; 200 for a BYE; 487
// when a CANCEL ended it; 408 or 503 when no answer came.
struct Ended {
  DialogId dialog;
  EndedBy by = EndedBy::kRemote;
  int status = 0;
  std::string phrase{};
  std::string reason{};   // Reason header, if any: Q.850;cause=16;text="..."
  std::string warning{};  // Warning header, if any
  Missing missing = Missing::kNothing;
  std::chrono::seconds retry_after{0};  // of a failure; 0: none
  Unanswered unanswered = Unanswered::kNo;
  std::string detail{};  // of that, in words
};

struct Registered {
  RegistrationId registration;
  std::chrono::seconds expires{0};
};
struct RegistrationFailed {
  enum class Next : uint8_t { kRetries, kGivesUp };
  RegistrationId registration;
  int status = 0;  // 0: the next hop may not be sent to; 408, 503: no answer
  std::string phrase;
  Next next = Next::kRetries;
  Unanswered unanswered = Unanswered::kNo;
  std::string detail{};         // of that, in words
  bool is_being_asked = false;  // silence so far: the same request may still be answered
};
// The last event of a registration that was told to end.
struct Unregistered {
  RegistrationId registration;
};

using Event = std::variant<IncomingCall, Trying, Ringing, EarlyMedia, Answered, Acknowledged,
                           Reoffered, ReofferAnswered, ReofferRefused, InfoDigit, Ended, Registered,
                           RegistrationFailed, Unregistered>;

}  // namespace patchcord::sip
