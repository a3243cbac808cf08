// SPDX-License-Identifier: GPL-3.0-or-later
// What we print: it reads back, it carries what RFC 3261 8.2.6 and 18.2.1 demand, and nothing put
// in can begin a line of its own.
#include "sip/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace patchcord::sip {
namespace {

Builder invite() {
  NameAddr to;
  to.uri = *Uri::parse("sip:bob@biloxi.com");
  NameAddr from;
  from.display_name = "Alice";
  from.uri = *Uri::parse("sip:alice@atlanta.com");
  from.params.set("tag", "1928301774");
  Via via;
  via.transport = "UDP";
  via.host = "pc33.atlanta.com";
  via.params.set("branch", "z9hG4bK776asdhds");
  via.params.set_flag("rport");
  auto builder = Builder::request(Method::kInvite, to.uri);
  builder.add(via)
      .add(Header::kMaxForwards, 70)
      .add(Header::kFrom, from)
      .add(Header::kTo, to)
      .add(Header::kCallId, "a84b4c76e66710")
      .add(CSeq{314159, "INVITE"});
  return builder;
}

TEST(Builder, PrintsARequest) {
  const auto built = invite().add("X-Tag", "v").body("application/sdp", "v=0\r\n").build();
  ASSERT_TRUE(built.ok()) << built.error().text;
  EXPECT_EQ(built->text(),
            "INVITE sip:bob@biloxi.com SIP/2.0\r\n"
            "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds;rport\r\n"
            "Max-Forwards: 70\r\n"
            "From: \"Alice\" <sip:alice@atlanta.com>;tag=1928301774\r\n"
            "To: <sip:bob@biloxi.com>\r\n"
            "Call-ID: a84b4c76e66710\r\n"
            "CSeq: 314159 INVITE\r\n"
            "X-Tag: v\r\n"
            "Content-Type: application/sdp\r\n"
            "Content-Length: 5\r\n\r\nv=0\r\n");
  EXPECT_EQ(parse_message(built->text()).verdict, Verdict::kGood);
  EXPECT_EQ(built->method(), Method::kInvite);
}

TEST(Builder, RefusesWhatBreaksOut) {
  using namespace std::string_literals;
  const std::string kNasty[] = {"a\r\nEvil: b", "a\nb", "a\rb", "a\0b"s, "\x7f", "\x01"};
  for (const std::string& text : kNasty) {
    EXPECT_FALSE(invite().add(Header::kSubject, text).build().ok());
    EXPECT_FALSE(invite().add("X-" + text, "v").build().ok());
    EXPECT_FALSE(invite().add("X-A", text).build().ok());
    EXPECT_FALSE(invite().body(text, "b").build().ok());
    EXPECT_FALSE(Builder::response(200, text).build().ok());
    EXPECT_FALSE(Builder::request(text, *Uri::parse("sip:a@b")).build().ok());
  }
  EXPECT_TRUE(invite().add("X-A", "a\tb \xe2\x80\xa8").build().ok());
  for (const char* name : {"", "a b", "a:", "Content-Length", "l", "C", "content-type"}) {
    EXPECT_FALSE(invite().add(name, "1").build().ok()) << name;
  }
  EXPECT_FALSE(Builder::request("INVITE", Uri()).build().ok());
  EXPECT_FALSE(Builder::request(Method::kOther, *Uri::parse("sip:a@b")).build().ok());
  EXPECT_FALSE(Builder::response(99).build().ok());
  EXPECT_FALSE(invite().add("X-A", std::string(kMaxLine, 'x')).build().ok());
  EXPECT_EQ(invite().body("a/b", std::string(kMaxMessage, 'x')).build().error().code,
            ErrorCode::kTooLarge);
}

Message request(const std::string& via, const std::string& more, const char* source) {
  Parsed parsed =
      parse_message("INVITE sip:b@b SIP/2.0\r\nVia: " + via +
                    "\r\nv: SIP/2.0/TCP p2, SIP/2.0/UDP p1\r\n"
                    "f: <sip:a@a>;tag=1\r\nt: \"B, b\" <sip:b@b>\r\ni: c1\r\nCSeq: 1 INVITE\r\n" +
                    more + "\r\n");
  EXPECT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  if (source) parsed.message.set_source(*SocketAddress::parse(source));
  return std::move(parsed.message);
}

TEST(MakeResponse, CopiesWhatItMust) {
  const auto built = make_response(request("SIP/2.0/UDP a.example;branch=z9hG4bK1",
                                           "Record-Route: <sip:p;lr>\r\n"
                                           "Record-Route: <sip:q;lr>\r\nTimestamp: 54\r\n",
                                           nullptr),
                                   180, {}, "ours")
                         .build();
  ASSERT_TRUE(built.ok()) << built.error().text;
  EXPECT_EQ(built->text(),
            "SIP/2.0 180 Ringing\r\n"
            "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n"
            "Via: SIP/2.0/TCP p2\r\n"
            "Via: SIP/2.0/UDP p1\r\n"
            "From: <sip:a@a>;tag=1\r\n"
            "To: \"B, b\" <sip:b@b>;tag=ours\r\n"
            "Call-ID: c1\r\n"
            "CSeq: 1 INVITE\r\n"
            "Record-Route: <sip:p;lr>\r\n"
            "Record-Route: <sip:q;lr>\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(MakeResponse, TagAndRouteOnlyWhereTheyBelong) {
  const Message r =
      request("SIP/2.0/UDP a", "Record-Route: <sip:p;lr>\r\nTimestamp: 54\r\n", nullptr);
  const auto trying = make_response(r, 100, {}, "ours").build();
  EXPECT_EQ(to_tag(*trying), "");
  EXPECT_EQ(trying->header(Header::kTimestamp), "54");
  EXPECT_FALSE(trying->has(Header::kRecordRoute));
  const auto busy = make_response(r, 486, "Not Now", "ours").build();
  EXPECT_EQ(busy->reason(), "Not Now");
  EXPECT_EQ(to_tag(*busy), "ours");
  EXPECT_FALSE(busy->has(Header::kRecordRoute));
  EXPECT_TRUE(make_response(r, 200, {}, "ours").build()->has(Header::kRecordRoute));
  EXPECT_EQ(to_tag(*make_response(r, 200, {}, "a b").build()), "");  // no token, no tag
}

TEST(MakeResponse, StampsTheTopVia) {
  struct Case {
    const char* via;
    const char* source;
    const char* stamped;
  };
  constexpr Case kCases[] = {
      // RFC 3261 18.2.1
      {"SIP/2.0/UDP bobspc.biloxi.com:5060", "192.0.2.4:9988",
       "SIP/2.0/UDP bobspc.biloxi.com:5060;received=192.0.2.4"},
      {"SIP/2.0/UDP 192.0.2.4:5060;branch=x", "192.0.2.4:9988",
       "SIP/2.0/UDP 192.0.2.4:5060;branch=x"},
      {"SIP/2.0/TCP [2001:db8::1]", "[2001:db8:0::1]:5060", "SIP/2.0/TCP [2001:db8::1]"},
      // RFC 3581 4: with rport, received even if it is the same
      {"SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff", "192.0.2.1:9988",
       "SIP/2.0/UDP 10.1.1.1:4540;rport=9988;branch=z9hG4bKkjshdyff;received=192.0.2.1"},
      {"SIP/2.0/UDP 192.0.2.1;rport", "192.0.2.1:5060",
       "SIP/2.0/UDP 192.0.2.1;rport=5060;received=192.0.2.1"},
      // what the sender claims is not believed
      {"SIP/2.0/UDP 192.0.2.1;received=203.0.113.9", "192.0.2.1:5060", "SIP/2.0/UDP 192.0.2.1"},
  };
  for (const Case& c : kCases) {
    const auto built = make_response(request(c.via, "", c.source), 200).build();
    ASSERT_TRUE(built.ok());
    EXPECT_EQ(*built->all(Header::kVia).begin(), c.stamped);
  }
}

}  // namespace
}  // namespace patchcord::sip
