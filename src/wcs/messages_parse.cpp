// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <charconv>

#include "wcs/json_impl.h"
#include "wcs/messages.h"

namespace patchcord::wcs {
namespace {

constexpr size_t kMaxEcho = 64 * 1024;
constexpr size_t kMaxEchoMembers = 256;  // a page sends about thirty
constexpr size_t kMaxName = 64;
constexpr size_t kMaxList = 64;  // entries kept of a list or of parameters

// ---- members, tolerantly: the older clients send every value as a string ------------------------

std::string text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  if (value.is_number() || value.is_bool()) return json::serialize(value);
  return {};
}

std::string text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value ? text_of(*value) : std::string();
}

bool flag(const json::object& object, std::string_view key, bool absent) {
  const json::value* value = object.if_contains(key);
  if (!value) return absent;
  if (const bool* plain = value->if_bool()) return *plain;
  const std::string word = text_of(*value);
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return absent;
}

int number(const json::object& object, std::string_view key, int from, int to) {
  const std::string digits = text(object, key);
  int value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 10);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && value >= from && value <= to ? value : 0;
}

// A member of any shape, kept as text.
std::string raw(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && !value->is_null() ? json::serialize(*value) : std::string();
}

std::vector<std::string> list(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::value* value = object.if_contains(key);
  const json::array* entries = value ? value->if_array() : nullptr;
  if (!entries) return out;
  for (const json::value& entry : *entries) {
    if (out.size() == kMaxList) break;
    out.push_back(text_of(entry));
  }
  return out;
}

Parameters parameters(const json::object& object, std::string_view key) {
  Parameters out;
  const json::value* value = object.if_contains(key);
  const json::object* members = value ? value->if_object() : nullptr;
  if (!members) return out;
  for (const auto& member : *members) {
    if (out.size() == kMaxList) break;
    out.emplace_back(std::string(member.key()), text_of(member.value()));
  }
  return out;
}

// What getUserData may give back (T2). A null is left out: the mobile SDKs read primitives there.
std::string echo_of(const json::object& object) {
  if (object.size() > kMaxEchoMembers) return {};
  json::object kept;
  for (const auto& member : object) {
    const auto& hidden = kNotEchoed;
    if (member.value().is_null()) continue;
    if (std::find(hidden.begin(), hidden.end(), member.key()) != hidden.end()) continue;
    kept.insert(member);
  }
  std::string out = json::serialize(kept);
  return out.size() <= kMaxEcho ? out : std::string();
}

// ---- data ---------------------------------------------------------------------------------------

struct Data {
  const json::object& first;  // data[0]
  const json::array* all = nullptr;

  std::string argument(size_t index) const {
    return all && index < all->size() ? text_of((*all)[index]) : std::string();
  }
};

// bare: room for {"callId": id}, for which a bare call id in data[0] stands (T26).
Data data_of(const json::object& frame, json::object& bare) {
  const json::value* value = frame.if_contains("data");
  const json::array* all = value ? value->if_array() : nullptr;
  if (all && !all->empty()) {
    if (const json::object* object = all->front().if_object()) return {*object, all};
    if (all->front().is_string()) bare["callId"] = all->front();
  }
  return {bare, all};
}

// ---- what a page says
// -----------------------------------------------------------------------------

std::optional<SipOptions> sip_options(const json::object& o) {
  const bool any = std::any_of(o.begin(), o.end(), [](const auto& member) {
    return member.key().starts_with("sip") && !member.value().is_null();
  });
  if (!any) return std::nullopt;
  SipOptions sip;
  sip.login = text(o, "sipLogin");
  sip.authentication_name = text(o, "sipAuthenticationName");
  sip.password = text(o, "sipPassword");
  sip.domain = text(o, "sipDomain");
  sip.outbound_proxy = text(o, "sipOutboundProxy");
  sip.proxy = text(o, "sipProxy");
  sip.port = static_cast<uint16_t>(number(o, "sipPort", 0, 65535));
  sip.registering = flag(o, "sipRegisterRequired", true) ? Registering::kRequired  // T17
                                                         : Registering::kNotRequired;
  sip.visible_name = text(o, "sipVisibleName");
  sip.contact_params = text(o, "sipContactParams");
  return sip;
}

void read(const Data& data, Connection& m) {
  const json::object& o = data.first;
  m.app_key = text(o, "appKey");
  m.media_providers = list(o, "mediaProviders");
  m.keep_alive = flag(o, "keepAlive", false);
  m.auth_token = text(o, "authToken");
  if (m.auth_token.empty()) m.auth_token = text(o, "token");  // its older name
  m.resume = flag(o, "resume", false);
  m.client_version = text(o, "clientVersion");
  m.client_browser_version = text(o, "clientBrowserVersion");
  m.sip = sip_options(o);
  m.custom = raw(o, "custom");
  m.echo = echo_of(o);
}

void read(const Data& data, Call& m) {
  const json::object& o = data.first;
  m.call_id = text(o, "callId");
  m.sdp = text(o, "sdp");
  m.caller = text(o, "caller");
  m.callee = text(o, "callee");
  m.visible_name = text(o, "visibleName");
  m.has_audio = flag(o, "hasAudio", true);
  m.has_video = flag(o, "hasVideo", false);
  m.sip_sdp = list(o, "sipSDP");
  m.invite_parameters = parameters(o, "inviteParameters");
  m.custom = raw(o, "custom");
}

void read(const Data& data, Answer& m) {
  m.call_id = text(data.first, "callId");
  m.sdp = text(data.first, "sdp");
}

void read(const Data& data, Hangup& m) {
  m.call_id = text(data.first, "callId");
  m.reason = text(data.first, "reason");
}

void read(const Data& data, Hold& m) {
  m.call_id = text(data.first, "callId");
  m.for_transfer = flag(data.first, "holdForTransfer", false);
}

void read(const Data& data, Unhold& m) {
  m.call_id = text(data.first, "callId");
}

void read(const Data& data, Transfer& m) {
  m.call_id = text(data.first, "callId");
  m.target = text(data.first, "target");
}

void read(const Data& data, SendDtmf& m) {
  m.call_id = text(data.first, "callId");
  m.digits = text(data.first, "dtmf");
  m.type = from_word<DtmfType>(kDtmfWords, text(data.first, "type")).value_or(DtmfType::kRfc2833);
}

void read(const Data& data, SendData& m) {
  m.operation_id = text(data.first, "operationId");
  m.payload = raw(data.first, "payload");
}

void read(const Data& data, PushLogs& m) {
  m.logs = text(data.first, "logs");
}

void read(const Data& data, SubmitBugReport& m) {
  m.report = json::serialize(data.first);
}

void read(const Data& data, SessionDebug& m) {
  m.command = from_word<DebugCommand>(kDebugWords, text(data.first, "command"))
                  .value_or(DebugCommand::kStop);
}

void read(const Data&, Ping&) {}
void read(const Data&, Pong&) {}

// ---- what we say, read back ---------------------------------------------------------------------

CallObject call_object(const json::object& o) {
  CallObject call;
  call.call_id = text(o, "callId");
  call.status = from_word<CallStatus>(kStatusWords, text(o, "status")).value_or(CallStatus::kNew);
  call.incoming = flag(o, "incoming", false);
  call.caller = text(o, "caller");
  call.callee = text(o, "callee");
  call.visible_name = text(o, "visibleName");
  call.has_audio = flag(o, "hasAudio", true);
  call.has_video = flag(o, "hasVideo", false);
  call.sip_status = number(o, "sipStatus", 100, 699);
  return call;
}

Cause cause_of(const json::object& o) {
  Cause cause;
  cause.reason = text(o, "reason");
  cause.sip_status = number(o, "sipStatus", 100, 699);
  cause.sip_reason = text(o, "sipReason");
  cause.q850 = number(o, "q850", 1, 127);
  cause.warning = text(o, "warning");
  cause.info = text(o, "info");
  cause.hint = text(o, "hint");
  cause.by = from_word<EndedBy>(kByWords, text(o, "by"));
  return cause;
}

std::vector<KnownCall> known_calls(const json::object& o) {
  std::vector<KnownCall> out;
  const json::value* value = o.if_contains("calls");
  const json::array* entries = value ? value->if_array() : nullptr;
  if (!entries) return out;
  for (const json::value& entry : *entries) {
    const json::object* call = entry.if_object();
    if (!call || out.size() == kMaxList) continue;
    const CallObject read = call_object(*call);
    out.push_back({read.call_id, read.status});
  }
  return out;
}

void read(const Data& data, GetUserData& m) {
  m.auth_token = text(data.first, "authToken");
  m.login = text(data.first, "sipLogin");
  m.media_providers = list(data.first, "mediaProviders");
  m.echo = echo_of(data.first);
  m.resumed = flag(data.first, "resumed", false);
  if (m.resumed) m.calls = known_calls(data.first);
}

void read(const Data& data, Registered& m) {
  m.sip_message_raw = text(data.first, "sipMessageRaw");
}

void read(const Data& data, SetRemoteSdp& m) {
  m.call_id = data.argument(0);
  m.sdp = data.argument(1);
  m.kind = data.argument(2) == "true" ? SdpKind::kAnswer : SdpKind::kOffer;
}

template <class Notice>
  requires requires(Notice n) { n.call; }
void read(const Data& data, Notice& m) {
  m.call = call_object(data.first);
  if constexpr (requires { m.cause; }) m.cause = cause_of(data.first);
}

void read(const Data& data, Fail& m) {
  m.api_method = text(data.first, "apiMethod");
  m.id = text(data.first, "id");
  m.status = text(data.first, "status");
  m.cause = cause_of(data.first);
}

void read(const Data& data, TransferEvent& m) {
  m.call_id = text(data.first, "callId");
  m.status = from_word<TransferStatus>(kTransferWords, text(data.first, "status"))
                 .value_or(TransferStatus::kCompleted);
  m.incoming = flag(data.first, "incoming", false);
  m.target = text(data.first, "target");
}

void read(const Data& data, DataStatus& m) {
  m.operation_id = text(data.first, "operationId");
  m.result =
      from_word<DataResult>(kDataWords, text(data.first, "status")).value_or(DataResult::kFailed);
  m.info = text(data.first, "info");
}

void read(const Data& data, SessionDebugEvent& m) {
  m.status = text(data.first, "status");
}

// ---- frames
// ---------------------------------------------------------------------------------------

template <class Variant, class Message>
Variant read_as(const Data& data) {
  Message message;
  read(data, message);
  return message;
}

template <class Variant>
struct Row {
  std::string_view name;
  Variant (*read)(const Data&);
};

template <class Variant, class... Messages>
constexpr std::array<Row<Variant>, sizeof...(Messages)> rows() {
  return {Row<Variant>{kMessageName<Messages>, &read_as<Variant, Messages>}...};
}

constexpr auto kClientRows =
    rows<ClientMessage, Connection, Call, Answer, Hangup, Hold, Unhold, Transfer, SendDtmf,
         SendData, PushLogs, SubmitBugReport, SessionDebug, Ping, Pong>();
constexpr auto kServerRows =
    rows<ServerMessage, GetUserData, Registered, SetRemoteSdp, Trying, Ring, Talk, HoldNotice, Busy,
         Finish, Fail, IncomingCall, TransferEvent, DataStatus, SessionDebugEvent, Ping, Pong>();

// At most kMaxName bytes, cut between two characters.
std::string short_name(std::string_view name) {
  if (name.size() <= kMaxName) return std::string(name);
  size_t end = kMaxName;
  while (end > 0 && (static_cast<uint8_t>(name[end]) & 0xc0) == 0x80) --end;
  return std::string(name.substr(0, end));
}

template <class Variant, size_t N>
Result<Variant> parse(std::string_view frame_text, const std::array<Row<Variant>, N>& known) {
  if (frame_text.size() > kMaxText) return Error{ErrorCode::kTooLarge, "message is too large"};
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::monotonic_resource
      memory;  // one message is read and thrown away: no freeing piece by piece
  const json::value value = json::parse(frame_text, error, &memory, options);
  if (error) return Error{ErrorCode::kMalformed, "message is not JSON: " + error.message()};
  const json::object* frame = value.if_object();
  if (!frame) return Error{ErrorCode::kMalformed, "message is not a JSON object"};
  const json::value* name_value = frame->if_contains("message");
  const json::string* name = name_value ? name_value->if_string() : nullptr;
  if (!name) return Error{ErrorCode::kMalformed, "message has no name"};
  const auto row = std::find_if(known.begin(), known.end(), [&](const Row<Variant>& candidate) {
    return candidate.name == std::string_view(name->data(), name->size());
  });
  if (row == known.end()) return Variant(Unknown{short_name({name->data(), name->size()})});
  json::object bare;
  return row->read(data_of(*frame, bare));
}

}  // namespace

Result<ClientMessage> parse_client(std::string_view text) {
  return parse(text, kClientRows);
}
Result<ServerMessage> parse_server(std::string_view text) {
  return parse(text, kServerRows);
}

}  // namespace patchcord::wcs
