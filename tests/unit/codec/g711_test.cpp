// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/g711.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tone.h"

namespace patchcord::codec {
namespace {

// The quantiser as G.711 tables 1a and 2a draw it: segments of 16 equal intervals (the first A-law
// segment: 32), each interval twice as wide as in the segment before, values in the middle.
struct Table {
  G711Law law;
  int unit;                       // what one step of the table's scale is on the 16-bit scale
  std::array<int, 129> decision;  // decision values x1..x128 on the table's scale
};

Table a_law() {
  Table table{G711Law::kA, 8, {}};
  int x = 0;
  for (size_t i = 0; i < table.decision.size(); ++i) {
    table.decision[i] = x;
    x += i < 32 ? 2 : 2 << (i / 16 - 1);
  }
  return table;
}

Table mu_law() {
  Table table{G711Law::kMu, 4, {}};
  int x = 1;
  table.decision[0] = 0;
  for (size_t i = 1; i < table.decision.size(); ++i) {
    table.decision[i] = x;
    x += 2 << (i / 16);
  }
  return table;
}

uint8_t to_wire(G711Law law, size_t interval, bool positive) {  // note 2 of either table
  const auto character = static_cast<uint8_t>(interval | (positive ? 0x80 : 0));
  if (law == G711Law::kA) return character ^ 0x55;
  return static_cast<uint8_t>(positive ? 0xFF - interval : 0x7F - interval);
}

class G711 : public testing::TestWithParam<G711Law> {
 protected:
  Table table() const { return GetParam() == G711Law::kA ? a_law() : mu_law(); }
};

TEST_P(G711, CompressesEverySampleIntoItsInterval) {
  const Table table = this->table();
  size_t interval = 0;
  for (int sample = 0; sample <= 32767; ++sample) {
    while (interval < 127 && sample >= table.decision[interval + 1] * table.unit) ++interval;
    ASSERT_EQ(g711_compress(table.law, static_cast<int16_t>(sample)),
              to_wire(table.law, interval, true))
        << sample;
    // The tables are symmetric; a negative value is its one's complement on a 16-bit scale.
    ASSERT_EQ(g711_compress(table.law, static_cast<int16_t>(~sample)),
              to_wire(table.law, interval, false))
        << ~sample;
  }
}

TEST_P(G711, ExpandsEveryCodeToTheMiddleOfItsInterval) {
  const Table table = this->table();
  for (size_t i = 0; i < 128; ++i) {
    int middle = (table.decision[i] + table.decision[i + 1]) * table.unit / 2;
    if (table.law == G711Law::kMu && i == 0) middle = 0;
    ASSERT_EQ(g711_expand(table.law, to_wire(table.law, i, true)), middle) << i;
    ASSERT_EQ(g711_expand(table.law, to_wire(table.law, i, false)), -middle) << i;
  }
}

TEST_P(G711, RecodingIsTheIdentity) {
  for (int code = 0; code < 256; ++code) {
    const auto wire = static_cast<uint8_t>(code);
    const int16_t sample = g711_expand(GetParam(), wire);
    if (GetParam() == G711Law::kMu && wire == 0x7F) continue;  // minus zero
    EXPECT_EQ(g711_compress(GetParam(), sample), wire);
  }
}

// G.711 tables 5 and 6: the sequence whose decoding is 1 kHz at 0 dBm0.
TEST(G711Vector, DigitalMilliwatt) {
  const std::array<uint8_t, 8> a{0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4};
  const std::array<uint8_t, 8> mu{0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E};
  const auto level = [](G711Law law, const std::array<uint8_t, 8>& code) {
    std::vector<int16_t> pcm;
    for (int i = 0; i < 100; ++i) {
      for (const uint8_t c : code) pcm.push_back(g711_expand(law, c));
    }
    return test::measure(pcm, 1000, 8000);
  };
  // The overload point is +3.14 dBm0 in A-law (4096) and +3.17 dBm0 in mu-law (8159 of 8192).
  EXPECT_NEAR(level(G711Law::kA, a).level_db, -3.14, 0.01);
  EXPECT_NEAR(level(G711Law::kMu, mu).level_db, -3.17 + 20 * std::log10(8159.0 / 8192), 0.01);
  EXPECT_GT(level(G711Law::kA, a).snr_db, 30);
}

TEST_P(G711, KeepsATone) {
  G711Encoder encoder(GetParam());
  G711Decoder decoder(GetParam());
  for (const double amplitude : {300.0, 3000.0, 30000.0}) {
    const auto in = test::tone(1020, 8000, 8000, amplitude);
    std::vector<int16_t> out(8000);
    for (size_t at = 0; at < in.size(); at += 160) {
      std::array<uint8_t, 160> wire;
      ASSERT_EQ(encoder.encode(std::span(in).subspan(at, 160), wire), 160U);
      ASSERT_EQ(decoder.decode(wire, std::span(out).subspan(at, 160)), 160U);
    }
    const auto measured = test::measure(out, 1020, 8000);
    EXPECT_NEAR(measured.level_db, 20 * std::log10(amplitude / 32768), 0.1);
    EXPECT_GT(measured.snr_db, amplitude < 1000 ? 29 : 36);
  }
}

TEST_P(G711, RefusesWhatDoesNotFit) {
  G711Decoder decoder(GetParam());
  G711Encoder encoder(GetParam());
  std::array<int16_t, 1000> pcm{};
  std::array<uint8_t, 1000> bytes{};
  EXPECT_EQ(decoder.decode({}, pcm), 0U);
  EXPECT_EQ(decoder.decode(std::span(bytes).first(961), pcm), 0U);  // over 120 ms
  EXPECT_EQ(decoder.decode(std::span(bytes).first(160), std::span(pcm).first(159)), 0U);
  EXPECT_EQ(encoder.encode(std::span(pcm).first(160), std::span(bytes).first(159)), 0U);
}

INSTANTIATE_TEST_SUITE_P(Laws, G711, testing::Values(G711Law::kA, G711Law::kMu));

}  // namespace
}  // namespace patchcord::codec
