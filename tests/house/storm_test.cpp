// SPDX-License-Identifier: GPL-3.0-or-later
// Many calls over a network that loses, reorders and doubles; and random behaviour of everybody.
// Each house checks at its end that nothing is left.
#include <gtest/gtest.h>

#include "house/sim_house.h"

namespace patchcord::test {
namespace {

using Answer = PhoneManners::Answer;
using std::chrono::milliseconds;
using std::chrono::seconds;

class HouseStorm : public testing::TestWithParam<double> {};

TEST_P(HouseStorm, CallsComeUpAndEndOverABadNetwork) {
  SimHouse house({.seed = 7,
                  .quality = {.delay = milliseconds(20),
                              .jitter = milliseconds(30),
                              .loss = GetParam(),
                              .duplicate = 0.05}});
  house.far.manners.hangs_up = true;
  FakeBrowser& ann = house.browser();
  ann.sign_in("1001", "secret", "10.0.0.2");
  ASSERT_TRUE(house.until([&] { return ann.is_registered; }, seconds(60)));
  for (int i = 0; i < 10; ++i) {
    const std::string id = ann.call("100");
    ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }, seconds(60))) << i;
    EXPECT_EQ(ann.calls[id].finish->cause.reason, "hangup");
    EXPECT_TRUE(ann.calls[id].told("talk"));
  }
}

INSTANTIATE_TEST_SUITE_P(Loss, HouseStorm, testing::Values(0.0, 0.05, 0.2));

// Everybody does anything at any time.
class HouseWalk : public testing::TestWithParam<uint64_t> {};

TEST_P(HouseWalk, WhateverPeopleDoNothingIsLeft) {
  SimHouse house({.seed = GetParam(), .quality = {.jitter = milliseconds(5), .loss = 0.02}});
  SeededRandom dice(GetParam());
  const auto flip = [&] { return dice.below(2) == 0; };
  for (int step = 0; step < 400; ++step) {
    if (house.browsers.size() < 5 && dice.below(10) == 0) {
      FakeBrowser& one = house.browser();
      if (flip()) {
        one.sign_in("100" + std::to_string(dice.below(4)), flip() ? "secret" : "wrong", "10.0.0.2");
      } else {
        one.sign_in(flip() ? "ann" : "bob", flip() ? "ann" : "bob", "home");
      }
    }
    constexpr Answer kAnswers[] = {Answer::kAnswer, Answer::kRingOnly, Answer::kReject,
                                   Answer::kSilent};
    house.far.manners.answer = kAnswers[dice.below(4)];
    house.far.manners.status = 400 + static_cast<int>(dice.below(270));
    house.far.manners.early_media = flip();
    house.far.manners.hangs_up = flip();
    if (!house.browsers.empty()) {
      FakeBrowser& one = *house.browsers[dice.below(static_cast<uint32_t>(house.browsers.size()))];
      std::string id = "nobody";
      if (!one.calls.empty()) {
        auto call = one.calls.begin();
        std::advance(call, dice.below(static_cast<uint32_t>(one.calls.size())));
        id = call->first;
      }
      switch (dice.below(9)) {
        case 0:
        case 1:
          one.call(flip() ? "600" : "bob");
          break;
        case 2:
          one.call("+49123", flip());
          break;
        case 3:
          one.hangup(id);
          break;
        case 4:
          if (one.calls.contains(id) && one.calls[id].incoming) one.answer(id);
          break;
        case 5:
          one.digits(id, "12#");
          break;
        case 6:
          if (!house.far.contacts.empty()) house.far.call(house.far.contacts.begin()->first);
          break;
        case 7:
          flip() ? house.far.hangup() : house.far.reoffer(flip() ? "inactive" : "sendrecv");
          break;
        case 8:
          if (dice.below(10) == 0) one.leave();
          break;
      }
    }
    house.run(milliseconds(dice.below(400)));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, HouseWalk, testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace patchcord::test
