// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of patchcord.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "app/config.h"
#include "app/demo.h"
#include "app/server.h"
#include "core/log.h"

namespace {

using namespace patchcord;

// 0: good. Otherwise every mistake has been told, one a line, as compilers do.
int tell_problems(const std::string& file, const app::ConfigResult& result) {
  for (const app::ConfigProblem& problem : result.problems) {
    if (problem.line > 0) {
      fmt::print(stderr, "{}:{}: {}\n", file, problem.line, problem.text);
    } else {
      fmt::print(stderr, "{}: {}\n", file, problem.text);
    }
  }
  return result.problems.empty() ? 0 : 1;
}

int serve(app::ConfigResult read, app::ServerOptions options, const std::string& greeting = {}) {
  const app::Config& config = read.config;
  std::signal(SIGPIPE, SIG_IGN);
  log::set_level(config.log_level);
  const auto http = config.listen.http;
  const auto https = config.listen.https;
  auto server = app::Server::make(std::move(read), options);
  if (!server) {
    fmt::print(stderr, "patchcord: {}\n", server.error().text);
    return 1;
  }
  log::info("server.ready", {{"version", PATCHCORD_VERSION},
                             {"http", http ? http->to_string() : "off"},
                             {"https", https ? https->to_string() : "off"}});
  fmt::print("{}", greeting);
  std::fflush(stdout);
  (*server)->run();
  return 0;
}

int run_demo(const app::DemoPorts& ports, app::SipTrace trace) {
  auto demo = app::make_demo(ports);
  if (!demo) {
    fmt::print(stderr, "patchcord: {}\n", demo.error().text);
    return 2;
  }
  return serve({.config = demo->config, .stated = {}, .problems = {}},
               {.config_file = {}, .trace = trace, .is_demo = true}, app::demo_text(*demo));
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App cli{"Patchcord lets a web page call any phone: WebRTC on one side, SIP on the other."};
  cli.set_version_flag("--version", "patchcord " PATCHCORD_VERSION);
  cli.require_subcommand(1);

  std::string file;
  bool trace = false;
  auto* run = cli.add_subcommand("run", "Run the gateway with a configuration");
  run->add_option("--config", file, "YAML file; docs/configuration.md names every key")->required();
  run->add_flag("--trace-sip", trace, "Write every SIP message to the log, without secrets");

  app::DemoPorts ports;
  auto* demo = cli.add_subcommand(
      "demo", "Run with two users, a mobile phone that is a page, and an echo; no other server");
  demo->add_option("--http", ports.http, "Port or address of the page, e.g. 127.0.0.1:8080");
  demo->add_option("--https", ports.https, "Port or address of the page over TLS");
  demo->add_option("--admin", ports.admin, "Port or address of health, calls and metrics");
  demo->add_option("--rtc", ports.rtc, "First port of the browsers' media");
  demo->add_flag("--trace-sip", trace, "Write every SIP message to the log, without secrets");

  auto* check = cli.add_subcommand("check-config", "Say what is wrong with a configuration");
  check->add_option("file", file, "YAML file")->required();

  CLI11_PARSE(cli, argc, argv);

  const app::SipTrace sip_trace = trace ? app::SipTrace::kOn : app::SipTrace::kOff;
  if (*demo) return run_demo(ports, sip_trace);
  app::ConfigResult result = app::read_config_file(file);
  if (tell_problems(file, result) != 0) return 1;
  if (*check) {
    fmt::print("{}: good\n", file);
    return 0;
  }
  return serve(std::move(result), {.config_file = file, .trace = sip_trace, .is_demo = false});
} catch (const std::exception& error) {
  fmt::print(stderr, "patchcord: {}\n", error.what());
  return 1;
}
