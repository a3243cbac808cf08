// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchcord::app {
namespace {

using ::testing::HasSubstr;

std::string problem_of(std::string_view yaml) {
  const ConfigResult result = read_config(yaml);
  return result.problems.empty()
             ? std::string()
             : std::to_string(result.problems.front().line) + ": " + result.problems.front().text;
}

TEST(Config, AnEmptyFileIsGood) {
  EXPECT_EQ(problem_of(""), "");
}

TEST(Config, AMistakeIsToldWithItsLineAndWhatWasMeant) {
  EXPECT_THAT(problem_of("sip:\n  lissten: [\"udp:0.0.0.0:5060\"]\n"), HasSubstr("2: "));
  EXPECT_THAT(problem_of("sip:\n  lissten: [\"udp:0.0.0.0:5060\"]\n"), HasSubstr("listen"));
  EXPECT_THAT(problem_of("rtp:\n  ports: 20000\n"), HasSubstr("20000-29999"));
  EXPECT_THAT(problem_of("limits:\n  ringing: soon\n"), HasSubstr("ringing"));
  EXPECT_THAT(problem_of("web:\n  trusted_proxies: [proxy.example]\n"), HasSubstr("IP address"));
}

TEST(Config, PublicAddressIsAShorthandThatAKeyOfItsOwnOverrules) {
  const Config config =
      read_config("public_address: 203.0.113.5\nrtp: {address: 192.0.2.1}\n").config;
  EXPECT_EQ(config.sip.addresses.at(0).to_string(), "203.0.113.5");
  EXPECT_EQ(config.rtc.addresses.front().to_string(), "203.0.113.5");
  EXPECT_EQ(config.rtp.addresses.at(0).to_string(), "192.0.2.1");
}

TEST(Config, OfOneselfOneAddressOfEachFamilyIsSaid) {
  const Config config = read_config("public_address: [203.0.113.5, 2001:db8::5]\n").config;
  const OwnAddress six = own_media_address(config, *IpAddress::parse("2001:db8::7"));
  EXPECT_EQ(six.first, *IpAddress::parse("2001:db8::5"));
  EXPECT_EQ(six.second, *IpAddress::parse("203.0.113.5"));
  const OwnAddress four = own_media_address(config, *IpAddress::parse("192.0.2.7"));
  EXPECT_EQ(four.first, *IpAddress::parse("203.0.113.5"));
  EXPECT_THAT(problem_of("rtp:\n  address: [192.0.2.1, 192.0.2.2]\n"), HasSubstr("second"));
}

TEST(Config, AnUnsaidAddressIsThatOfTheRoute) {
  const Config config = read_config("rtp: {address: 203.0.113.5}\n").config;
  const OwnAddress own = own_media_address(config, *IpAddress::parse("2001:db8::7"));
  EXPECT_EQ(own.first, *IpAddress::parse("2001:db8::7"));
  EXPECT_EQ(own.second, *IpAddress::parse("203.0.113.5"));
}

TEST(Config, MediaOverTcpIsOnUntilToldOtherwise) {
  EXPECT_TRUE(read_config("").config.rtc.tcp);
  EXPECT_FALSE(read_config("rtc: {tcp: off}\n").config.rtc.tcp);
  EXPECT_THAT(problem_of("rtc: {tcp: maybe}\n"), HasSubstr("neither on nor off"));
}

TEST(Config, RecordsAreKeptInTheStateFolderUntilToldOtherwise) {
  EXPECT_EQ(read_config("state: /var/lib/x\n").config.records.file, "/var/lib/x/calls.jsonl");
  EXPECT_TRUE(read_config("records: {file: off}\n").config.records.file.empty());
}

TEST(ConfigChanges, NameWhatDiffersAndWhatWaitsForARestart) {
  const ConfigResult before = read_config(
      "limits: {calls: 10}\nrtc: {port: 10000}\nsip: {domains: [a.example, b.example]}\n");
  const ConfigResult after = read_config(
      "limits: {calls: 20, ringing: 30s}\nrtc: {port: 12000}\nsip: {domains: [a.example]}\n");
  const auto changes = changes_between(before, after);
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0].key, "limits.calls");
  EXPECT_EQ(changes[0].from + ">" + changes[0].to, "10>20");
  EXPECT_FALSE(changes[0].needs_restart);
  EXPECT_EQ(changes[1].key, "limits.ringing");
  EXPECT_EQ(changes[2].key, "rtc.port");
  EXPECT_TRUE(changes[2].needs_restart);
  EXPECT_EQ(changes[3].key, "sip.domains[1]");
  EXPECT_EQ(changes[3].to, "");
}

// Whatever is not said to wait for a restart is taken over, and the other way round.
TEST(ConfigChanges, WhatIsTakenOverIsWhatNeedsNoRestart) {
  Config running = read_config("").config;
  const ConfigResult fresh = read_config(
      "limits: {calls: 7, connections: 9}\nrtc: {port: 12345}\nlog: {level: warn}\n"
      "codecs: {sip: [pcmu]}\nsip: {domains: [x.example], listen: [\"udp:0.0.0.0:6060\"]}\n"
      "registrar: {users: {anna: secret}}\nweb: {allowed_origins: [\"https://x.example\"]}\n");
  take_over(running, fresh.config);
  EXPECT_EQ(running.limits.calls, 7u);
  EXPECT_EQ(running.log_level, log::Level::kWarn);
  EXPECT_EQ(running.codecs.sip, std::vector<std::string>{"pcmu"});
  EXPECT_EQ(running.sip.domains.size(), 1u);
  EXPECT_EQ(running.registrar.users.count("anna"), 1u);
  EXPECT_EQ(running.web.allowed_origins.size(), 1u);
  EXPECT_EQ(running.limits.connections, Config().limits.connections);
  EXPECT_EQ(running.rtc.port, Config().rtc.port);
  EXPECT_EQ(running.sip.listen.front().address.port(), 5060);
}

TEST(ConfigChanges, NeverShowAPassword) {
  const auto changes = changes_between(read_config("registrar: {users: {anna: sesame}}\n"),
                                       read_config("registrar: {users: {anna: open, bert: up}}\n"));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].from + changes[0].to + changes[1].from + changes[1].to, "*********");
}

TEST(ConfigChanges, AFileOfAliasesEndsSoon) {
  std::string yaml = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 14; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) yaml += below + ", ";
    yaml += below + "]\n";
  }
  EXPECT_LE(read_config(yaml).stated.size(), 20'000u);
  EXPECT_TRUE(read_config("a: &self [*self]\n").stated.empty()) << "it contains itself";
}

}  // namespace
}  // namespace patchcord::app
