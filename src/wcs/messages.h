// SPDX-License-Identifier: GPL-3.0-or-later
// The browser protocol as plain values: what a page says, what we say, and both as JSON text
// {"message": name, "data": [arg, ...]}. docs/protocol.md is the prose, protocol/fixtures/ holds
// golden texts that these functions and the SDK's tests read.
// NOT here: rules (who may say what when); those are session's. Boost.JSON stays in the .cpp files.
// Thread: any (values). Nothing here throws; the caller limits the size of a text (kMaxText).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.h"

namespace patchcord::wcs {

inline constexpr size_t kMaxText = 256 * 1024;  // bytes of one text frame, both ways
inline constexpr size_t kMaxDepth = 32;         // nesting of a JSON text

// ---- what a page says -------------------------------------------------------------------------

enum class Registering : uint8_t { kRequired, kNotRequired };

struct SipOptions {
  std::string login;
  std::string authentication_name;  // empty: the login
  std::string password;
  std::string domain;                                // may be "host:port"
  std::string outbound_proxy;                        // empty: the domain
  std::string proxy;                                 // rarely set
  uint16_t port = 0;                                 // 0: the default port, or SRV
  Registering registering = Registering::kRequired;  // absent means required
  std::string visible_name;
  std::string contact_params;  // raw, of the mobile SDKs
  bool operator==(const SipOptions&) const = default;
};

struct Connection {
  std::string app_key;
  std::vector<std::string> media_providers;
  bool keep_alive = false;
  std::string auth_token;  // of an earlier getUserData
  bool resume = false;     // ours: the page still has its calls and goes on with them
  std::string client_version;
  std::string client_browser_version;
  std::optional<SipOptions> sip;  // absent when no sip* member was given
  std::string custom;             // JSON text as sent, empty when absent
  // The whole object as it came, as JSON text, less the password, tokens and nulls: what
  // getUserData gives back. Filled by parsing only; empty above 64 kB.
  std::string echo;
  bool operator==(const Connection&) const = default;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string call_id;
  std::string sdp;  // the browser's offer
  std::string caller;
  std::string callee;  // number, user, sip: or tel: URI; hostile text
  std::string visible_name;
  bool has_audio = true;
  bool has_video = false;
  std::vector<std::string> sip_sdp;  // extra SDP lines for the SIP side
  Parameters invite_parameters;      // extra headers for the INVITE
  std::string custom;                // JSON text
  bool operator==(const Call&) const = default;
};

// hasVideo and caller of an answer say nothing (the vendor SDK fills them blindly): not kept.
struct Answer {
  std::string call_id;
  std::string sdp;
  bool operator==(const Answer&) const = default;
};

struct Hangup {
  std::string call_id;
  std::string reason{};  // ours: what the page found wrong; empty: its user hung up
  bool operator==(const Hangup&) const = default;
};
struct Hold {
  std::string call_id;
  bool for_transfer = false;
  bool operator==(const Hold&) const = default;
};
struct Unhold {
  std::string call_id;
  bool operator==(const Unhold&) const = default;
};
struct Transfer {
  std::string call_id;
  std::string target;
  bool operator==(const Transfer&) const = default;
};

enum class DtmfType : uint8_t { kRfc2833, kInfo, kInfoRelay };

struct SendDtmf {
  std::string call_id;
  std::string digits;  // as sent, unchecked
  DtmfType type = DtmfType::kRfc2833;
  bool operator==(const SendDtmf&) const = default;
};

struct SendData {
  std::string operation_id;
  std::string payload;  // JSON text
  bool operator==(const SendData&) const = default;
};
struct PushLogs {
  std::string logs;
  bool operator==(const PushLogs&) const = default;
};
struct SubmitBugReport {
  std::string report;  // JSON text, any shape
  bool operator==(const SubmitBugReport&) const = default;
};
enum class DebugCommand : uint8_t { kStart, kStop };
struct SessionDebug {
  DebugCommand command = DebugCommand::kStart;
  bool operator==(const SessionDebug&) const = default;
};
struct Ping {
  bool operator==(const Ping&) const = default;
};
struct Pong {
  bool operator==(const Pong&) const = default;
};
struct Unknown {
  std::string name;  // at most 64 bytes are kept
  bool operator==(const Unknown&) const = default;
};

using ClientMessage =
    std::variant<Connection, Call, Answer, Hangup, Hold, Unhold, Transfer, SendDtmf, SendData,
                 PushLogs, SubmitBugReport, SessionDebug, Ping, Pong, Unknown>;

// ---- what we say ------------------------------------------------------------------------------

enum class CallStatus : uint8_t {
  kNew,
  kPending,
  kTrying,
  kRing,
  kRingMedia,
  kSessionProgress,
  kEstablished,
  kHold,
  kBusy,
  kFinish,
  kFailed,
};

struct KnownCall {
  std::string call_id;
  CallStatus status = CallStatus::kNew;
  bool operator==(const KnownCall&) const = default;
};

struct GetUserData {
  std::string auth_token;
  std::string login;  // as sipLogin and login; empty for a session without an account
  std::vector<std::string> media_providers{"WebRTC"};
  std::string echo;  // JSON text of an object whose members are given back; may be empty
  // Ours: the session of before goes on, with the calls the page had as they stand now; of one that
  // has ended, `finish` follows. Else neither is sent.
  bool resumed = false;
  std::vector<KnownCall> calls{};
  bool operator==(const GetUserData&) const = default;
};

struct Registered {
  std::string sip_message_raw;  // the 200 OK, for the older SDKs; may be empty
  bool operator==(const Registered&) const = default;
};

enum class SdpKind : uint8_t { kOffer, kAnswer };

struct SetRemoteSdp {  // the only message with three arguments
  std::string call_id;
  std::string sdp;
  SdpKind kind = SdpKind::kAnswer;
  bool operator==(const SetRemoteSdp&) const = default;
};

// The members of a call that the clients of the family read.
struct CallObject {
  std::string call_id{};
  CallStatus status = CallStatus::kNew;
  bool incoming = false;
  std::string caller{};
  std::string callee{};
  std::string visible_name{};
  bool has_audio = true;
  bool has_video = false;
  int sip_status = 0;  // the last SIP status; 0: none, not sent
  bool operator==(const CallObject&) const = default;
};

enum class EndedBy : uint8_t { kLocal, kRemote, kGateway };  // seen from the page

// Our own members of finish and fail: why, in words that a program and a person understand. What is
// empty or zero is not sent.
struct Cause {
  std::string reason{};      // of protocol/reasons.json: "busy"
  int sip_status = 0;        // the final SIP status of the far side
  std::string sip_reason{};  // its reason phrase
  int q850 = 0;              // ITU-T Q.850 cause of its Reason header
  std::string warning{};
  std::string info{};  // one sentence for the person at the page
  std::string hint{};  // what to do
  std::optional<EndedBy> by{};
  bool operator==(const Cause&) const = default;
};

struct Trying {
  CallObject call;
  bool operator==(const Trying&) const = default;
};
struct Ring {
  CallObject call;  // status kRing, kRingMedia or kSessionProgress
  bool operator==(const Ring&) const = default;
};
struct Talk {
  CallObject call;
  bool operator==(const Talk&) const = default;
};
struct HoldNotice {
  CallObject call;
  bool operator==(const HoldNotice&) const = default;
};
struct Busy {
  CallObject call;
  Cause cause;
  bool operator==(const Busy&) const = default;
};
struct Finish {
  CallObject call;  // status kFinish, kFailed or kBusy
  Cause cause;
  bool operator==(const Finish&) const = default;
};
struct Fail {
  std::string api_method{};  // "CallStatusEvent", "hold", ...; empty: about the session
  std::string id{};          // call id; may be empty
  std::string status = "FAILED";
  Cause cause{};
  bool operator==(const Fail&) const = default;
};
struct IncomingCall {
  CallObject call;
  bool operator==(const IncomingCall&) const = default;
};

enum class TransferStatus : uint8_t { kPending, kCompleted, kFailed };
struct TransferEvent {
  std::string call_id;
  TransferStatus status = TransferStatus::kCompleted;
  bool incoming = false;
  std::string target;
  bool operator==(const TransferEvent&) const = default;
};

enum class DataResult : uint8_t { kAccepted, kFailed };  // the vendor SDK throws at any other
struct DataStatus {
  std::string operation_id;
  DataResult result = DataResult::kFailed;
  std::string info;
  bool operator==(const DataStatus&) const = default;
};
struct SessionDebugEvent {
  std::string status;
  bool operator==(const SessionDebugEvent&) const = default;
};

using ServerMessage = std::variant<GetUserData, Registered, SetRemoteSdp, Trying, Ring, Talk,
                                   HoldNotice, Busy, Finish, Fail, IncomingCall, TransferEvent,
                                   DataStatus, SessionDebugEvent, Ping, Pong, Unknown>;

// ---- text -------------------------------------------------------------------------------------

// Tolerant, as the older clients need it: numbers and booleans may be strings, digits may be
// numbers, data may be missing, data[0] may be a bare call id, unknown members are ignored.
// kMalformed: not a JSON object with a string "message"; kTooLarge: more than kMaxText.
Result<ClientMessage> parse_client(std::string_view text);
Result<ServerMessage> parse_server(std::string_view text);  // for tests and clients of our own

// Always with a "data" array, without which the vendor SDK throws. Text that is not UTF-8 (a SIP
// peer's display name) is repaired with U+FFFD, so that no browser ever closes on it.
std::string print(const ClientMessage& message);
std::string print(const ServerMessage& message);

std::string_view name_of(const ClientMessage& message);  // "sendDtmf"
std::string_view to_text(CallStatus status);             // "RING_MEDIA"
std::string_view to_text(DtmfType type);                 // "INFO_RELAY"

}  // namespace patchcord::wcs
