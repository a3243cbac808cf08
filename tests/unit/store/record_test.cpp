// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchcord::store {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

call::Snapshot answered_call() {
  call::Snapshot call;
  call.id = CallId(17);
  call.state = call::State::kEnded;
  call.legs[0] = {.protocol = "browser",
                  .party = "1001@example.com",
                  .peer = "192.0.2.7:4711",
                  .protocol_id = "c-1"};
  call.legs[1] = {.protocol = "sip",
                  .party = "+15550100@example.com",
                  .peer = "192.0.2.9:5060",
                  .protocol_id = "abc@gw"};
  call.began = WallTime(std::chrono::seconds(1'700'000'000) + 250ms);
  call.age = 65s;
  call.since_answer = 60s;
  media::AudioFormat opus{PayloadType(111), codec::AudioCodec::kOpus, 48000, 2, ""};
  call.plan.audio[0].from = {opus};
  call.media.endpoints[0].packets_received = 3000;
  call.media.endpoints[0].packets_lost = 30;
  call.media.endpoints[0].jitter_us = 4567;
  call.media.endpoints[0].round_trip = 42ms;
  call.ending = call::Ending{.reason = call::Reason::kHangup,
                             .by = call::EndedBy::kB,
                             .sip_status = 200,
                             .sip_reason = "OK",
                             .q850 = 16,
                             .warning = "370 \"few \\ left\"\r\n"};
  return call;
}

TEST(Record, SaysWhoWhenHowLongAndWhy) {
  const std::string line = record_json(answered_call());
  for (const char* part :
       {R"("id":17)", R"("began":"2023-11-14T22:13:20.250Z")",
        R"("answered":"2023-11-14T22:13:25.250Z")", R"("ended":"2023-11-14T22:14:25.250Z")",
        R"("talkMs":60000)", R"("durationMs":65000)", R"("from":"1001@example.com")",
        R"("to":"+15550100@example.com")", R"("reason":"hangup")", R"("cause":"normal")",
        R"("by":"b")", R"("sipStatus":200)", R"("q850":16)", R"("codec":"opus/48000")",
        R"("packetsLost":30)", R"("jitterMs":4.57)", R"("roundTripMs":42)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST(Record, IsOneLineWhateverThePeerSaid) {
  const std::string line = record_json(answered_call());
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, HasSubstr(R"(few \\ left\"\r\n)"));
}

TEST(Record, AnUnansweredCallHasNoTalkAndNoQuality) {
  call::Snapshot call = answered_call();
  call.since_answer.reset();
  call.media = {};
  call.ending =
      call::Ending{.reason = call::Reason::kBusy, .by = call::EndedBy::kB, .sip_status = 486};
  const std::string line = record_json(call);
  for (const char* part : {R"("answered":null)", R"("talkMs":0)", R"("reason":"busy")",
                           R"("mos":null)", R"("roundTripMs":null)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

}  // namespace
}  // namespace patchcord::store
