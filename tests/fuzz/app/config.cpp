// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "app/config.h"

using namespace patchcord;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_line_of(int line, std::string_view text) {
  return line >= 0 && line <= 1 + std::count(text.begin(), text.end(), '\n') +
                                  std::count(text.begin(), text.end(), '\r');
}

// What the gateway relies on, whatever the file said.
void check(const app::Config& config) {
  require(!config.rtc.addresses.empty() && !config.sip.listen.empty());
  require(config.rtc.port >= 1024 && config.rtc.workers <= 256);
  require(config.rtp.first_port >= 1024 && config.rtp.first_port < config.rtp.last_port);
  require(config.limits.calls > 0 && config.limits.connections > 0);
  require(config.limits.opus_complexity >= 0 && config.limits.opus_complexity <= 10);
  require(!config.codecs.browser.empty() && !config.codecs.sip.empty());
  for (const auto time : {config.limits.ringing, config.limits.call_duration,
                          config.limits.media_inactivity, config.limits.drain}) {
    require(time.count() >= 0 && time < std::chrono::years(2000));
  }
  for (const app::AllowedDomain& domain : config.sip.domains) require(!domain.host.empty());
}

}  // namespace

// Nothing is thrown; every mistake names a line there is; the values are in range even then.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const app::ConfigResult result = app::read_config(text);
  check(result.config);
  for (const app::ConfigProblem& problem : result.problems) {
    require(!problem.text.empty() && is_line_of(problem.line, text));
  }
  return 0;
}
