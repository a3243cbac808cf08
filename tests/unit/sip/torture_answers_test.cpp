// SPDX-License-Identifier: GPL-3.0-or-later
// The 49 messages of RFC 4475 as a user agent on the network meets them: what it answers to each,
// and that no response and no garbage makes it say anything.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "stage.h"

namespace patchcord::sip {
namespace {

struct Row {
  const char* file;
  std::vector<int> statuses;  // any of these; none: silence
};
// We are a user agent, not a registrar: REGISTER is 405. An INVITE that is taken shows as 100.
const Row kRows[] = {
    {"wsinv", {481}},
    {"intmeth", {501}},
    {"esc01", {100}},
    {"escnull", {405}},
    {"esc02", {501}},
    {"lwsdisp", {200}},
    {"longreq", {100}},
    {"dblreq", {405}},
    {"semiuri", {200}},
    {"transports", {200}},
    {"mpart01", {405}},
    {"unreason", {}},
    {"noreason", {}},
    {"badinv01", {400}},
    {"clerr", {400}},
    {"ncl", {400}},
    {"scalar02", {400}},
    {"scalarlg", {}},
    {"quotbal", {400}},
    {"ltgtruri", {400}},
    {"lwsruri", {400}},
    {"lwsstart", {400}},
    {"trws", {400}},
    {"escruri", {400}},
    {"baddate", {400, 100}},
    {"regbadct", {400}},
    {"badaspec", {400}},
    {"baddn", {400}},
    {"badvers", {505}},
    {"mismatch01", {400}},
    {"mismatch02", {400, 501}},
    {"bigcode", {}},
    {"badbranch", {200}},
    {"insuf", {400}},
    {"unkscm", {416}},
    {"novelsc", {416}},
    {"unksm2", {405}},
    {"bext01", {420}},
    {"invut", {415}},
    {"regaut01", {405}},
    {"multi01", {400}},
    {"mcl01", {400}},
    {"bcast", {}},
    {"zeromf", {200}},
    {"cparam01", {405}},
    {"cparam02", {405}},
    {"regescrt", {405}},
    {"sdp01", {406}},
    {"inv2543", {100}},
};

TEST(TortureAnswers, AllOfRfc4475) {
  ASSERT_EQ(std::size(kRows), 49u);
  const Target from{TransportKind::kUdp, *SocketAddress::parse("192.0.2.9:5070"), {}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.file);
    Stage stage;
    stage.echoes_faults = true;
    std::ifstream in(
        std::string(PATCHCORD_SOURCE_DIR "/tests/corpora/rfc4475/") + row.file + ".dat",
        std::ios::binary);
    ASSERT_TRUE(in);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    stage.receive(bytes, from);
    if (row.statuses.empty()) {
      stage.nothing_sent();
      stage.no_event();
      continue;
    }
    const Sent answer = stage.take();
    const int status = std::stoi(answer.text.substr(8, 3));
    EXPECT_NE(std::find(row.statuses.begin(), row.statuses.end(), status), row.statuses.end())
        << answer.text;
    EXPECT_EQ(answer.target.address.ip(), from.address.ip());
    stage.nothing_sent();
    stage.drain();
  }
}

TEST(TortureAnswers, GarbageIsSilence) {
  Stage stage;
  SeededRandom random(4);
  for (int i = 0; i < 300; ++i) {
    std::string bytes(1 + random.below(600), '\0');
    random.fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
    stage.receive(bytes, kFarEnd);
  }
  stage.receive("\r\n\r\n", kFarEnd);
  stage.receive("", kFarEnd);
  stage.nothing_sent();
  EXPECT_EQ(stage.ua.drops()[SipDrop::kMalformed], 300u);
}

}  // namespace
}  // namespace patchcord::sip
