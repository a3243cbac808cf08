// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "call/quality.h"
#include "call/reason.h"
#include "codec/registry.h"

namespace patchcord::store {
namespace {

namespace json = boost::json;
using call::Side;
using media::index;

std::string utc(WallTime time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                     ms.count() % 1000);
}

const char* by(call::EndedBy by) {
  switch (by) {
    case call::EndedBy::kA:
      return "a";
    case call::EndedBy::kB:
      return "b";
    case call::EndedBy::kGateway:
      break;
  }
  return "gateway";
}

double rounded(double value) {
  return std::round(value * 100) / 100;
}

json::object leg(const call::Snapshot& call, Side side) {
  const call::LegInfo& info = call.legs[index(side)];
  const media::EndpointStats& stats = call.media.endpoints[index(side)];
  const auto& sends = call.plan.from(side).from;
  json::object out{{"protocol", info.protocol}, {"party", info.party},
                   {"peer", info.peer},         {"id", info.protocol_id},
                   {"codec", nullptr},          {"pipe", call.media.pipes[index(side)]}};
  out["packetsReceived"] = stats.packets_received;
  out["packetsSent"] = stats.packets_sent;
  out["packetsLost"] = stats.packets_lost;
  out["packetsLostRemote"] = stats.packets_lost_remote;
  out["packetsDropped"] = stats.dropped;
  out["jitterMs"] = rounded(static_cast<double>(stats.jitter_us) / 1000);
  out["roundTripMs"] = stats.round_trip ? json::value(to_ms(*stats.round_trip)) : nullptr;
  out["mos"] = nullptr;
  if (sends.empty()) return out;
  out["codec"] =
      fmt::format("{}/{}", codec::spec(sends.front().codec).name, sends.front().clock_rate);
  if (const auto mos = call::mean_opinion_score(stats, sends.front().codec)) {
    out["mos"] = rounded(*mos);
  }
  return out;
}

}  // namespace

std::string record_json(const call::Snapshot& call) {
  const auto age = std::chrono::duration_cast<WallTime::duration>(call.age);
  const call::Ending ending = call.ending.value_or(call::Ending{});
  json::object out{{"id", call.id.value()}, {"began", utc(call.began)}};
  if (call.since_answer) {
    const auto talked = std::chrono::duration_cast<WallTime::duration>(*call.since_answer);
    out["answered"] = utc(call.began + age - talked);
    out["talkMs"] = to_ms(*call.since_answer);
  } else {
    out["answered"] = nullptr;
    out["talkMs"] = 0;
  }
  out["ended"] = utc(call.began + age);
  out["durationMs"] = to_ms(call.age);
  out["from"] = call.legs[index(Side::kA)].party;
  out["to"] = call.legs[index(Side::kB)].party;
  out["reason"] = call::row(ending.reason).name;
  out["cause"] = call::row(ending.reason).cause;
  out["by"] = by(ending.by);
  out["sipStatus"] = ending.sip_status;
  out["sipReason"] = ending.sip_reason;
  out["q850"] = ending.q850;
  out["warning"] = ending.warning;
  out["a"] = leg(call, Side::kA);
  out["b"] = leg(call, Side::kB);
  return json::serialize(out);
}

}  // namespace patchcord::store
