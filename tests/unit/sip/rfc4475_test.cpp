// SPDX-License-Identifier: GPL-3.0-or-later
// The 49 torture messages of RFC 4475, each with the verdict its section asks for, and what must
// have been understood on the way. tests/corpora/rfc4475/MANIFEST.tsv has the wording.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sip/builder.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/request_check.h"

namespace patchcord::sip {
namespace {

const std::string kFolder = PATCHCORD_SOURCE_DIR "/tests/corpora/rfc4475/";

std::string read(const std::string& name) {
  std::ifstream in(kFolder + name + ".dat", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr std::array kMethods = {Method::kInvite, Method::kAck, Method::kBye, Method::kCancel,
                                 Method::kOptions};
constexpr std::array<std::string_view, 2> kExtensions = {"timer", "100rel"};
constexpr std::array<std::string_view, 1> kTypes = {"application/sdp"};
constexpr Capabilities kGateway{kMethods, kExtensions, kTypes};

constexpr int kPass = 0;  // good, and nothing for check_request() to refuse
constexpr int kDrop = -1;

struct Case {
  const char* file;
  int status;          // kPass, kDrop, or what is answered
  const char* reason;  // of parse_message(); "" where it is good and check_request() refuses
};

// A REGISTER is 405 here: the table's gateway is no registrar.
constexpr Case kCases[] = {
    {"wsinv", kPass, ""},
    {"intmeth", 501, ""},
    {"esc01", kPass, ""},
    {"escnull", 405, ""},
    {"esc02", 501, ""},
    {"lwsdisp", kPass, ""},
    {"longreq", kPass, ""},
    {"dblreq", 405, ""},
    {"semiuri", kPass, ""},
    {"transports", kPass, ""},
    {"mpart01", 405, ""},
    {"unreason", kPass, ""},
    {"noreason", kPass, ""},
    {"badinv01", 400, "Malformed Via"},
    {"clerr", 400, "Content-Length Larger Than Message"},
    {"ncl", 400, "Malformed Content-Length"},
    {"scalar02", 400, "Malformed CSeq"},
    {"scalarlg", kDrop, "Malformed CSeq"},
    {"quotbal", 400, "Malformed To"},
    {"ltgtruri", 400, "Malformed Request-URI"},
    {"lwsruri", 400, "Malformed Start Line"},
    {"lwsstart", 400, "Malformed Start Line"},
    {"trws", 400, "Malformed Start Line"},
    {"escruri", 400, "Headers In Request-URI"},
    {"baddate", kPass, ""},
    {"regbadct", 400, "Malformed Contact"},
    {"badaspec", 400, "Malformed To"},
    {"baddn", 400, "Malformed From"},
    {"badvers", 505, "Version Not Supported"},
    {"mismatch01", 400, "CSeq Method Mismatch"},
    {"mismatch02", 400, "CSeq Method Mismatch"},
    {"bigcode", kDrop, "Malformed Start Line"},
    {"badbranch", kPass, ""},
    {"insuf", 400, "Missing From To Call-ID"},
    {"unkscm", 416, "Unsupported URI Scheme"},
    {"novelsc", 416, "Unsupported URI Scheme"},
    {"unksm2", 405, ""},
    {"bext01", 420, ""},
    {"invut", 415, ""},
    {"regaut01", 405, ""},
    {"multi01", 400, "Repeated CSeq"},
    {"mcl01", 400, "Repeated Content-Length"},
    {"bcast", kDrop, "Two Via In A Response"},
    {"zeromf", kPass, ""},
    {"cparam01", 405, ""},
    {"cparam02", 405, ""},
    {"regescrt", 405, ""},
    {"sdp01", 406, ""},
    {"inv2543", kPass, ""},
};

class Rfc4475 : public testing::TestWithParam<Case> {};

TEST_P(Rfc4475, Verdict) {
  const Case& expected = GetParam();
  const std::string bytes = read(expected.file);
  ASSERT_FALSE(bytes.empty());
  Parsed parsed = parse_message(bytes);
  EXPECT_EQ(parsed.reason, expected.reason);
  if (expected.status == kDrop) {
    EXPECT_EQ(parsed.verdict, Verdict::kDrop);
    EXPECT_EQ(parsed.drop, DropCause::kResponse);
    return;
  }
  if (parsed.verdict == Verdict::kAnswer) {
    EXPECT_EQ(parsed.status, expected.status);
  } else {
    ASSERT_EQ(parsed.verdict, Verdict::kGood);
    const auto refusal = parsed.message.is_request() ? check_request(parsed.message, kGateway)
                                                     : std::optional<Refusal>();
    EXPECT_EQ(refusal ? refusal->status : kPass, expected.status);
  }
  if (parsed.message.is_response()) return;

  // Whatever was wrong with it, an answer can be built, is SIP itself, and repeats the Via.
  auto answer = make_response(parsed.message, expected.status == 0 ? 200 : expected.status,
                              parsed.reason, "ours")
                    .build();
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->call_id(), parsed.message.call_id());
  EXPECT_EQ(answer->all(Header::kVia).count() > 0, true);
}

INSTANTIATE_TEST_SUITE_P(All, Rfc4475, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.file); });

TEST(Rfc4475Corpus, IsWhole) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    files += entry.path().extension() == ".dat";
  }
  EXPECT_EQ(std::size(kCases), 49u);
  EXPECT_EQ(files, 50u);  // and test.dat
  EXPECT_EQ(parse_message(read("test")).drop, DropCause::kNotSip);
}

Message good(const std::string& file) {
  Parsed parsed = parse_message(read(file));
  EXPECT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  return std::move(parsed.message);
}

TEST(Rfc4475Facts, ShortTortuousInvite) {
  const Message m = good("wsinv");
  EXPECT_EQ(m.method(), Method::kInvite);
  EXPECT_EQ(to_tag(m), "1918181833n");
  EXPECT_EQ(from_tag(m), "98asjd8");
  EXPECT_EQ(address_of(m, Header::kFrom)->display_name, "J Rosenberg \\\"");
  EXPECT_EQ(m.cseq(), 9u);
  ASSERT_EQ(m.all(Header::kVia).count(), 3u);
  std::vector<std::string> vias;
  for (const std::string_view v : m.all(Header::kVia)) vias.push_back(parse_via(v)->to_string());
  EXPECT_THAT(vias, testing::ElementsAre("SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
                                         "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
                                         "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239"));
  EXPECT_TRUE(m.has(Header::kSubject));
  EXPECT_EQ(m.header(Header::kSubject), "");
  EXPECT_EQ(m.header("newfangledheader"), "newfangled value   continued newfangled value");
  EXPECT_EQ(m.header("UnknownHeaderWithUnusualValue"), ";;,,;;,;");
  const auto contact = address_of(m, Header::kContact);
  EXPECT_EQ(contact->display_name, "Quoted string \"\"");
  EXPECT_EQ(contact->params.to_string(), ";newparam=newvalue;secondparam;q=0.33");
  EXPECT_TRUE(address_of(m, Header::kRoute)->uri.is_loose_router());
  EXPECT_EQ(m.body().size(), 150u);
}

TEST(Rfc4475Facts, WideRangeOfCharacters) {
  const Message m = good("intmeth");
  EXPECT_EQ(m.method(), Method::kOther);
  EXPECT_EQ(m.method_text(), "!interesting-Method0123456789_*+`.%indeed'~");
  const auto uri = Uri::parse(m.request_uri());
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user(), "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  EXPECT_EQ(uri->password(), "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  EXPECT_EQ(uri->host(), "example.com");
  using namespace std::string_literals;
  EXPECT_EQ(address_of(m, Header::kTo)->display_name, "BEL:\a NUL:\0 DEL:\x7f"s);
  EXPECT_EQ(from_tag(m), "_token~1'+`*%!-.");
  EXPECT_EQ(m.header("extensionHeader-!.%*+_`'~"),
            "\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb");
}

TEST(Rfc4475Facts, EscapesStayEscaped) {
  const Message m = good("esc01");
  const auto uri = Uri::parse(m.request_uri());
  EXPECT_EQ(uri->scheme(), Uri::Scheme::kSip);
  EXPECT_EQ(uri->user(), "sips%3Auser%40example.com");
  EXPECT_EQ(uri->user_text(), "sips:user@example.com");
  EXPECT_EQ(uri->host(), "example.net");
  EXPECT_EQ(uri->to_string(), m.request_uri());
  EXPECT_TRUE(address_of(m, Header::kTo)->uri.equivalent(*Uri::parse("sip:user@example.com")));
  EXPECT_EQ(address_of(m, Header::kFrom)->uri.user_text(), "I have spaces");
  EXPECT_EQ(address_of(m, Header::kContact)->uri.params().text("n%61me"), "value%41");
  EXPECT_EQ(good("esc02").all(Header::kContact).count(), 2u);
}

TEST(Rfc4475Facts, EscapedNulsAreTwoContacts) {
  const Message m = good("escnull");
  const auto contacts = addresses_of(m, Header::kContact);
  ASSERT_TRUE(contacts);
  ASSERT_EQ(contacts->size(), 2u);
  EXPECT_FALSE((*contacts)[0].uri.equivalent((*contacts)[1].uri));
  EXPECT_EQ((*contacts)[1].uri.user_text(), std::string(2, '\0'));
  EXPECT_EQ(address_of(m, Header::kTo)->uri.user_text().size(), 11u);
}

TEST(Rfc4475Facts, LongRequestHas34Vias) {
  const Message m = good("longreq");
  EXPECT_EQ(m.all(Header::kVia).count(), 34u);
  EXPECT_EQ(address_of(m, Header::kTo)->uri.port(), 6000);
  EXPECT_EQ(m.body().size(), 150u);
}

TEST(Rfc4475Facts, OnlyTheFirstMessageOfADatagram) {
  const Message m = good("dblreq");
  EXPECT_EQ(m.method(), Method::kRegister);
  EXPECT_EQ(m.body(), "");
  EXPECT_THAT(m.text(), testing::Not(testing::HasSubstr("INVITE")));
}

TEST(Rfc4475Facts, SemicolonsInTheUser) {
  const auto uri = Uri::parse(good("semiuri").request_uri());
  EXPECT_EQ(uri->user(), "user;par=u%40example.net");
  EXPECT_TRUE(uri->params().empty());
  EXPECT_EQ(good("semiuri").all(Header::kAccept).count(), 6u);
}

TEST(Rfc4475Facts, TransportsAreKeptAsWritten) {
  const Message m = good("transports");
  std::vector<std::string> transports;
  for (const std::string_view v : m.all(Header::kVia)) {
    transports.push_back(parse_via(v)->transport);
  }
  EXPECT_THAT(transports, testing::ElementsAre("UDP", "SCTP", "TLS", "UNKNOWN", "TCP"));
}

TEST(Rfc4475Facts, Responses) {
  EXPECT_EQ(good("unreason").status(), 200);
  EXPECT_THAT(std::string(good("unreason").reason()),
              testing::StartsWith("= 2**3 * 5**2 \xd0\xbd\xd0\xbe "));
  EXPECT_EQ(good("noreason").status(), 100);
  EXPECT_EQ(good("noreason").reason(), "");
  EXPECT_EQ(good("noreason").method(), Method::kInvite);
}

TEST(Rfc4475Facts, BareCookieIsNoTransactionId) {
  EXPECT_FALSE(top_via(good("badbranch"))->has_rfc3261_branch());
  EXPECT_TRUE(top_via(good("zeromf"))->has_rfc3261_branch());
  EXPECT_FALSE(top_via(good("inv2543"))->has_rfc3261_branch());
  EXPECT_EQ(from_tag(good("inv2543")), "");
}

TEST(Rfc4475Facts, HeadersInAContactAreSeenAndNotObeyed) {
  const auto contact = address_of(good("regescrt"), Header::kContact);
  EXPECT_EQ(contact->uri.embedded_header("route"), "<sip:sip.example.com>");
  EXPECT_TRUE(address_of(good("cparam01"), Header::kContact)->params.has("unknownparam"));
  EXPECT_TRUE(address_of(good("cparam02"), Header::kContact)->uri.params().has("unknownparam"));
}

TEST(Rfc4475Facts, ForeignSchemesAreWellFormed) {
  const Message m = good("unksm2");
  EXPECT_EQ(address_of(m, Header::kTo)->uri.scheme_text(), "isbn");
  EXPECT_EQ(address_of(m, Header::kFrom)->uri.to_string(), "http://www.example.com");
  EXPECT_EQ(address_of(m, Header::kContact)->uri.scheme(), Uri::Scheme::kOther);
}

TEST(Rfc4475Facts, RefusalsSayWhatTheyMust) {
  const auto extension = check_request(good("bext01"), kGateway);
  EXPECT_EQ(extension->header, Header::kUnsupported);
  EXPECT_EQ(extension->value, "nothingSupportsThis, nothingSupportsThisEither");
  const auto type = check_request(good("invut"), kGateway);
  EXPECT_EQ(type->header, Header::kAccept);
  EXPECT_EQ(type->value, "application/sdp");
  EXPECT_EQ(check_request(good("mpart01"), kGateway)->value, "INVITE, ACK, BYE, CANCEL, OPTIONS");
}

TEST(Rfc4475Facts, UnknownAuthorizationSchemeIsNoCredentials) {
  EXPECT_FALSE(parse_authorization(good("regaut01").header(Header::kAuthorization)));
}

}  // namespace
}  // namespace patchcord::sip
