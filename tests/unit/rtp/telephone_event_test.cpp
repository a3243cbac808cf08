// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/telephone_event.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace patchcord::rtp {
namespace {

MonoTime at(int ms) {
  return MonoTime(std::chrono::milliseconds(1'000'000 + ms));
}

struct Sent {
  int ms;
  uint32_t timestamp;
  uint8_t event;
  uint16_t duration;
  char flags = ' ';  // 'm' marker, 'e' end, 'b' both
  uint32_t ssrc = 1;
};

class Receiver {
 public:
  void give(const Sent& sent) {
    std::vector<uint8_t> bytes(kFixedHeaderSize + TelephoneEvent::kSize);
    const bool marker = sent.flags == 'm' || sent.flags == 'b';
    write_header(bytes, {PayloadType(101), sequence_++, sent.timestamp, Ssrc(sent.ssrc), marker});
    const bool end = sent.flags == 'e' || sent.flags == 'b';
    const auto payload = TelephoneEvent{sent.event, end, 10, sent.duration}.bytes();
    std::copy(payload.begin(), payload.end(), bytes.begin() + kFixedHeaderSize);
    const auto packet = Packet::parse(bytes);
    if (const auto digit = receiver.receive(*packet, at(sent.ms))) digits += *digit;
  }

  TelephoneEventReceiver receiver{8000};
  std::string digits;

 private:
  uint16_t sequence_ = 0;
};

TEST(TelephoneEvent, PayloadIsThatOfTheRfc) {
  // RFC 4733 section 2.3: event 1, end, volume 10, duration 1600.
  const std::vector<uint8_t> bytes{1, 0x8a, 0x06, 0x40};
  const auto event = TelephoneEvent::parse(bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, 1);
  EXPECT_TRUE(event->is_end);
  EXPECT_EQ(event->volume, 10);
  EXPECT_EQ(event->duration, 1600);
  const auto back = event->bytes();
  EXPECT_EQ(std::vector<uint8_t>(back.begin(), back.end()), bytes);
  EXPECT_FALSE(TelephoneEvent::parse(ByteSpan(bytes).first(3)));
}

TEST(TelephoneEvent, DigitsHaveNumbers) {
  const std::string digits = "0123456789*#ABCD";
  for (uint8_t i = 0; i < 16; ++i) {
    EXPECT_EQ(digit_of(i), digits[i]);
    EXPECT_EQ(event_of(digits[i]), i);
  }
  EXPECT_EQ(event_of('b'), 13);
  for (const int event : {16, 17, 64, 255}) EXPECT_FALSE(digit_of(static_cast<uint8_t>(event)));
  for (const char c : {' ', 'e', 'E', '\0', ','}) EXPECT_FALSE(event_of(c)) << c;
}

TEST(TelephoneEventReceiver, SaysEachDigitOnce) {
  const struct {
    const char* what;
    std::vector<Sent> packets;
    const char* digits;
  } kCases[] = {
      {"start, updates, three ends",
       {{0, 800, 5, 160, 'm'},
        {20, 800, 5, 320},
        {40, 800, 5, 480},
        {60, 800, 5, 640, 'e'},
        {80, 800, 5, 640, 'e'},
        {100, 800, 5, 640, 'e'}},
       "5"},
      {"only an end", {{0, 800, 5, 640, 'e'}}, "5"},
      {"only ends", {{0, 800, 5, 640, 'e'}, {1, 800, 5, 640, 'e'}, {2, 800, 5, 640, 'e'}}, "5"},
      {"without any end, then another", {{0, 800, 5, 160, 'm'}, {200, 2400, 6, 160, 'm'}}, "56"},
      {"the same key twice",
       {{0, 800, 5, 160, 'm'},
        {20, 800, 5, 320, 'e'},
        {160, 2080, 5, 160, 'm'},
        {180, 2080, 5, 320, 'e'}},
       "55"},
      {"the same key twice, first end lost",
       {{0, 800, 5, 160, 'm'}, {20, 800, 5, 320}, {160, 2080, 5, 160, 'm'}},
       "55"},
      {"the same key twice, first end and second marker lost",
       {{0, 800, 5, 160, 'm'}, {20, 800, 5, 320}, {160, 2080, 5, 320}},
       "55"},
      {"a late end of the digit before",
       {{0, 800, 5, 160, 'm'},
        {60, 1600, 6, 160, 'm'},
        {62, 800, 5, 640, 'e'},
        {80, 1600, 6, 320, 'e'}},
       "56"},
      {"reordered within", {{0, 800, 5, 320}, {1, 800, 5, 160, 'm'}, {2, 800, 5, 480, 'e'}}, "5"},
      {"an update after the end", {{0, 800, 5, 480, 'e'}, {1, 800, 5, 320}}, "5"},
      {"the timestamp moves with each packet",
       {{0, 800, 5, 160, 'm'}, {20, 960, 5, 320}, {40, 1120, 5, 480}, {60, 1280, 5, 640, 'e'}},
       "5"},
      {"the SSRC changes while the key is held",
       {{0, 800, 5, 160, 'm'},
        {20, 800, 5, 320},
        {40, 99999, 5, 480, ' ', 2},
        {60, 99999, 5, 640, 'e', 2}},
       "5"},
      {"the SSRC changes between two digits",
       {{0, 800, 5, 160, 'm'}, {20, 800, 5, 320, 'e'}, {200, 4, 5, 160, 'm', 2}},
       "55"},
      {"a key held longer than 16 bits of duration (RFC 4733 2.5.1.3)",
       {{8000, 800, 5, 64000},
        {8180, 800, 5, 0xffff},
        {8200, 800 + 0xffff, 5, 160},
        {8220, 800 + 0xffff, 5, 320, 'e'}},
       "5"},
      {"a timeline that began anew", {{0, 0x80000000, 5, 640, 'e'}, {900, 800, 6, 640, 'e'}}, "56"},
      {"the timestamp wraps",
       {{0, 0xffffff00, 5, 640, 'e'}, {900, 5000, 6, 640, 'e'}, {901, 0xffffff00, 5, 640, 'e'}},
       "56"},
      {"no digit: flash, event 255", {{0, 800, 16, 160, 'm'}, {20, 900, 255, 160, 'm'}}, ""},
      {"other events under the timestamp of a digit",
       {{0, 800, 5, 160, 'm'}, {1, 800, 6, 160, 'm'}, {2, 800, 7, 160, 'm'}},
       "5"},
  };
  for (const auto& c : kCases) {
    Receiver receiver;
    for (const Sent& sent : c.packets) receiver.give(sent);
    EXPECT_EQ(receiver.digits, c.digits) << c.what;
  }
}

TEST(TelephoneEventReceiver, CountsWhatItDrops) {
  Receiver receiver;
  receiver.give({0, 800, 200, 160});
  std::vector<uint8_t> bytes(kFixedHeaderSize + 3);
  write_header(bytes, {PayloadType(101), 1, 1, Ssrc(1), false});
  EXPECT_FALSE(receiver.receiver.receive(*Packet::parse(bytes), at(0)));
  EXPECT_EQ(receiver.receiver.dropped().not_a_digit, 1u);
  EXPECT_EQ(receiver.receiver.dropped().malformed, 1u);
}

TEST(TelephoneEventReceiver, AFloodGivesTenDigitsInAnySecond) {
  Receiver receiver;
  std::vector<int> times;
  for (int i = 0; i < 2500; ++i) {  // 500 events a second, for 5 s
    const size_t before = receiver.digits.size();
    receiver.give({i * 2, static_cast<uint32_t>(i) * 16, static_cast<uint8_t>(i % 16), 65535, 'b',
                   static_cast<uint32_t>(i % 3)});
    if (receiver.digits.size() > before) times.push_back(i * 2);
  }
  EXPECT_EQ(times.size(), 50u);
  for (size_t i = 10; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 10], 1000);
  EXPECT_GT(receiver.receiver.dropped().over_rate, 2000u);
}

TEST(TelephoneEventReceiver, AStuckKeyEndsInFiveSeconds) {
  Receiver receiver;
  EXPECT_FALSE(receiver.receiver.is_active(at(0)));
  for (int ms = 0; ms < 20'000; ms += 20) {
    receiver.give({ms, 800, 5, 65535, ms == 0 ? 'm' : ' '});
    EXPECT_EQ(receiver.receiver.is_active(at(ms)), ms < 5000) << ms;
  }
  EXPECT_EQ(receiver.digits, "5");
}

TEST(TelephoneEventReceiver, IsActiveWhileTheKeyIsHeld) {
  Receiver receiver;
  receiver.give({0, 800, 5, 160, 'm'});
  EXPECT_TRUE(receiver.receiver.is_active(at(100)));
  EXPECT_FALSE(receiver.receiver.is_active(at(250))) << "its packets have ceased";
  receiver.give({260, 4000, 6, 160, 'm'});
  receiver.give({280, 4000, 6, 320, 'e'});
  EXPECT_FALSE(receiver.receiver.is_active(at(281)));
}

// Runs the sender in steps of 5 ms; the stream's timestamp goes with the time.
struct Out {
  int ms;
  TelephoneEventSender::Event event;
  TelephoneEvent payload;
};
std::vector<Out> run(TelephoneEventSender& sender, uint32_t clock_rate, int from, int to) {
  std::vector<Out> out;
  for (int ms = from; ms <= to; ms += 5) {
    while (const auto event = sender.next(at(ms), static_cast<uint32_t>(ms) * clock_rate / 1000)) {
      out.push_back({ms, *event, *TelephoneEvent::parse(event->payload)});
    }
  }
  return out;
}

TEST(TelephoneEventSender, PacesADigit) {
  for (const uint32_t clock_rate : {8000u, 48000u}) {
    const uint32_t step = clock_rate / 50;
    TelephoneEventSender sender(clock_rate);
    EXPECT_EQ(sender.next_time(), kNever);
    ASSERT_TRUE(sender.queue('#'));
    const auto out = run(sender, clock_rate, 1000, 2000);
    ASSERT_EQ(out.size(), 7u) << "four and three ends";
    for (size_t i = 0; i < out.size(); ++i) {
      EXPECT_EQ(out[i].ms, 1000 + static_cast<int>(i) * 20);
      EXPECT_EQ(out[i].event.timestamp, clock_rate) << "that of the beginning";
      EXPECT_EQ(out[i].event.marker, i == 0);
      EXPECT_EQ(out[i].payload.event, 11);
      EXPECT_EQ(out[i].payload.is_end, i >= 4);
      EXPECT_EQ(out[i].payload.duration,
                std::min<uint32_t>(static_cast<uint32_t>(i) + 1, 5) * step);
    }
    EXPECT_FALSE(sender.is_sending());
    EXPECT_EQ(sender.next_time(), kNever);
  }
}

TEST(TelephoneEventSender, LeavesAGapBetweenDigits) {
  TelephoneEventSender sender(8000);
  for (const char digit : {'1', '1', '2'}) ASSERT_TRUE(sender.queue(digit));
  EXPECT_EQ(sender.queued(), 3u);
  const auto out = run(sender, 8000, 0, 2000);
  ASSERT_EQ(out.size(), 21u);
  for (size_t i = 7; i < 21; i += 7) {
    const uint32_t tone_end = out[i - 1].event.timestamp + out[i - 1].payload.duration;
    EXPECT_GE(out[i].event.timestamp, tone_end + 400) << "50 ms of silence";
    EXPECT_TRUE(out[i].event.marker);
  }
}

TEST(TelephoneEventSender, WhatItSendsIsReceived) {
  TelephoneEventSender sender(8000);
  const std::string digits = "0011223456789*#ABCD";
  for (const char digit : digits) ASSERT_TRUE(sender.queue(digit));
  Receiver receiver;
  for (const Out& out : run(sender, 8000, 0, 10'000)) {
    const char flags = out.event.marker ? 'm' : out.payload.is_end ? 'e' : ' ';
    receiver.give({out.ms, out.event.timestamp, out.payload.event, out.payload.duration, flags});
  }
  EXPECT_EQ(receiver.digits, digits);
}

TEST(TelephoneEventSender, HoldsTonesToWhatCanBeSaid) {
  const struct {
    uint32_t clock_rate;
    int tone_ms;
    uint32_t duration;
  } kCases[] = {{8000, 0, 800},        {8000, -5, 800},     {8000, 100, 800},     {8000, 250, 2000},
                {8000, 60'000, 65535}, {48000, 250, 12000}, {48000, 5000, 65535}, {8000, 110, 880}};
  for (const auto& c : kCases) {
    TelephoneEventSender sender(c.clock_rate);
    ASSERT_TRUE(sender.queue('1', std::chrono::milliseconds(c.tone_ms)));
    const auto out = run(sender, c.clock_rate, 0, 12'000);
    ASSERT_GE(out.size(), 3u);
    for (size_t i = out.size() - 3; i < out.size(); ++i) {
      EXPECT_TRUE(out[i].payload.is_end);
      EXPECT_EQ(out[i].payload.duration, c.duration) << c.tone_ms;
    }
    EXPECT_FALSE(out[out.size() - 4].payload.is_end);
    const uint32_t packets = (c.duration + c.clock_rate / 50 - 1) / (c.clock_rate / 50);
    EXPECT_EQ(out.size(), packets + 2);
  }
}

TEST(TelephoneEventSender, ALateTurnMakesNoBurst) {
  TelephoneEventSender sender(8000);
  ASSERT_TRUE(sender.queue('1'));
  ASSERT_TRUE(sender.next(at(0), 0));
  EXPECT_TRUE(sender.is_sending());
  EXPECT_EQ(sender.next_time(), at(20));
  ASSERT_TRUE(sender.next(at(25), 0));
  EXPECT_EQ(sender.next_time(), at(40)) << "a little late is caught up";
  ASSERT_TRUE(sender.next(at(500), 0));
  EXPECT_FALSE(sender.next(at(500), 0));
  EXPECT_EQ(sender.next_time(), at(520));
}

TEST(TelephoneEventSender, RefusesWhatItCannotSend) {
  TelephoneEventSender sender(8000);
  EXPECT_FALSE(sender.queue('x'));
  for (size_t i = 0; i < TelephoneEventSender::kMaxQueue; ++i) EXPECT_TRUE(sender.queue('1'));
  EXPECT_FALSE(sender.queue('1'));
}

TEST(TelephoneEventSender, ANonsenseClockRateStillEnds) {
  TelephoneEventSender sender(1);
  ASSERT_TRUE(sender.queue('1'));
  EXPECT_LT(run(sender, 1, 0, 1000).size(), 10u);
}

}  // namespace
}  // namespace patchcord::rtp
