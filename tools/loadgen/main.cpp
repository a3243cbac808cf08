// SPDX-License-Identifier: GPL-3.0-or-later
// loadgen: plays many browsers and many phones against a running gateway, listens to every call at
// both of its ends, and says whether all was well. README.md tells how to use it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "attacks.h"
#include "bench/support/free_ports.h"
#include "core/log.h"
#include "load.h"
#include "net/epoll_loop.h"
#include "net/udp_socket.h"
#include "report.h"

namespace patchcord::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLook = milliseconds(50);
constexpr Duration kShortestInterval = seconds(1);
constexpr Duration kSettling = seconds(15);  // for the gateway to give back what it held

// How often the gateway is looked at: some 200 times in a run, but not more than once a second.
Duration sample_interval(const Options& options) {
  return std::max<Duration>(kShortestInterval, options.duration / 200);
}

// The gateway as it was before, or as it is when patience ends.
void wait_until_settled(ProcessWatch& watch, const Clock& clock) {
  const MonoTime patience = clock.now() + kSettling;
  const Sample before = watch.samples().front();
  while (true) {
    const Sample& now = watch.take(0);
    const bool is_settled = now.descriptors <= before.descriptors &&
                            now.health_of("calls") <= before.health_of("calls") &&
                            now.health_of("sessions") <= before.health_of("sessions") &&
                            now.health_of("rtpPortPairs") <= before.health_of("rtpPortPairs");
    if (is_settled || clock.now() > patience) return;
    std::this_thread::sleep_for(seconds(1));
  }
}

int run(const Options& options) {
  const SystemClock clock;
  SystemRandom random;
  net::SystemWire wire;
  auto loop = net::EpollLoop::make(clock);
  auto certificate = rtc::Certificate::generate(clock.wall());
  if (!loop || !certificate) return 2;
  auto dtls = rtc::DtlsContext::create(*certificate);
  Metronome metronome(**loop);
  auto phones = Phones::open(options.phones, wire, **loop, metronome, random);
  if (!dtls || !phones) {
    fmt::print(stderr, "loadgen: {}\n", phones ? "no DTLS" : phones.error().text);
    return 2;
  }
  const Choir choir(options.browser_codec, options.phone_codec);
  Totals totals;
  const std::unique_ptr<Attack> attack = make_attack({options, **loop, wire, metronome, random});
  Stage stage{options, **loop,       wire,  random, metronome,   **phones,
              choir,   *certificate, *dtls, totals, attack.get()};
  ProcessWatch watch(options.process, options.admin, clock);
  watch.take(0);

  std::atomic<bool> is_done = false;
  const MonoTime began = clock.now();
  Load load(stage, [&] {
    is_done = true;
    (*loop)->stop();
  });
  std::thread thread([&] { (*loop)->run(); });
  for (MonoTime next = began + kShortestInterval; !is_done;) {
    std::this_thread::sleep_for(kLook);
    if (clock.now() < next) continue;
    next += sample_interval(options);
    watch.take(load.talking());
    if (!watch.is_alive()) (*loop)->stop();
    if (!watch.is_alive()) break;
  }
  thread.join();
  const double took = std::chrono::duration<double>(clock.now() - began).count();
  const bool is_alive = watch.is_alive();
  if (is_alive) wait_until_settled(watch, clock);

  const Run result{
      options, totals, watch, attack.get(), took, metronome.stalls(), metronome.longest_stall(),
      is_alive};
  const std::vector<std::string> faults = faults_of(result);
  const std::string line = to_json(result, faults);
  if (options.json.empty()) {
    fmt::print("{}\n", line);
  } else {
    std::ofstream(options.json) << line << "\n";
  }
  fmt::print(stderr, "{}", to_text(result, faults));
  return faults.empty() ? 0 : 1;
}

// ---- the command line

std::function<std::string(const std::string&)> into(SocketAddress& address) {
  return [&address](const std::string& text) -> std::string {
    const auto parsed = SocketAddress::parse(text);
    if (parsed) address = *parsed;
    return parsed ? "" : text + " is no address like 127.0.0.1:8080";
  };
}

std::function<std::string(const std::string&)> into(codec::AudioCodec& codec) {
  return [&codec](const std::string& text) -> std::string {
    const std::map<std::string, codec::AudioCodec> names{{"opus", codec::AudioCodec::kOpus},
                                                         {"pcma", codec::AudioCodec::kPcma},
                                                         {"pcmu", codec::AudioCodec::kPcmu},
                                                         {"g722", codec::AudioCodec::kG722}};
    const auto found = names.find(text);
    if (found == names.end()) return text + " is none of opus, pcma, pcmu, g722";
    codec = found->second;
    return {};
  };
}

// "talk=95,busy=5"
std::string read_mix(const std::string& text, std::vector<Weighted>& mix) {
  mix.clear();
  for (const std::string& part : CLI::detail::split(text, ',')) {
    const size_t equals = part.find('=');
    const auto script = script_named(part.substr(0, equals));
    if (!script) return part + " is no script of ours";
    const std::string weight = equals == std::string::npos ? "1" : part.substr(equals + 1);
    mix.push_back({*script, static_cast<unsigned>(std::atoi(weight.c_str()))});
  }
  return {};
}

int main_of(int argc, char** argv) {
  Options options;
  SocketAddress admin;
  std::string web, phones, admin_text, mix, browser_codec = "opus", phone_codec = "pcma";
  double duration = 0, talk = 2;
  int gap_ms = 0;
  CLI::App cli{"Plays browsers and phones against a running gateway, and listens to every call."};
  cli.add_option("--web", web, "The gateway's HTTP port, as 127.0.0.1:8080")
      ->required()
      ->check([&](const std::string& t) { return into(options.web)(t); });
  cli.add_option("--phones", phones, "Where the phones take SIP; one of its sip.domains")
      ->required()
      ->check([&](const std::string& t) { return into(options.phones)(t); });
  cli.add_option("--admin", admin_text, "The gateway's admin port")
      ->check([&](const std::string& t) { return into(admin)(t); });
  cli.add_option("--pid", options.process, "The gateway's process, to be watched");
  cli.add_option("--browser-codec", browser_codec, "What browsers speak")
      ->capture_default_str()
      ->check([&](const std::string& t) { return into(options.browser_codec)(t); });
  cli.add_option("--phone-codec", phone_codec, "What phones speak: the same is relayed")
      ->capture_default_str()
      ->check([&](const std::string& t) { return into(options.phone_codec)(t); });
  cli.add_option("--at-once", options.at_once, "Calls at once")->capture_default_str();
  cli.add_option("--calls", options.calls, "Calls in all; 0: as many as the time allows");
  cli.add_option("--duration", duration, "Seconds in which calls are begun; 0: no limit");
  cli.add_option("--talk", talk, "Seconds of talk, in the mean")->capture_default_str();
  cli.add_option("--rate", options.rate, "Calls begun a second, at most")->capture_default_str();
  cli.add_option("--mix", mix, "How calls go, by weight: talk=95,busy=5")
      ->check([&](const std::string& t) { return read_mix(t, options.mix); });
  cli.add_option("--longest-gap", gap_ms, "Milliseconds; a longer gap is a fault");
  cli.add_option("--lost", options.lost_percent, "Percent of a call's frames that may be missing")
      ->capture_default_str();
  cli.add_option("--rss-slope", options.rss_slope, "kB a minute; a steeper one is a fault");
  cli.add_option("--rss-growth", options.rss_growth, "kB over the run; more is a fault");
  cli.add_option("--json", options.json, "File for the result instead of standard output");
  cli.add_option("--attack", options.attack, "What happens besides: " + names_of_attacks());
  cli.add_option("--attack-rate", options.attack_rate, "Packets a second of the attack");
  CLI11_PARSE(cli, argc, argv);
  if (admin.is_set()) options.admin = admin;
  options.duration = milliseconds(static_cast<int64_t>(duration * 1000));
  options.talk = milliseconds(static_cast<int64_t>(talk * 1000));
  options.longest_gap = milliseconds(gap_ms);
  if (options.calls == 0 && options.duration.count() == 0) {
    fmt::print(stderr, "loadgen: --calls or --duration must end it\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  log::set_level(log::Level::kError);
  return run(options);
}

}  // namespace
}  // namespace patchcord::loadgen

int main(int argc, char** argv) {
  return patchcord::loadgen::main_of(argc, argv);
}
