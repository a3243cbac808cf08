// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/wire.h"

#include <gtest/gtest.h>

namespace patchcord::sip {
namespace {

struct Row {
  std::string_view in;
  std::string_view out;
};
const Row kRows[] = {
    {"", ""},
    {"INVITE sip:a SIP/2.0\r\nX: nonce=\"1\"\r\n\r\nresponse=1",
     "INVITE sip:a SIP/2.0\r\nX: nonce=\"1\"\r\n\r\nresponse=1"},
    {"Authorization: Digest username=\"u\", nonce=\"a\\\"b\", response=\"0f\", nc=1\r\nVia: x\r\n",
     "Authorization: Digest username=\"u\", nonce=***, response=***, nc=1\r\nVia: x\r\n"},
    {"proxy-authorization : Digest RESPONSE=0f,cnonce = \"x\"\r\n",
     "proxy-authorization : Digest RESPONSE=***,cnonce = ***\r\n"},
    {"WWW-Authenticate: Digest realm=\"nonce=1\",\r\n nonce=\"z\"\r\nA: nonce=\"k\"\r\n",
     "WWW-Authenticate: Digest realm=\"nonce=1\",\r\n nonce=***\r\nA: nonce=\"k\"\r\n"},
    {"Authorization: Digest response=\"unterminated", "Authorization: Digest response=***"},
};

TEST(Wire, SecretsDoNotReachTheTrace) {
  for (const Row& row : kRows) EXPECT_EQ(masked(row.in), row.out);
}

}  // namespace
}  // namespace patchcord::sip
