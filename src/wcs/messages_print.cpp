// SPDX-License-Identifier: GPL-3.0-or-later
#include "wcs/json_impl.h"
#include "wcs/messages.h"
#include "wcs/utf8.h"

namespace patchcord::wcs {
namespace {

// ---- members: what is empty or zero is left out, unless the object has that member already
// --------

json::string clean(std::string_view text) {
  return json::string(valid_utf8(text));
}

void put(json::object& object, std::string_view key, std::string_view text) {
  if (!text.empty() || object.contains(key)) object[key] = clean(text);
}

void put_number(json::object& object, std::string_view key, int number) {
  if (number != 0 || object.contains(key)) object[key] = number;
}

void put_flag(json::object& object, std::string_view key, bool value) {
  if (value || object.contains(key)) object[key] = value;
}

void put_list(json::object& object, std::string_view key, const std::vector<std::string>& entries) {
  if (entries.empty()) return;
  json::array& array = object[key].emplace_array();
  for (const std::string& entry : entries) array.push_back(clean(entry));
}

json::value value_of(std::string_view json_text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::value value = json::parse(json_text, error, {}, options);
  return error ? json::value() : value;
}

json::object object_of(std::string_view json_text) {
  json::value value = value_of(json_text);
  return value.is_object() ? std::move(value.get_object()) : json::object();
}

void put_raw(json::object& object, std::string_view key, std::string_view json_text) {
  if (!json_text.empty()) object[key] = value_of(json_text);
}

// ---- what a page says
// -----------------------------------------------------------------------------

void put_sip(json::object& o, const SipOptions& sip) {
  put(o, "sipLogin", sip.login);
  put(o, "sipAuthenticationName", sip.authentication_name);
  put(o, "sipDomain", sip.domain);
  put(o, "sipOutboundProxy", sip.outbound_proxy);
  put(o, "sipProxy", sip.proxy);
  put_number(o, "sipPort", sip.port);
  o["sipRegisterRequired"] = sip.registering == Registering::kRequired;
  put(o, "sipVisibleName", sip.visible_name);
  put(o, "sipContactParams", sip.contact_params);
}

json::object object(const Connection& m) {
  json::object o = object_of(m.echo);
  put(o, "appKey", m.app_key);
  put_list(o, "mediaProviders", m.media_providers);
  put_flag(o, "keepAlive", m.keep_alive);
  put(o, "clientVersion", m.client_version);
  put(o, "clientBrowserVersion", m.client_browser_version);
  put_raw(o, "custom", m.custom);
  if (m.sip) put_sip(o, *m.sip);
  // Last, as they are not in the echo: printed again, the order stays.
  put(o, "authToken", m.auth_token);
  put_flag(o, "resume", m.resume);
  if (m.sip) put(o, "sipPassword", m.sip->password);
  return o;
}

json::object object(const Call& m) {
  json::object o{{"callId", clean(m.call_id)}, {"incoming", false},
                 {"hasAudio", m.has_audio},    {"hasVideo", m.has_video},
                 {"status", "PENDING"},        {"mediaProvider", "WebRTC"},
                 {"sdp", clean(m.sdp)},        {"callee", clean(m.callee)}};
  put(o, "caller", m.caller);
  put(o, "visibleName", m.visible_name);
  put_list(o, "sipSDP", m.sip_sdp);
  if (!m.invite_parameters.empty()) {
    json::object& parameters = o["inviteParameters"].emplace_object();
    for (const auto& [name, value] : m.invite_parameters) parameters[clean(name)] = clean(value);
  }
  put_raw(o, "custom", m.custom);
  return o;
}

json::object object(const Answer& m) {
  return {{"callId", clean(m.call_id)}, {"incoming", true},          {"hasAudio", true},
          {"hasVideo", true},           {"mediaProvider", "WebRTC"}, {"status", "PENDING"},
          {"sdp", clean(m.sdp)}};
}

json::object object(const Hangup& m) {
  json::object o{{"callId", clean(m.call_id)}};
  if (!m.reason.empty()) o["reason"] = clean(m.reason);
  return o;
}

json::object object(const Hold& m) {
  json::object o{{"callId", clean(m.call_id)}};
  put_flag(o, "holdForTransfer", m.for_transfer);
  return o;
}

json::object object(const Unhold& m) {
  return {{"callId", clean(m.call_id)}};
}

json::object object(const Transfer& m) {
  return {{"callId", clean(m.call_id)}, {"target", clean(m.target)}};
}

json::object object(const SendDtmf& m) {
  return {{"callId", clean(m.call_id)}, {"type", to_text(m.type)}, {"dtmf", clean(m.digits)}};
}

json::object object(const SendData& m) {
  json::object o{{"operationId", clean(m.operation_id)}};
  put_raw(o, "payload", m.payload);
  return o;
}

json::object object(const PushLogs& m) {
  return {{"logs", clean(m.logs)}};
}

json::object object(const SubmitBugReport& m) {
  return object_of(m.report);
}

json::object object(const SessionDebug& m) {
  return {{"command", to_word(kDebugWords, m.command)}};
}

// ---- what we say
// ----------------------------------------------------------------------------------

json::object object(const CallObject& call) {
  json::object o{{"callId", clean(call.call_id)},  {"incoming", call.incoming},
                 {"status", to_text(call.status)}, {"caller", clean(call.caller)},
                 {"callee", clean(call.callee)},   {"hasAudio", call.has_audio},
                 {"hasVideo", call.has_video},     {"visibleName", clean(call.visible_name)},
                 {"mediaProvider", "WebRTC"}};
  put_number(o, "sipStatus", call.sip_status);
  return o;
}

void put_cause(json::object& o, const Cause& cause) {
  put(o, "reason", cause.reason);
  if (cause.sip_status != 0) o["sipStatus"] = cause.sip_status;
  put(o, "sipReason", cause.sip_reason);
  put_number(o, "q850", cause.q850);
  put(o, "warning", cause.warning);
  put(o, "info", cause.info);
  put(o, "hint", cause.hint);
  if (cause.by) o["by"] = to_word(kByWords, *cause.by);
}

json::object object(const GetUserData& m) {
  json::object o{{"status", "ESTABLISHED"}, {"authToken", clean(m.auth_token)}};
  put(o, "sipLogin", m.login);
  put(o, "login", m.login);
  put_list(o, "mediaProviders", m.media_providers);
  for (const auto& member : object_of(m.echo))
    o.insert(member);  // of a name that is there: nothing
  if (!m.resumed) return o;
  o["resumed"] = true;
  json::array& calls = o["calls"].emplace_array();
  for (const KnownCall& call : m.calls) {
    calls.push_back({{"callId", clean(call.call_id)}, {"status", to_text(call.status)}});
  }
  return o;
}

json::object object(const Registered& m) {
  json::object o{{"status", "REGISTERED"}};
  put(o, "sipMessageRaw", m.sip_message_raw);
  return o;
}

template <class Notice>
  requires requires(Notice n) { n.call; }
json::object object(const Notice& m) {
  json::object o = object(m.call);
  if constexpr (requires { m.cause; }) put_cause(o, m.cause);
  return o;
}

json::object object(const Fail& m) {
  json::object o;
  put(o, "apiMethod", m.api_method);
  put(o, "id", m.id);
  o["status"] = clean(m.status);
  put_cause(o, m.cause);
  return o;
}

json::object object(const TransferEvent& m) {
  return {{"callId", clean(m.call_id)},
          {"status", to_word(kTransferWords, m.status)},
          {"incoming", m.incoming},
          {"target", clean(m.target)}};
}

json::object object(const DataStatus& m) {
  json::object o{{"operationId", clean(m.operation_id)}, {"status", to_word(kDataWords, m.result)}};
  put(o, "info", m.info);
  return o;
}

json::object object(const SessionDebugEvent& m) {
  return {{"status", clean(m.status)}};
}

// ---- frames
// ---------------------------------------------------------------------------------------

// The vendor SDK reads data[0] before it looks at the name: data is always there (T1).
template <class Message>
json::array data(const Message& m) {
  return {object(m)};
}
json::array data(const Ping&) {
  return {nullptr};
}
json::array data(const Pong&) {
  return {nullptr};
}
json::array data(const Unknown&) {
  return {nullptr};
}
json::array data(const SetRemoteSdp& m) {  // positional (T3); true says "this is an answer"
  return {clean(m.call_id), clean(m.sdp), m.kind == SdpKind::kAnswer};
}

template <class Message>
std::string_view message_name(const Message&) {
  return kMessageName<Message>;
}
std::string_view message_name(const Unknown& m) {
  return m.name;
}

template <class Variant>
std::string print_frame(const Variant& message) {
  return std::visit(
      [](const auto& m) {
        const json::object frame{{"message", clean(message_name(m))}, {"data", data(m)}};
        return json::serialize(frame);
      },
      message);
}

}  // namespace

std::string print(const ClientMessage& message) {
  return print_frame(message);
}
std::string print(const ServerMessage& message) {
  return print_frame(message);
}

std::string_view name_of(const ClientMessage& message) {
  return std::visit([](const auto& m) { return message_name(m); }, message);
}

std::string_view to_text(CallStatus status) {
  return to_word(kStatusWords, status);
}
std::string_view to_text(DtmfType type) {
  return to_word(kDtmfWords, type);
}

}  // namespace patchcord::wcs
