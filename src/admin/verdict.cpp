// SPDX-License-Identifier: GPL-3.0-or-later
#include "admin/verdict.h"

#include <fmt/format.h>

#include "call/reason.h"

namespace patchcord::admin {
namespace {

using call::Side;
using call::State;
using media::index;

constexpr std::chrono::seconds kQuiet{3};

const char* who(const call::Snapshot& call, Side side) {
  const std::string& protocol = call.legs[index(side)].protocol;
  if (protocol == "browser") return side == Side::kA ? "the caller's browser" : "the browser";
  if (protocol == "sip") return "the SIP side";
  return protocol == "echo" ? "the echo" : "the announcement";
}

// It speaks and hears nothing: no sound of the other side is missing.
bool has_announcement(const call::Snapshot& call) {
  return call.legs[index(Side::kB)].protocol == "announcement";
}

bool is_open(const call::Snapshot& call, Side source) {
  return call.plan.from(source).flow == media::AudioPlan::Flow::kOpen;
}

// What stands in the way of a browser's transport; empty: nothing.
std::string transport_trouble(const call::Snapshot& call, Side side) {
  if (call.legs[index(side)].protocol != "browser" || call.media_connected) return {};
  const media::EndpointStats& stats = call.media.endpoints[index(side)];
  if (stats.transport.find("dtls") != std::string::npos) {
    return fmt::format("{} is reached at {}, and the DTLS handshake is not done yet.",
                       who(call, side), stats.remote.to_string());
  }
  return fmt::format(
      "No ICE check of {} has arrived: a firewall, or rtc.addresses names an address it cannot "
      "reach.",
      who(call, side));
}

// What is wrong with the sound that comes from `side`; empty: nothing.
std::string sound_trouble(const call::Snapshot& call, Side side) {
  if (call.legs[index(side)].protocol == "echo" || has_announcement(call)) return {};
  const media::EndpointStats& stats = call.media.endpoints[index(side)];
  if (!is_open(call, side)) {
    if (call.state == State::kUp) return fmt::format("{} is on hold.", who(call, side));
    return {};
  }
  if (!stats.since_received) {
    if (stats.unexpected.is_set()) {
      return fmt::format(
          "{} sends from {}, but its SDP said {}: packets from an address nobody announced are "
          "not taken.",
          who(call, side), stats.unexpected.to_string(), stats.remote.to_string());
    }
    return fmt::format("{} has sent no RTP yet; we send to {}.", who(call, side),
                       stats.remote.is_set() ? stats.remote.to_string() : "nobody");
  }
  if (*stats.since_received > kQuiet) {
    return fmt::format(
        "Nothing has come from {} for {} s.", who(call, side),
        std::chrono::duration_cast<std::chrono::seconds>(*stats.since_received).count());
  }
  return {};
}

}  // namespace

std::string verdict(const call::Snapshot& call) {
  if (call.ending) {
    return fmt::format("Ended: {}", call::row(call.ending->reason).text);
  }
  for (const Side side : media::kSides) {
    if (std::string trouble = transport_trouble(call, side); !trouble.empty()) return trouble;
  }
  switch (call.state) {
    case State::kIdle:
    case State::kDialing:
      return "No sound yet: the callee has not rung.";
    case State::kRinging:
      return "No sound yet: it rings and nobody has answered.";
    default:
      break;
  }
  for (const Side side : {Side::kB, Side::kA}) {
    if (std::string trouble = sound_trouble(call, side); !trouble.empty()) return trouble;
  }
  if (has_announcement(call)) return "The announcement plays.";
  return call.state == State::kEarly ? "Early media flows." : "Sound flows both ways.";
}

}  // namespace patchcord::admin
