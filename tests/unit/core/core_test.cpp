// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "core/address.h"
#include "core/bytes.h"
#include "core/counters.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/random.h"
#include "core/result.h"

namespace patchcord {
namespace {

TEST(Bytes, ReaderStopsAtTheEnd) {
  const std::array<uint8_t, 5> bytes{1, 2, 3, 4, 5};
  Reader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0) << "a failed reader gives nothing more";
}

TEST(Bytes, WriterStopsAtTheEnd) {
  std::array<uint8_t, 4> bytes{};
  Writer writer(bytes);
  writer.u24(0x010203);
  writer.u16(0xffff);
  EXPECT_TRUE(writer.failed());
  EXPECT_EQ(writer.size(), 3u);
  EXPECT_EQ(bytes, (std::array<uint8_t, 4>{1, 2, 3, 0}));
}

TEST(Address, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:5060", "[2001:db8::1]:5061", "0.0.0.0:0"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:5060", "[::1]",
                           "[1.2.3.4]:1", "1.2.3:4", "host:5060", "127.0.0.1:5060x"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.7")->to_string(), "192.0.2.7");
}

TEST(Address, AnswersPolicy) {
  EXPECT_TRUE(IpAddress::parse("10.1.2.3")->is_private());
  EXPECT_TRUE(IpAddress::parse("172.31.0.1")->is_private());
  EXPECT_FALSE(IpAddress::parse("172.32.0.1")->is_private());
  EXPECT_TRUE(IpAddress::parse("fd00::2")->is_private());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("255.255.255.255")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("239.1.1.1")->is_multicast());
  EXPECT_FALSE(IpAddress::parse("192.0.2.1")->is_private());
}

TEST(Address, SurvivesTheSystemForm) {
  for (const char* text : {"192.0.2.1:9", "[2001:db8::2]:10000"}) {
    sockaddr_storage storage;
    const auto address = *SocketAddress::parse(text);
    address.to_sockaddr(storage);
    EXPECT_EQ(SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)), address);
  }
}

TEST(Function, OwnsWhatItCarries) {
  auto counter = std::make_shared<int>(0);
  {
    Function<int(int)> small = [owned = std::make_unique<int>(40)](int x) { return *owned + x; };
    Function<int(int)> moved = std::move(small);
    EXPECT_FALSE(small);
    EXPECT_EQ(moved(2), 42);
    std::array<char, 100> big{};
    big[99] = 7;
    Function<int(int)> outside = [big, counter](int x) { return big[99] + x; };
    Function<int(int)> outside_moved = std::move(outside);
    EXPECT_EQ(outside_moved(1), 8);
    EXPECT_EQ(counter.use_count(), 2);
  }
  EXPECT_EQ(counter.use_count(), 1) << "destroyed with its function";
}

TEST(Mailbox, RunsWhatWasThereAndNoMore) {
  Mailbox box;
  int runs = 0;
  EXPECT_TRUE(box.put([&] {
    ++runs;
    box.put([&] { runs += 10; });
  }));
  EXPECT_FALSE(box.put([&] { ++runs; }));
  box.run();
  EXPECT_EQ(runs, 2);
  box.run();
  EXPECT_EQ(runs, 12);
}

Result<int> half(int x) {
  if (x % 2) return {ErrorCode::kMalformed, "odd"};
  return x / 2;
}
Result<int> quarter(int x) {
  TRY(const int h, half(x));
  return half(h);
}

TEST(Result, TryPassesTheErrorOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().text, "odd");
}

TEST(Random, SeedsRepeatAndTokensAreTokens) {
  SeededRandom a(7), b(7), c(8);
  EXPECT_EQ(a.u64(), b.u64());
  EXPECT_NE(a.u64(), c.u64());
  SystemRandom system;
  const std::string token = system.token(22);
  EXPECT_EQ(token.size(), 22u);
  for (const char letter : token) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(letter)));
  EXPECT_NE(token, system.token(22));
}

TEST(Log, NothingAPeerSentBeginsALine) {
  std::string seen;
  log::set_sink([&](log::Level, std::string_view line) { seen = line; });
  log::info("test.event", {{"name", "a b\r\nINFO forged=\"1\""}, {"count", 3}});
  log::set_sink(nullptr);
  EXPECT_EQ(seen.find('\n'), std::string::npos);
  EXPECT_NE(seen.find("INFO test.event name=\"a b\\x0d\\x0aINFO forged=\\\"1\\\"\" count=3"),
            std::string::npos)
      << seen;
  EXPECT_LT(log::escaped(std::string(10000, 'x')).size(), 600u);
}

TEST(Counters, CountByName) {
  enum class Drop { kShort, kReplay, kCount };
  Counters<Drop> drops;
  drops.add(Drop::kReplay);
  drops.add(Drop::kReplay, 2);
  EXPECT_EQ(drops[Drop::kReplay], 3u);
  EXPECT_EQ(drops.total(), 3u);
}

}  // namespace
}  // namespace patchcord
