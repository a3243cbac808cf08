// SPDX-License-Identifier: GPL-3.0-or-later
#include "report.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>

namespace patchcord::loadgen {
namespace {

namespace json = boost::json;

double ms(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

json::object times(const Histogram& histogram) {
  return {{"n", histogram.count()},    {"p50", histogram.at(0.5)},    {"p90", histogram.at(0.9)},
          {"p99", histogram.at(0.99)}, {"p999", histogram.at(0.999)}, {"max", histogram.at(1)}};
}

json::object sound(const PathFigures& path, const Histogram& delays) {
  return {{"said", path.said},
          {"heard", path.heard},
          {"missing", path.missing},
          {"wrong", path.wrong},
          {"forged", path.forged},
          {"gapsOver40ms", path.gaps},
          {"longestGapMs", ms(path.longest_gap)},
          {"delayMs", times(delays)}};
}

json::object sample(const Sample& one) {
  json::object health;
  for (const auto& [name, value] : one.health) health[name] = value;
  return {{"at", one.at},
          {"rssKb", one.rss_kb},
          {"fds", one.descriptors},
          {"threads", one.threads},
          {"cpu", one.cpu},
          {"talking", one.talking},
          {"health", std::move(health)}};
}

// Percent of one core that one call costs: the CPU time between two samples by the seconds that
// calls talked between them, over the samples in which all of them did.
double cpu_per_call(const std::vector<Sample>& samples) {
  double cpu = 0, call_seconds = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    const Sample &before = samples[i - 1], &after = samples[i];
    if (before.talking == 0 || before.talking != after.talking) continue;
    cpu += after.cpu - before.cpu;
    call_seconds += static_cast<double>(after.talking) * (after.at - before.at);
  }
  return call_seconds > 0 ? 100 * cpu / call_seconds : 0;
}

void compare(std::vector<std::string>& faults, std::string_view what, int64_t before,
             int64_t after) {
  if (after > before) faults.push_back(fmt::format("{}: {} before, {} after", what, before, after));
}

}  // namespace

uint64_t Totals::calls() const {
  uint64_t sum = 0;
  for (const ScriptTotals& one : scripts) sum += one.calls;
  return sum;
}

uint64_t Totals::well() const {
  uint64_t sum = 0;
  for (const ScriptTotals& one : scripts) sum += one.well;
  return sum;
}

std::vector<std::string> faults_of(const Run& run) {
  std::vector<std::string> faults;
  if (!run.is_alive) faults.emplace_back("the gateway is gone");
  if (run.totals.calls() == 0) faults.emplace_back("no call was made");
  for (const auto& [text, count] : run.totals.problems) {
    faults.push_back(fmt::format("{} x {}", count, text));
  }
  const Sample &before = run.watch.samples().front(), &after = run.watch.samples().back();
  compare(faults, "file descriptors", before.descriptors, after.descriptors);
  compare(faults, "threads", before.threads, after.threads);
  for (const std::string name : {"calls", "sessions", "registrations", "rtpPortPairs"}) {
    compare(faults, name, before.health_of(name), after.health_of(name));
  }
  const Options& options = run.options;
  const double slope = run.watch.rss_slope();
  if (options.rss_slope > 0 && slope > options.rss_slope) {
    faults.push_back(fmt::format("memory grows by {:.0f} kB a minute", slope));
  }
  const int64_t growth = after.rss_kb - before.rss_kb;
  if (options.rss_growth > 0 && growth > options.rss_growth) {
    faults.push_back(fmt::format("memory: {} kB more than before", growth));
  }
  return faults;
}

std::string to_json(const Run& run, const std::vector<std::string>& faults) {
  const Totals& totals = run.totals;
  json::object scripts, problems, attack;
  for (const ScriptRow& one : kScripts) {
    const ScriptTotals& count = totals.scripts[static_cast<size_t>(one.script)];
    if (count.calls > 0) scripts[one.name] = {{"calls", count.calls}, {"well", count.well}};
  }
  for (const auto& [text, count] : totals.problems) problems[text] = count;
  if (run.attack) {
    for (const auto& [name, count] : run.attack->counts()) attack[name] = count;
  }
  const std::vector<Sample>& samples = run.watch.samples();
  json::array during;
  for (const Sample& one : samples) during.push_back(sample(one));
  const json::object all{
      {"well", faults.empty()},
      {"faults", json::value_from(faults)},
      {"seconds", run.seconds},
      {"calls", totals.calls()},
      {"callsWell", totals.well()},
      {"scripts", std::move(scripts)},
      {"problems", std::move(problems)},
      {"setUpMs", json::object{{"toInvite", times(totals.to_invite)},
                               {"toConnected", times(totals.to_connected)},
                               {"ackToSound", times(totals.to_sound)}}},
      {"toPhone", sound(totals.to_phone, totals.delay_to_phone)},
      {"toBrowser", sound(totals.to_browser, totals.delay_to_browser)},
      {"ownStalls", json::object{{"n", run.stalls}, {"longestMs", ms(run.longest_stall)}}},
      {"attack", std::move(attack)},
      {"gateway", json::object{{"cpuPercentPerCall", cpu_per_call(samples)},
                               {"rssSlopeKbPerMinute", run.watch.rss_slope()},
                               {"before", sample(samples.front())},
                               {"after", sample(samples.back())},
                               {"samples", std::move(during)}}}};
  return json::serialize(all);
}

std::string to_text(const Run& run, const std::vector<std::string>& faults) {
  std::string text;
  const auto out = std::back_inserter(text);
  const Totals& totals = run.totals;
  fmt::format_to(out, "{} of {} calls went well, in {:.0f} s\n", totals.well(), totals.calls(),
                 run.seconds);
  for (const ScriptRow& one : kScripts) {
    const ScriptTotals& count = totals.scripts[static_cast<size_t>(one.script)];
    if (count.calls > 0) {
      fmt::format_to(out, "  {:<20}{:>7} of {}\n", one.name, count.well, count.calls);
    }
  }
  fmt::format_to(out, "\n{:<36}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "milliseconds", "n", "p50", "p90",
                 "p99", "max");
  const auto line = [&](std::string_view name, const Histogram& h) {
    fmt::format_to(out, "{:<36}{:>9}{:>9.2f}{:>9.2f}{:>9.2f}{:>9.2f}\n", name, h.count(), h.at(0.5),
                   h.at(0.9), h.at(0.99), h.at(1));
  };
  line("call sent to INVITE", totals.to_invite);
  line("call sent to DTLS done", totals.to_connected);
  line("ACK to sound at both ends", totals.to_sound);
  line("a frame's way to the phone", totals.delay_to_phone);
  line("a frame's way to the browser", totals.delay_to_browser);

  fmt::format_to(out, "\n{:<14}{:>10}{:>10}{:>9}{:>7}{:>8}{:>12}{:>13}\n", "frames", "said",
                 "heard", "missing", "wrong", "forged", "gaps>40ms", "longest, ms");
  const auto path = [&](std::string_view name, const PathFigures& p) {
    fmt::format_to(out, "{:<14}{:>10}{:>10}{:>9}{:>7}{:>8}{:>12}{:>13.1f}\n", name, p.said, p.heard,
                   p.missing, p.wrong, p.forged, p.gaps, ms(p.longest_gap));
  };
  path("to the phone", totals.to_phone);
  path("to the browser", totals.to_browser);
  if (run.stalls > 0) {
    fmt::format_to(out, "this program came late {} times, by {:.0f} ms at most\n", run.stalls,
                   ms(run.longest_stall));
  }

  const std::vector<Sample>& samples = run.watch.samples();
  fmt::format_to(out, "\n{:<10}{:>9}{:>10}{:>8}{:>9}{:>8}{:>10}{:>12}\n", "gateway", "second",
                 "RSS, kB", "fds", "threads", "calls", "sessions", "port pairs");
  const auto row = [&](std::string_view name, const Sample& s) {
    fmt::format_to(out, "{:<10}{:>9.0f}{:>10}{:>8}{:>9}{:>8}{:>10}{:>12}\n", name, s.at, s.rss_kb,
                   s.descriptors, s.threads, s.health_of("calls"), s.health_of("sessions"),
                   s.health_of("rtpPortPairs"));
  };
  row("before", samples.front());
  const size_t step = samples.size() / 8 + 1;
  for (size_t i = step; i + 1 < samples.size(); i += step) row("", samples[i]);
  row("after", samples.back());
  fmt::format_to(out, "CPU of the gateway a call: {:.3f} % of a core; memory {:+.0f} kB a minute\n",
                 cpu_per_call(samples), run.watch.rss_slope());
  if (run.attack) {
    fmt::format_to(out, "\nattack {}:", run.options.attack);
    for (const auto& [name, count] : run.attack->counts()) {
      fmt::format_to(out, " {} {},", count, name);
    }
    text.back() = '\n';
  }
  for (const std::string& fault : faults) fmt::format_to(out, "FAULT: {}\n", fault);
  return text;
}

}  // namespace patchcord::loadgen
