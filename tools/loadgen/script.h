// SPDX-License-Identifier: GPL-3.0-or-later
// Script: how one call of the load goes, and by which name the gateway must end it.
// Thread: any (values).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace patchcord::loadgen {

enum class Script : uint8_t {
  kTalk,              // answered, both ends speak, one of them hangs up
  kBusy,              // the phone says 486
  kNotFound,          // 404
  kDeclined,          // 603
  kCancelled,         // the page hangs up while the phone rings
  kNoAnswer,          // the phone rings on
  kBadSdp,            // the phone's answer is no SDP
  kNoIce,             // no packet of the browser's media arrives
  kWrongFingerprint,  // the browser's certificate is not the one in its offer
  kSocketLost,        // the tab goes in the middle of the talk: socket and media
  kPhoneVanished,     // the phone goes in the middle of the talk, without a BYE
  kNoPorts,           // the gateway has no media port left
};

struct ScriptRow {
  Script script;
  std::string_view name;
  std::string_view reason;  // of protocol/reasons.json, in the page's finish; "": none comes
  int phone_says = 0;       // a refusal; 0: it answers
};

inline constexpr std::array<ScriptRow, 12> kScripts{{
    {Script::kTalk, "talk", "hangup"},
    {Script::kBusy, "busy", "busy", 486},
    {Script::kNotFound, "not-found", "not_found", 404},
    {Script::kDeclined, "declined", "declined", 603},
    {Script::kCancelled, "cancelled", "cancelled"},
    {Script::kNoAnswer, "no-answer", "no_answer"},
    {Script::kBadSdp, "bad-sdp", "bad_sdp"},
    {Script::kNoIce, "no-ice", "ice_failed"},
    {Script::kWrongFingerprint, "wrong-fingerprint", "fingerprint_mismatch"},
    {Script::kSocketLost, "socket-lost", ""},
    {Script::kPhoneVanished, "phone-vanished", "media_silent"},
    {Script::kNoPorts, "no-ports", "no_ports"},
}};

constexpr const ScriptRow& row(Script script) {
  return kScripts[static_cast<size_t>(script)];
}

constexpr std::optional<Script> script_named(std::string_view name) {
  for (const ScriptRow& one : kScripts) {
    if (one.name == name) return one.script;
  }
  return std::nullopt;
}

}  // namespace patchcord::loadgen
