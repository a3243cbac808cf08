// SPDX-License-Identifier: GPL-3.0-or-later
// The message model and parse_message(): how lines and lists are read, what the limits are, what is
// answered and what is dropped; RFC 5118 (IPv6). RFC 4475 has a test of its own.
#include "sip/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sip/headers.h"

namespace patchcord::sip {
namespace {

const std::string kBase =
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n"
    "From: <sip:a@a.example>;tag=1\r\n"
    "To: <sip:b@b.example>\r\n"
    "Call-ID: c1\r\n"
    "CSeq: 7 OPTIONS\r\n";

Parsed options(const std::string& more, const std::string& after = "\r\n") {
  return parse_message("OPTIONS sip:b.example SIP/2.0\r\n" + kBase + more + after);
}

std::vector<std::string> values(const Message& m, Header header) {
  std::vector<std::string> out;
  for (const std::string_view v : m.all(header)) out.emplace_back(v);
  return out;
}

TEST(Message, ReadsTheInviteOfRfc3261) {
  const Parsed parsed = parse_message(
      "INVITE sip:bob@biloxi.com SIP/2.0\r\n"
      "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds\r\n"
      "Max-Forwards: 70\r\n"
      "To: Bob <sip:bob@biloxi.com>\r\n"
      "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
      "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
      "CSeq: 314159 INVITE\r\n"
      "Contact: <sip:alice@pc33.atlanta.com>\r\n"
      "Content-Type: application/sdp\r\n"
      "Content-Length: 4\r\n\r\nv=0\n");
  ASSERT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  const Message& m = parsed.message;
  EXPECT_TRUE(m.is(Method::kInvite));
  EXPECT_EQ(m.method_text(), "INVITE");
  EXPECT_EQ(m.request_uri(), "sip:bob@biloxi.com");
  EXPECT_EQ(m.status(), 0);
  EXPECT_EQ(m.call_id(), "a84b4c76e66710@pc33.atlanta.com");
  EXPECT_EQ(m.cseq(), 314159u);
  EXPECT_EQ(from_tag(m), "1928301774");
  EXPECT_EQ(to_tag(m), "");
  EXPECT_EQ(m.body(), "v=0\n");
  EXPECT_EQ(m.field_count(), 9u);
  EXPECT_EQ(m.field(2).name, "To");
  EXPECT_FALSE(m.has(Header::kRoute));
}

TEST(Message, ReadsAResponse) {
  const Parsed parsed = parse_message("sip/2.0 180 Ringing now\r\n" + kBase + "\r\n");
  ASSERT_EQ(parsed.verdict, Verdict::kGood);
  EXPECT_TRUE(parsed.message.is_response());
  EXPECT_EQ(parsed.message.status(), 180);
  EXPECT_EQ(parsed.message.reason(), "Ringing now");
  EXPECT_EQ(parsed.message.method(), Method::kOptions);
  EXPECT_EQ(parsed.message.method_text(), "OPTIONS");
  EXPECT_EQ(parse_message("SIP/2.0 180\r\n" + kBase + "\r\n").verdict, Verdict::kGood);
}

TEST(Message, ViewsSurviveAMove) {
  Parsed parsed = options("Subject: short\r\n");
  Message moved = std::move(parsed.message);
  std::vector<Message> kept;
  kept.push_back(std::move(moved));
  kept.push_back(kept[0]);
  EXPECT_EQ(kept[1].header(Header::kSubject), "short");
  EXPECT_EQ(kept[0].call_id(), "c1");
}

TEST(Message, ListsAreOneOverAllLines) {
  const Parsed parsed = options(
      "Allow: INVITE, ACK\r\nX-Other: a, b\r\nallow:BYE ,\tCANCEL\r\nSupported:\r\nk: \r\n"
      "Contact: \"a,b\" <sip:c,d@e>, <sip:f@g>;x=\"1,2\"\r\n"
      "Authorization: Digest a=b, c=d\r\nAuthorization: Digest e=f\r\n");
  ASSERT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  const Message& m = parsed.message;
  EXPECT_THAT(values(m, Header::kAllow), testing::ElementsAre("INVITE", "ACK", "BYE", "CANCEL"));
  EXPECT_TRUE(lists_token(m, Header::kAllow, "cancel"));
  EXPECT_FALSE(lists_token(m, Header::kAllow, "INFO"));
  EXPECT_TRUE(m.has(Header::kSupported));
  EXPECT_TRUE(m.all(Header::kSupported).empty());
  EXPECT_THAT(values(m, Header::kContact),
              testing::ElementsAre("\"a,b\" <sip:c,d@e>", "<sip:f@g>;x=\"1,2\""));
  EXPECT_THAT(values(m, Header::kAuthorization),
              testing::ElementsAre("Digest a=b, c=d", "Digest e=f"));
  EXPECT_EQ(m.header("x-other"), "a, b");
  EXPECT_EQ(m.header("k"), "");
  EXPECT_EQ(m.header("absent"), "");
}

TEST(Message, FoldsAreSpaces) {
  const Parsed parsed = options("Subject: one\r\n two\r\n\t three\r\nX:\r\n \r\n  y\r\n");
  ASSERT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  EXPECT_EQ(parsed.message.header(Header::kSubject), "one   two  \t three");
  EXPECT_EQ(parsed.message.header("X"), "y");
  EXPECT_EQ(parsed.message.text().find("\r\n "), std::string::npos);
}

TEST(Message, BodyAndContentLength) {
  EXPECT_EQ(options("", "\r\nrest").message.body(), "rest");
  EXPECT_EQ(options("l: 2\r\n", "\r\nrest").message.body(), "re");
  EXPECT_EQ(options("l: 2\r\n", "\r\nrest").message.text().back(), 'e');
  EXPECT_EQ(options("l: 4\r\n", "\r\nrest").verdict, Verdict::kGood);
  for (const char* wrong : {"l: 5\r\n", "l: -1\r\n", "l: +4\r\n", "l:\r\n", "l: 4 4\r\n",
                            "l: 4,4\r\n", "l: 4\r\nContent-Length: 4\r\n", "l: 0x4\r\n",
                            "l: 18446744073709551620\r\n", "l: 4294967300\r\n"}) {
    const Parsed parsed = options(wrong, "\r\nrest");
    EXPECT_EQ(parsed.verdict, Verdict::kAnswer) << wrong;
    EXPECT_EQ(parsed.status, 400) << wrong;
  }
}

TEST(Message, WrongLinesAreAnswered) {
  using namespace std::string_literals;
  const std::string kWrong[] = {
      "no colon\r\n",   ": no name\r\n",      "two words: x\r\n", "bare: a\nb: c\r\n",
      "bare: a\rb\r\n", "x: y\r\r\n",         "nul: a\0b\r\n"s,   "na\0me: x\r\n"s,
      "\"q\": x\r\n",   "x\r\n\r\n y: z\r\n",
  };
  for (const std::string& line : kWrong) {
    const Parsed parsed = options(line);
    EXPECT_EQ(parsed.verdict, Verdict::kAnswer) << line;
    EXPECT_EQ(parsed.status, 400);
    EXPECT_EQ(parsed.message.call_id(), "c1") << "what could be read is there for the answer";
  }
  EXPECT_EQ(options("", "").reason, "No End Of Headers");
  EXPECT_EQ(options("quoted: \"\\\0\"\r\n"s).verdict, Verdict::kGood);
}

TEST(Message, SingleHeadersStandOnce) {
  for (const char* line : {"From: <sip:x@y>;tag=2", "t: <sip:x@y>", "i: c2", "CSeq: 7 OPTIONS",
                           "Max-Forwards: 70\r\nMax-Forwards: 70", "Expires: 1\r\nExpires: 1"}) {
    EXPECT_EQ(options(std::string(line) + "\r\n").status, 400) << line;
  }
  EXPECT_EQ(options("Subject: a\r\ns: b\r\n").verdict, Verdict::kGood);
}

TEST(Message, WhatIsDropped) {
  using namespace std::string_literals;
  struct Case {
    std::string bytes;
    DropCause cause;
  };
  const Case kCases[] = {
      {"", DropCause::kKeepAlive},
      {"\r\n\r\n", DropCause::kKeepAlive},
      {"\r\n", DropCause::kKeepAlive},
      {"\0\0\0\0"s, DropCause::kNotSip},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", DropCause::kNotSip},
      {"SIP/2.0\r\n", DropCause::kResponse},
      {"INVITE sip:a@b SIP/2.0", DropCause::kNotSip},
      {"INVITE sip:a@b\r\n" + kBase + "\r\n", DropCause::kNotSip},
      {"IN<VITE sip:a@b SIP/2.0\r\n" + kBase + "\r\n", DropCause::kNotSip},
      {"SIP/2.0 099 X\r\n" + kBase + "\r\n", DropCause::kResponse},
      {"SIP/2.0 700 X\r\n" + kBase + "\r\n", DropCause::kResponse},
      {"SIP/2.0 2000 X\r\n" + kBase + "\r\n", DropCause::kResponse},
      {"SIP/2.0 -20 X\r\n" + kBase + "\r\n", DropCause::kResponse},
      {"SIP/3.0 200 OK\r\n" + kBase + "\r\n", DropCause::kResponse},
      {"SIP/2.0 200 OK\r\n" + kBase + "l: 1\r\n\r\n", DropCause::kResponse},
      {"SIP/2.0 200 OK\r\n" + kBase + "junk\r\n\r\n", DropCause::kResponse},
      {"ACK sip:b.example SIP/2.0\r\n" + kBase + "\r\n", DropCause::kAck},
      {"OPTIONS sip:b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\n", DropCause::kNoVia},
      {std::string(kMaxMessage + 1, 'a'), DropCause::kTooLarge},
  };
  for (const Case& c : kCases) {
    const Parsed parsed = parse_message(c.bytes);
    EXPECT_EQ(parsed.verdict, Verdict::kDrop) << c.bytes.substr(0, 60);
    EXPECT_EQ(parsed.drop, c.cause) << c.bytes.substr(0, 60);
  }
  EXPECT_EQ(parse_message("\r\n\r\nOPTIONS sip:b SIP/2.0\r\n" + kBase + "\r\n").verdict,
            Verdict::kGood);
}

TEST(Message, StartLinesThatAreAnswered) {
  struct Case {
    const char* line;
    int status;
  };
  constexpr Case kCases[] = {
      {"OPTIONS sip:b SIP/1.0", 505},   {"OPTIONS sip:b SIP/2.00", 505},
      {"OPTIONS  sip:b SIP/2.0", 400},  {"OPTIONS sip:b  SIP/2.0", 400},
      {"OPTIONS sip:b SIP/2.0 ", 400},  {"OPTIONS SIP/2.0", 400},
      {"OPTIONS sip:b x SIP/2.0", 400}, {"OPTIONS sip:b;x=\r SIP/2.0", 400},
      {"OPTIONS b SIP/2.0", 400},       {"OPTIONS mailto:b@c SIP/2.0", 416},
      {"options sip:b SIP/2.0", 400},  // a method of its own: not that of the CSeq
  };
  for (const Case& c : kCases) {
    const Parsed parsed = parse_message(std::string(c.line) + "\r\n" + kBase + "\r\n");
    EXPECT_EQ(parsed.verdict, Verdict::kAnswer) << c.line;
    EXPECT_EQ(parsed.status, c.status) << c.line;
  }
}

std::string repeated(const std::string& text, size_t n) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += text;
  return out;
}

TEST(Message, Limits) {
  struct Case {
    std::string more;
    bool good;
  };
  const std::string via = "v: SIP/2.0/UDP x\r\n";
  const Case kCases[] = {
      {repeated("q: y\r\n", kMaxHeaderLines - 5), true},
      {repeated("q: y\r\n", kMaxHeaderLines - 4), false},
      {"q: " + std::string(kMaxLine - 5, 'y') + "\r\n", true},
      {"q: " + std::string(kMaxLine - 4, 'y') + "\r\n", false},
      {"q: " + repeated("yyyyyy\r\n ", kMaxLine / 9 + 1) + "z\r\n", false},
      {repeated(via, kMaxVia - 1), true},
      {repeated(via, kMaxVia), false},
      {"Allow: a" + repeated(",a", kMaxListValues - 1) + "\r\n", true},
      {"Allow: a" + repeated(",a", kMaxListValues) + "\r\n", false},
      {"Contact: <sip:a@b>" + repeated(";x", kMaxParams) + "\r\n", true},
      {"Contact: <sip:a@b>" + repeated(";x", kMaxParams + 1) + "\r\n", false},
      {"Max-Forwards: 255\r\n", true},
      {"Max-Forwards: 256\r\n", false},
      {"Max-Forwards: -1\r\n", false},
      {"Contact: *\r\n", true},
      {"Contact: <sip:a@b\r\n", false},
      {"Route: sip:a@b?x=y\r\n", false},
      {"Via: \r\n", true},  // a list of none, beside the good one
      {"Via: SIP/2.0/UDP x,\r\n", false},
  };
  for (const Case& c : kCases) {
    const Parsed parsed = options(c.more);
    EXPECT_EQ(parsed.verdict, c.good ? Verdict::kGood : Verdict::kAnswer)
        << c.more.substr(0, 40) << " " << parsed.reason;
    EXPECT_EQ(parsed.status, c.good ? 0 : 400);
  }
}

TEST(Message, CallIdIsVisibleText) {
  const auto with = [](const std::string& id) {
    return parse_message(
               "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a@b>\r\n"
               "To: <sip:a@b>\r\nCSeq: 1 OPTIONS\r\nCall-ID:" +
               id + "\r\n\r\n")
        .verdict;
  };
  EXPECT_EQ(with(" a=b/c@[::1] "), Verdict::kGood);
  for (const char* id : {"", "a b", "a\tb", "a\x01", "\xc3\xa9"}) {
    EXPECT_EQ(with(id), Verdict::kAnswer) << id;
  }
}

// RFC 5118 section 4: an IPv6 address in brackets, with and without a port, in each place.
TEST(Message, Ipv6OfRfc5118) {
  struct Case {
    const char* section;
    const char* uri;
    const char* via;
    int status;  // 0: good
    uint16_t port;
  };
  constexpr Case kCases[] = {
      {"4.1", "sip:[2001:db8::10]", "[2001:db8::9:1]", 0, 0},
      {"4.2", "sip:2001:db8::10", "[2001:db8::9:1]", 400, 0},
      {"4.3", "sip:[2001:db8::10:5070]", "[2001:db8::9:1]", 0, 0},
      {"4.4", "sip:[2001:db8::10]:5070", "[2001:db8::9:1]", 0, 5070},
      {"4.5 delimited", "sip:[2001:db8::10]", "[2001:db8::9:1];received=[2001:db8::9:255]", 0, 0},
      {"4.5 bare", "sip:[2001:db8::10]", "[2001:db8::9:1];received=2001:db8::9:255", 0, 0},
      {"4.6", "sip:user@[2001:db8::10]", "[2001:db8::20]", 0, 0},
      {"4.9", "sip:user@[::ffff:192.0.2.2]", "[::ffff:192.0.2.2]:6000", 0, 0},
      {"4.10", "sip:user@[2001:db8::192.0.2.1]", "[2001:db8::9:1]", 0, 0},
      {"4.10 bug of the ABNF", "sip:user@[2001:db8:::192.0.2.1]", "[2001:db8::9:1]", 400, 0},
      {"bare Via", "sip:user@[2001:db8::10]", "2001:db8::9:1", 400, 0},
  };
  for (const Case& c : kCases) {
    const Parsed parsed =
        parse_message("REGISTER " + std::string(c.uri) + " SIP/2.0\r\nVia: SIP/2.0/UDP " + c.via +
                      ";branch=z9hG4bKas3-111\r\nTo: <sip:user@example.com>\r\nFrom: "
                      "<sip:user@example.com>;tag=8\r\n"
                      "Call-ID: SSG9559905523997077@hlau_4100\r\nCSeq: 98176 REGISTER\r\n"
                      "Contact: <sip:caller@[2001:db8::1]>\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(parsed.verdict, c.status == 0 ? Verdict::kGood : Verdict::kAnswer) << c.section;
    EXPECT_EQ(parsed.status, c.status) << c.section;
    const auto uri = Uri::parse(c.uri);
    EXPECT_EQ(uri ? uri->port() : 0, c.port) << c.section;
  }
}

// RFC 5118 4.7: addresses of both families mixed in one message.
TEST(Message, MixedFamiliesOfRfc5118) {
  const Parsed parsed = options(
      "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3\r\n"
      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144, SIP/2.0/TCP [2001:db8::9:255];"
      "branch=z9hG4bK451jj;received=192.0.2.200\r\n");
  ASSERT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  const auto all = values(parsed.message, Header::kVia);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(parse_via(all[1])->port, 6050);
  EXPECT_EQ(parse_via(all[3])->host, "[2001:db8::9:255]");
  EXPECT_EQ(parse_via(all[3])->params.get("received"), "192.0.2.200");
}

}  // namespace
}  // namespace patchcord::sip
