// SPDX-License-Identifier: GPL-3.0-or-later
// URIs: the examples of RFC 3261 19.1.3 and 19.1.4, IPv6 of RFC 5118, tel: of RFC 3966, and that
// nothing that is set can leave its place.
#include "sip/uri.h"

#include <gtest/gtest.h>

#include <string>

namespace patchcord::sip {
namespace {

TEST(Uri, ParsesAndPrintsTheSame) {
  const char* const kUris[] = {
      "sip:alice@atlanta.com",
      "sip:alice:secretword@atlanta.com;transport=tcp",
      "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:+1-212-555-1212:1234@gateway.com;user=phone",
      "sips:1212@gateway.com",
      "sip:alice@192.0.2.4",
      "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
      "sip:alice;day=tuesday@atlanta.com",
      "sip:[2001:db8::10]:5070;transport=udp",
      "sip:user@[::ffff:192.0.2.10]",
      "sip:%00%00@host",
      "sip:#31#0301234@host",
      "sip:proxy.example;lr;did=a2.f1;vsf=AAAA==",
      "tel:+1-201-555-0123",
      "tel:7042;phone-context=example.com",
      "isbn:2983792873",
      "urn:service:sos",
  };
  for (const char* text : kUris) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri) << text;
    EXPECT_EQ(uri->to_string(), text);
    EXPECT_EQ(Uri::parse(uri->to_string()), uri);
  }
}

TEST(Uri, Parts) {
  const auto uri = Uri::parse("SIPS:a%20b:pw@[2001:db8::1]:5071;Transport=TCP;lr?Subject=x%20y&b=");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme(), Uri::Scheme::kSips);
  EXPECT_EQ(uri->user(), "a%20b");
  EXPECT_EQ(uri->user_text(), "a b");
  EXPECT_EQ(uri->password(), "pw");
  EXPECT_EQ(uri->host(), "[2001:db8::1]");
  EXPECT_EQ(uri->ip(), IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(uri->port(), 5071);
  EXPECT_EQ(uri->params().get("transport"), "TCP");
  EXPECT_TRUE(uri->is_loose_router());
  EXPECT_EQ(uri->embedded_header("subject"), "x y");
  EXPECT_EQ(uri->embedded_header("b"), "");
  EXPECT_FALSE(uri->embedded_header("c"));
}

TEST(Uri, Refuses) {
  const char* const kWrong[] = {
      "",
      "sip",
      "sip:",
      ":x",
      "1sip:a",
      "sip:@host",
      "sip:a@",
      "sip:a@b@c",
      "sip:a b@c",
      "sip:a@b c",
      "<sip:a@b>",
      "sip:a@b:",
      "sip:a@b:0",
      "sip:a@b:65536",
      "sip:a@b:99999999999999",
      "sip:a@b:-1",
      "sip:a@b:5x",
      "sip:a%4@b",
      "sip:a%zz@b",
      "sip:a@b;",
      "sip:a@b;;x",
      "sip:a@b;=x",
      "sip:a@b;x=",
      "sip:a@b;x=%",
      "sip:a@b?",
      "sip:a@b?x=%1",
      "sip:2001:db8::10",
      "sip:[2001:db8::1",
      "sip:2001:db8::1]",
      "sip:[]",
      "sip:[1.2.3.4]",
      "sip:[::1%25eth0]",
      "sip:[::g]",
      "sip:[::1]x",
      "sip:a\r\nb@c",
      "sip:a@b\r\n",
      "sip:a@b;x=\r\ny",
      "tel:",
      "tel:+",
      "tel:12 34",
      "tel:ring",
      "isbn:",
      "http://a b",
      "http://<x>",
      "sip:\xc3\xa9@host",
  };
  for (const char* text : kWrong) EXPECT_FALSE(Uri::parse(text)) << text;
}

struct Pair {
  const char* a;
  const char* b;
};

TEST(Uri, EquivalentByRfc3261) {
  constexpr Pair kSame[] = {
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on"},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
      {"sip:a@[2001:db8::1]", "sip:a@[2001:0db8:0:0:0:0:0:1]"},
      {"tel:+1-201-555-0123", "tel:+12015550123"},
      {"tel:7042;phone-context=a.example;x=1", "TEL:7042;X=1;phone-context=A.example"},
  };
  for (const auto& [a, b] : kSame) {
    EXPECT_TRUE(Uri::parse(a)->equivalent(*Uri::parse(b))) << a << " " << b;
    EXPECT_TRUE(Uri::parse(b)->equivalent(*Uri::parse(a))) << b << " " << a;
  }
}

TEST(Uri, DifferentByRfc3261) {
  constexpr Pair kDifferent[] = {
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
      {"sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on"},
      {"sip:a@b", "sips:a@b"},
      {"sip:a%40b@c", "sip:a%2540b@c"},
      {"sip:a%3Bb@c", "sip:a;b@c"},  // ';' is reserved: its escape is something else
      {"sip:a%00@b", "sip:a%00%00@b"},
      {"sip:a@b;maddr=1.2.3.4", "sip:a@b"},
      {"sip:a:pw@b", "sip:a@b"},
      {"tel:7042;phone-context=a", "tel:7042"},
      {"tel:7042", "sip:7042@b"},
  };
  for (const auto& [a, b] : kDifferent) {
    EXPECT_FALSE(Uri::parse(a)->equivalent(*Uri::parse(b))) << a << " " << b;
    EXPECT_FALSE(Uri::parse(b)->equivalent(*Uri::parse(a))) << b << " " << a;
  }
}

TEST(Uri, WhatIsSetStaysInItsPlace) {
  using namespace std::string_literals;
  const std::string kNasty[] = {"a\r\nVia: x", "a@b",          "a>b", "\"", "x\0y"s, "a b",
                                "%41",         "\xe2\x80\xa8", "a:b", "[",  "\\",    "a?b;c"};
  for (const std::string& user : kNasty) {
    const auto uri = Uri::sip(user, "example.com", 5062);
    ASSERT_TRUE(uri);
    const auto again = Uri::parse(uri->to_string());
    ASSERT_TRUE(again) << uri->to_string();
    EXPECT_EQ(again->user_text(), user);
    EXPECT_EQ(again->host(), "example.com");
    EXPECT_EQ(again->password(), "");
    EXPECT_TRUE(again->params().empty());

    Uri with_param = *uri;
    with_param.params().set("x", user);
    with_param.add_header("Replaces", user);
    const auto third = Uri::parse(with_param.to_string());
    ASSERT_TRUE(third) << with_param.to_string();
    EXPECT_EQ(third->params().text("x"), user);
    EXPECT_EQ(third->embedded_header("Replaces"), user);
  }
}

TEST(Uri, HostsAreChecked) {
  for (const char* host : {"", "a b", "a@b", "a\r\n", "a;b", "[::1", "1:2:3", "a/b", "a>b"}) {
    EXPECT_FALSE(Uri::sip("u", host)) << host;
  }
  EXPECT_EQ(Uri::sip("u", "2001:db8::1")->to_string(), "sip:u@[2001:db8::1]");
  EXPECT_EQ(Uri::sip("", "a.example")->to_string(), "sip:a.example");
  EXPECT_EQ(Uri::sip("u", *SocketAddress::parse("[::1]:5060")).to_string(), "sip:u@[::1]:5060");
  EXPECT_EQ(Uri::tel("+49 (30) 12-34\r\n;x").to_string(), "tel:+49301234");
  EXPECT_FALSE(Uri().is_set());
  EXPECT_EQ(Uri().to_string(), "");
}

TEST(Params, HeaderFormAllowsSpaceAndQuotes) {
  const auto p = Params::parse(" ; A = b ;c; d=\"x;\\\"y\" ;e=[::1]:5060 ", Params::Kind::kHeader);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->to_string(), ";A=b;c;d=\"x;\\\"y\";e=[::1]:5060");
  EXPECT_EQ(p->get("a"), "b");
  EXPECT_EQ(p->get("c"), "");
  EXPECT_EQ(p->text("D"), "x;\"y");
  EXPECT_FALSE(p->get("x"));
  for (const char* wrong :
       {"a", ";", ";;", ";a=", ";a=\"x", ";a=b c", ";a b", ";a=<b>", ",", ";a=b,", ";a=\"x\"y"}) {
    EXPECT_FALSE(Params::parse(wrong, Params::Kind::kHeader)) << wrong;
  }
}

TEST(Params, SetRemoveAndTheirLimit) {
  Params p(Params::Kind::kHeader);
  p.set("tag", "abc");
  p.set_flag("lr");
  p.set("tag", "x y");
  p.set("no token", "x");
  p.set("a", "");
  EXPECT_EQ(p.to_string(), ";tag=\"x y\";lr;a=\"\"");
  p.set("t", "a\r\nb");
  EXPECT_EQ(p.text("t"), "a  b");
  p.remove("TAG");
  p.remove("lr");
  EXPECT_EQ(p.to_string(), ";a=\"\";t=\"a  b\"");

  std::string many;
  for (size_t i = 0; i < kMaxParams; ++i) many += ";a";
  EXPECT_TRUE(Params::parse(many, Params::Kind::kHeader));
  EXPECT_FALSE(Params::parse(many + ";a", Params::Kind::kHeader));
}

}  // namespace
}  // namespace patchcord::sip
