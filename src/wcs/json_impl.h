// SPDX-License-Identifier: GPL-3.0-or-later
// Private to messages_parse.cpp and messages_print.cpp: reading members of a JSON object the way
// the older clients need it, and the names both directions share. The only header of the room that
// shows Boost.JSON.
// Thread: any.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "wcs/messages.h"

namespace patchcord::wcs {

namespace json = boost::json;

// The wire name of each message, by its type.
template <class Message>
inline constexpr std::string_view kMessageName{};
template <>
inline constexpr std::string_view kMessageName<Connection> = "connection";
template <>
inline constexpr std::string_view kMessageName<Call> = "call";
template <>
inline constexpr std::string_view kMessageName<Answer> = "answer";
template <>
inline constexpr std::string_view kMessageName<Hangup> = "hangup";
template <>
inline constexpr std::string_view kMessageName<Hold> = "hold";
template <>
inline constexpr std::string_view kMessageName<Unhold> = "unhold";
template <>
inline constexpr std::string_view kMessageName<Transfer> = "transfer";
template <>
inline constexpr std::string_view kMessageName<SendDtmf> = "sendDtmf";
template <>
inline constexpr std::string_view kMessageName<SendData> = "sendData";
template <>
inline constexpr std::string_view kMessageName<PushLogs> = "pushLogs";
template <>
inline constexpr std::string_view kMessageName<SubmitBugReport> = "submitBugReport";
template <>
inline constexpr std::string_view kMessageName<SessionDebug> = "sessionDebug";
template <>
inline constexpr std::string_view kMessageName<Ping> = "ping";
template <>
inline constexpr std::string_view kMessageName<Pong> = "pong";
template <>
inline constexpr std::string_view kMessageName<GetUserData> = "getUserData";
template <>
inline constexpr std::string_view kMessageName<Registered> = "registered";
template <>
inline constexpr std::string_view kMessageName<SetRemoteSdp> = "setRemoteSDP";
template <>
inline constexpr std::string_view kMessageName<Trying> = "notifyTryingResponse";
template <>
inline constexpr std::string_view kMessageName<Ring> = "ring";
template <>
inline constexpr std::string_view kMessageName<Talk> = "talk";
template <>
inline constexpr std::string_view kMessageName<HoldNotice> = "hold";
template <>
inline constexpr std::string_view kMessageName<Busy> = "busy";
template <>
inline constexpr std::string_view kMessageName<Finish> = "finish";
template <>
inline constexpr std::string_view kMessageName<Fail> = "fail";
template <>
inline constexpr std::string_view kMessageName<IncomingCall> = "notifyIncomingCall";
template <>
inline constexpr std::string_view kMessageName<TransferEvent> = "notifyTransferEvent";
template <>
inline constexpr std::string_view kMessageName<DataStatus> = "DataStatusEvent";
template <>
inline constexpr std::string_view kMessageName<SessionDebugEvent> = "notifySessionDebugEvent";

// Members that are never given back: secrets, and what getUserData sets itself.
inline constexpr std::array<std::string_view, 7> kNotEchoed{
    "sipPassword", "password", "authToken", "token", "resume", "resumed", "calls"};

// Words of an enum, in the order of its values.
inline constexpr std::array<std::string_view, 11> kStatusWords{
    "NEW",         "PENDING", "TRYING", "RING",   "RING_MEDIA", "SESSION_PROGRESS",
    "ESTABLISHED", "HOLD",    "BUSY",   "FINISH", "FAILED"};
inline constexpr std::array<std::string_view, 3> kDtmfWords{"RFC2833", "INFO", "INFO_RELAY"};
inline constexpr std::array<std::string_view, 3> kByWords{"local", "remote", "gateway"};
inline constexpr std::array<std::string_view, 3> kTransferWords{"PENDING", "COMPLETED", "FAILED"};
inline constexpr std::array<std::string_view, 2> kDataWords{"ACCEPTED", "FAILED"};
inline constexpr std::array<std::string_view, 2> kDebugWords{"start", "stop"};

template <class Enum, size_t N>
std::optional<Enum> from_word(const std::array<std::string_view, N>& words, std::string_view word) {
  for (size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <size_t N, class Enum>
std::string_view to_word(const std::array<std::string_view, N>& words, Enum value) {
  return words[static_cast<size_t>(value)];
}

}  // namespace patchcord::wcs
