// SPDX-License-Identifier: GPL-3.0-or-later
#include "admin/api.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "admin/verdict.h"
#include "call/quality.h"
#include "codec/registry.h"

namespace patchcord::admin {
namespace {

namespace json = boost::json;
using call::Side;
using media::index;

int64_t ms(Duration d) {
  return to_ms(d);
}

json::value ms_or_null(const std::optional<Duration>& d) {
  return d ? json::value(ms(*d)) : json::value(nullptr);
}

std::string address_or_empty(const SocketAddress& address) {
  return address.is_set() ? address.to_string() : std::string();
}

json::array formats(const std::vector<media::AudioFormat>& list) {
  json::array out;
  for (const media::AudioFormat& format : list) {
    out.emplace_back(fmt::format("{}/{}", codec::spec(format.codec).name, format.clock_rate));
  }
  return out;
}

json::value mos_or_null(const call::Snapshot& call, Side side) {
  const auto& sends = call.plan.from(side).from;
  if (sends.empty()) return nullptr;
  const auto mos = call::mean_opinion_score(call.media.endpoints[index(side)], sends.front().codec);
  return mos ? json::value(std::round(*mos * 100) / 100) : json::value(nullptr);
}

json::object leg(const call::Snapshot& call, Side side) {
  const call::LegInfo& info = call.legs[index(side)];
  const media::EndpointStats& stats = call.media.endpoints[index(side)];
  json::object out;
  out["protocol"] = info.protocol;
  out["party"] = info.party;
  out["peer"] = info.peer;
  out["id"] = info.protocol_id;
  out["codecs"] = formats(call.plan.from(side).from);
  out["pipe"] = call.media.pipes[index(side)];
  out["transport"] = stats.transport;
  out["mediaProtocol"] = stats.protocol == TransportProtocol::kTcp ? "tcp" : "udp";
  out["remote"] = address_or_empty(stats.remote);
  out["packetsReceived"] = stats.packets_received;
  out["packetsSent"] = stats.packets_sent;
  out["packetsLost"] = stats.packets_lost;
  out["packetsLostRemote"] = stats.packets_lost_remote;
  out["packetsDropped"] = stats.dropped;
  out["jitterMs"] = static_cast<double>(stats.jitter_us) / 1000.0;
  out["mos"] = mos_or_null(call, side);
  out["roundTripMs"] = ms_or_null(stats.round_trip);
  out["lastReceivedMsAgo"] = ms_or_null(stats.since_received);
  out["lastSentMsAgo"] = ms_or_null(stats.since_sent);
  return out;
}

}  // namespace

std::string page_json(const PageFacts& facts) {
  json::object out;
  out["demo"] = facts.is_demo;
  out["domain"] = facts.domain;
  if (facts.is_demo) {
    out["echo"] = "600";
    json::array users;
    for (const auto& [login, password] : facts.users) {
      users.push_back(json::object{{"login", login}, {"password", password}});
    }
    out["users"] = std::move(users);
    if (facts.mobile) {
      out["mobile"] = json::object{{"number", facts.mobile->number},
                                   {"login", facts.mobile->login},
                                   {"password", facts.mobile->password}};
    }
  }
  return json::serialize(out) + "\n";
}

std::string health_json(const Health& health) {
  json::object out;
  out["status"] = health.is_draining ? "draining" : "ok";
  out["version"] = health.version;
  out["openssl"] = health.openssl;
  out["uptimeSeconds"] = ms(health.uptime) / 1000;
  out["calls"] = health.calls;
  out["sessions"] = health.sessions;
  out["registrations"] = health.registrations;
  out["rtpPortPairs"] = health.port_pairs;
  return json::serialize(out) + "\n";
}

std::string readiness_json(const Readiness& readiness) {
  json::object out;
  out["ready"] = readiness.is_ready();
  out["draining"] = readiness.is_draining;
  out["mediaPorts"] = readiness.has_media_ports;
  out["certificateDaysLeft"] =
      readiness.certificate_left
          ? json::value(std::chrono::floor<std::chrono::days>(*readiness.certificate_left).count())
          : json::value(nullptr);
  return json::serialize(out) + "\n";
}

std::string calls_json(const std::vector<call::Snapshot>& calls) {
  json::array list;
  for (const call::Snapshot& call : calls) {
    json::object one;
    one["id"] = call.id.value();
    one["state"] = call::name(call.state);
    one["began"] =
        fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(call.began)));
    one["ageMs"] = ms(call.age);
    one["talkingMs"] = ms_or_null(call.since_answer);
    one["sound"] = verdict(call);
    one["a"] = leg(call, Side::kA);
    one["b"] = leg(call, Side::kB);
    list.push_back(std::move(one));
  }
  return json::serialize(json::object{{"calls", std::move(list)}}) + "\n";
}

}  // namespace patchcord::admin
