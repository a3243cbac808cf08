// SPDX-License-Identifier: GPL-3.0-or-later
#include "admin/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchcord::admin {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

call::Snapshot call_that_ended(call::Reason reason) {
  call::Snapshot call;
  call.legs[0].protocol = "browser";
  call.plan.audio[0].from = {{PayloadType(8), codec::AudioCodec::kPcma, 8000, 1, ""}};
  call.media.endpoints[0].packets_received = 500;
  call.age = 12s;
  call.ending = call::Ending{.reason = reason};
  return call;
}

TEST(Metrics, CountsCallsAndWhyTheyEnded) {
  Metrics metrics("1.2.3");
  call::Snapshot call = call_that_ended(call::Reason::kHangup);
  call.since_answer = 10s;
  metrics.on_call_started(call);
  metrics.on_call_answered(call);
  metrics.on_call_ended(call);
  metrics.on_call_started(call);
  metrics.on_call_ended(call_that_ended(call::Reason::kBusy));

  const std::string text = metrics.text({});
  for (const char* line :
       {"patchcord_build_info{version=\"1.2.3\"} 1\n", "patchcord_calls_started_total 2\n",
        "patchcord_calls_answered_total 1\n", "patchcord_calls_ended_total{reason=\"hangup\"} 1\n",
        "patchcord_calls_ended_total{reason=\"busy\"} 1\n",
        "patchcord_call_setup_seconds_count 1\n", "patchcord_call_talk_seconds_sum 10\n",
        "patchcord_call_mos_count{leg=\"browser\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, ReadingsOfOneNameAreOneFamily) {
  const Metrics metrics("1");
  const std::string text = metrics.text({
      {"drops_total", "What was dropped.", Reading::Kind::kCounter, 3, "reason", "late"},
      {"drops_total", "What was dropped.", Reading::Kind::kCounter, 4, "reason", "a \"b\"\n"},
      {"sessions", "Now.", Reading::Kind::kGauge, 5},
  });
  EXPECT_THAT(text, HasSubstr("# TYPE drops_total counter\ndrops_total{reason=\"late\"} 3\n"
                              "drops_total{reason=\"a \\\"b\\\"\\n\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE sessions gauge\nsessions 5\n"));
}

TEST(Metrics, SaysWhatThisProcessTakes) {
  for (const Reading& reading : process_readings()) EXPECT_GE(reading.value, 0) << reading.name;
  EXPECT_GT(process_readings()[0].value, 1e6);
}

}  // namespace
}  // namespace patchcord::admin
