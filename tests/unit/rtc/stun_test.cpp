// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/stun.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

// RFC 5769 sections 2.1 to 2.3.
constexpr char kPassword[] = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr char kRequest[] =
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae"
    "80220010 5354554e 20746573 7420636c 69656e74"
    "00240004 6e0001ff"
    "80290008 932ff9b1 51263b36"
    "00060009 6576746a 3a683676 59202020"
    "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2"
    "80280004 e57a3bcf";
constexpr char kResponse4[] =
    "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae"
    "8022000b 74657374 20766563 746f7220"
    "00200008 0001a147 e112a643"
    "00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7"
    "80280004 c07d4c96";
constexpr char kResponse6[] =
    "01010048 2112a442 b7e7a701 bc34d686 fa87dfae"
    "8022000b 74657374 20766563 746f7220"
    "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"
    "00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41"
    "80280004 c8fb0b4c";

TEST(Stun, ReadsTheSampleRequest) {
  const auto bytes = from_hex(kRequest);
  const auto message = parse_stun(bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is(StunType::kBindingRequest));
  EXPECT_EQ(message->username, "evtj:h6vY");
  EXPECT_EQ(message->local_ufrag(), "evtj");
  EXPECT_EQ(message->priority, 0x6e0001ffu);
  EXPECT_EQ(message->controlled, 0x932ff9b151263b36u);
  EXPECT_FALSE(message->controlling);
  EXPECT_FALSE(message->use_candidate);
  EXPECT_EQ(message->unknown_count, 0u);
  EXPECT_TRUE(message->has_fingerprint);
  EXPECT_TRUE(has_integrity(bytes, *message, kPassword));
  EXPECT_FALSE(has_integrity(bytes, *message, "another password"));
  EXPECT_EQ(ufrag_of(bytes), "evtj");
}

TEST(Stun, ReadsTheSampleResponses) {
  struct {
    const char* hex;
    const char* mapped;
  } const rows[] = {{kResponse4, "192.0.2.1:32853"},
                    {kResponse6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"}};
  for (const auto& row : rows) {
    const auto bytes = from_hex(row.hex);
    const auto message = parse_stun(bytes);
    ASSERT_TRUE(message) << row.mapped;
    EXPECT_TRUE(message->is(StunType::kBindingSuccess));
    ASSERT_TRUE(message->mapped);
    EXPECT_EQ(message->mapped->to_string(), row.mapped);
    EXPECT_TRUE(has_integrity(bytes, *message, kPassword));
    EXPECT_FALSE(ufrag_of(bytes)) << "only a request is routed by its name";
  }
}

TEST(Stun, RefusesEveryFlippedBitOfASignedMessage) {
  for (const char* hex : {kRequest, kResponse4, kResponse6}) {
    const auto good = from_hex(hex);
    const size_t covered = good.size() - 8;  // FINGERPRINT is no part of what is signed
    for (size_t bit = 0; bit < covered * 8; ++bit) {
      auto bad = good;
      bad[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
      const auto message = parse_stun(bad);
      EXPECT_FALSE(message && has_integrity(bad, *message, kPassword)) << hex << " bit " << bit;
    }
  }
}

TEST(Stun, RefusesEveryTruncation) {
  const auto good = from_hex(kRequest);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_stun(ByteSpan(good).first(size))) << size;
  }
}

TEST(Stun, RefusesWhatIsNotAMessage) {
  const char* rows[] = {
      "",
      "00010000 2112a442 b7e7a701 bc34d686 fa87df",                      // 19 bytes
      "00010000 2112a443 b7e7a701 bc34d686 fa87dfae",                    // another cookie
      "40010000 2112a442 b7e7a701 bc34d686 fa87dfae",                    // the two high bits
      "00010004 2112a442 b7e7a701 bc34d686 fa87dfae",                    // longer than it is
      "00010002 2112a442 b7e7a701 bc34d686 fa87dfae 0000",               // not a multiple of four
      "00010004 2112a442 b7e7a701 bc34d686 fa87dfae 00060004",           // value missing
      "00010004 2112a442 b7e7a701 bc34d686 fa87dfae 0006ffff",           // value far over the end
      "00010008 2112a442 b7e7a701 bc34d686 fa87dfae 00240003 6e000100",  // short PRIORITY
      "00010008 2112a442 b7e7a701 bc34d686 fa87dfae 80280004 00000000",  // wrong FINGERPRINT
      "0001000c 2112a442 b7e7a701 bc34d686 fa87dfae 00200008 0001a147 e112",  // short address
      "00010008 2112a442 b7e7a701 bc34d686 fa87dfae 00080004 00000000",       // short integrity
  };
  for (const char* hex : rows) EXPECT_FALSE(parse_stun(from_hex(hex))) << hex;
}

TEST(Stun, RefusesAMessageTooLongForACheck) {
  std::vector<uint8_t> bytes = from_hex("00010000 2112a442 b7e7a701 bc34d686 fa87dfae");
  while (bytes.size() <= kStunMaxSize) bytes.insert(bytes.end(), {0x80, 0x99, 0, 0});
  store_be16(&bytes[2], static_cast<uint16_t>(bytes.size() - kStunHeaderSize));
  EXPECT_FALSE(parse_stun(bytes));
}

TEST(Stun, BuildsWhatItReads) {
  std::array<uint8_t, 400> buffer;
  const StunTransaction transaction{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const auto address = *SocketAddress::parse("[2001:db8::7]:4000");
  const ByteSpan bytes = StunBuilder(buffer, StunType::kBindingRequest, transaction)
                             .username("remote:local")
                             .priority(77)
                             .controlling(0x0102030405060708)
                             .use_candidate()
                             .xor_mapped(address)
                             .error(487, "why")
                             .seal("password");
  const auto message = parse_stun(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->transaction, transaction);
  EXPECT_EQ(message->username, "remote:local");
  EXPECT_EQ(message->priority, 77u);
  EXPECT_EQ(message->controlling, 0x0102030405060708u);
  EXPECT_TRUE(message->use_candidate);
  EXPECT_EQ(message->mapped, address);
  EXPECT_EQ(message->error_code, 487);
  EXPECT_TRUE(has_integrity(bytes, *message, "password"));
}

TEST(Stun, BuildsNothingInTooLittleRoom) {
  for (size_t room = 0; room < 68; ++room) {
    std::vector<uint8_t> buffer(room);
    StunBuilder builder(buffer, StunType::kBindingRequest, {});
    EXPECT_TRUE(builder.username("remote:local").seal("password").empty()) << room;
  }
}

TEST(Stun, DoesNotReportWhatTheIntegrityDoesNotCover) {
  // USE-CANDIDATE and an unknown attribute appended behind MESSAGE-INTEGRITY.
  std::array<uint8_t, 200> buffer;
  const ByteSpan sealed =
      StunBuilder(buffer, StunType::kBindingRequest, {}).username("remote:local").seal("password");
  std::vector<uint8_t> bytes(sealed.begin(), sealed.end() - 8);  // without FINGERPRINT
  bytes.insert(bytes.end(), {0x00, 0x25, 0x00, 0x00, 0x00, 0x7f, 0x00, 0x00});
  store_be16(&bytes[2], static_cast<uint16_t>(bytes.size() - kStunHeaderSize));
  const auto message = parse_stun(bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(has_integrity(bytes, *message, "password"));
  EXPECT_FALSE(message->use_candidate);
  EXPECT_EQ(message->unknown_count, 0u);
}

TEST(Stun, TellsUnknownAttributesThatMustBeUnderstood) {
  auto bytes = from_hex("00010000 2112a442 b7e7a701 bc34d686 fa87dfae c0570000");
  for (uint8_t i = 0; i < 20; ++i) bytes.insert(bytes.end(), {0x00, uint8_t(0x50 + i), 0, 0});
  store_be16(&bytes[2], static_cast<uint16_t>(bytes.size() - kStunHeaderSize));
  const auto message = parse_stun(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->unknown_count, StunMessage::kMaxUnknown) << "bounded";
  EXPECT_EQ(message->unknown[0], 0x50) << "0xc057 may be passed over";
}

TEST(Stun, TakesTheFirstOfTwo) {
  const auto bytes =
      from_hex("00010010 2112a442 b7e7a701 bc34d686 fa87dfae 00240004 00000001 00240004 00000002");
  EXPECT_EQ(parse_stun(bytes)->priority, 1u);
}

TEST(Stun, RoutesNothingWithoutAColon) {
  std::array<uint8_t, 100> buffer;
  for (const char* name : {"", "alone", ":x"}) {
    StunBuilder builder(buffer, StunType::kBindingRequest, {});
    EXPECT_FALSE(ufrag_of(builder.username(name).seal(""))) << name;
  }
}

}  // namespace
}  // namespace patchcord::rtc
