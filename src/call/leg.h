// SPDX-License-Identifier: GPL-3.0-or-later
// Leg: a signalling side of a call, whatever its protocol. A browser and a SIP phone are two
// implementations (legs/), and so is a service of our own (registrar/). A leg translates; it
// decides nothing. Either side of a call, the caller's (A) or the callee's (B), is a Leg.
//
//        Call ── invite / describe / ring / talk / end ──▶ Leg ──▶ the protocol
//        Call ◀── LegEvent ───────────────────────────── Leg ◀── the protocol
//
// Thread: control. Owner: Call. A command may answer with an event at once: the call queues it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "call/reason.h"
#include "core/address.h"
#include "core/own_address.h"
#include "core/result.h"
#include "media/plan.h"

namespace patchcord::call {

using media::EndpointKind;
using media::Side;

struct Party {
  std::string user;          // number or user part; for a browser its login
  std::string domain;        // may be empty
  std::string display_name;  // may be empty
};

// ---- what a leg says

// The callee's leg knows the way, and so by which address of ours its peer reaches us.
struct Prepared {
  OwnAddress media_address;
};
struct Ringing {};
// Sound before the answer: 18x with SDP. Again with another SDP where a forked call has several.
struct Early {
  std::string sdp;
  IpAddress signalling_peer;
};
// After talk(), of either side: the SDP of an ACK, when we had to offer (RFC 3261 13.2.1).
struct Answered {
  std::string sdp;
  IpAddress signalling_peer;
  bool is_settled = false;  // no SDP, and none is missing: what the last reoffer agreed stands
};
struct Reoffered {  // must be answered by accept_reoffer or refuse_reoffer
  std::string sdp;  // empty: we are asked to offer
};
struct DigitsAsked {  // the user of this side pressed keys; they are for the other side
  std::string digits;
};
// The page of this side has lost its signalling and may come back: until then only its media shows
// that it is there.
struct SignallingLost {};
struct SignallingBack {};
struct LegEnded {  // over from its own side; end() need not be called any more
  Ending ending;
};
using LegEvent = std::variant<Prepared, Ringing, Early, Answered, Reoffered, DigitsAsked,
                              SignallingLost, SignallingBack, LegEnded>;

class LegListener {
 public:
  virtual ~LegListener() = default;
  virtual void on_leg_event(Side side, LegEvent event) = 0;
};

// ---- what a leg is told

struct Invitation {
  std::string sdp;  // our offer
  Party caller, callee;
};

struct LegInfo {            // for the API and the log; never a secret
  std::string protocol;     // "browser", "sip", "echo"
  std::string party;        // "1001@example.com"
  std::string peer;         // its signalling address, if known
  std::string protocol_id;  // SIP Call-ID, or the browser's callId
};

class Leg {
 public:
  virtual ~Leg() = default;
  // Before anything else; events come only after it.
  virtual void attach(LegListener& listener, Side side) = 0;
  virtual EndpointKind media_kind() const = 0;
  virtual LegInfo info() const = 0;

  // As the callee's leg: find the way (answers Prepared or LegEnded), then invite.
  virtual void prepare() = 0;
  virtual void invite(const Invitation& invitation) = 0;

  // As the caller's leg. Our answer to its offer: a browser gets it at once and only once; towards
  // SIP it waits for early() or talk().
  virtual void describe(std::string sdp) = 0;
  virtual void ring() = 0;
  virtual void early() = 0;  // sound of the far side can be heard before the answer

  // Both sides talk from here on.
  virtual void talk() = 0;

  // Digits by signalling, where the media agreed has no telephone-event.
  virtual void send_digits(std::string_view digits) = 0;

  virtual void accept_reoffer(std::string sdp) = 0;
  virtual void refuse_reoffer(Reason reason) = 0;

  // Ends this side from ours: CANCEL, BYE, a final response or `finish`, as its state asks.
  virtual void end(const Ending& ending) = 0;
};

}  // namespace patchcord::call
