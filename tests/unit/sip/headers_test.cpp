// SPDX-License-Identifier: GPL-3.0-or-later
// Typed header values: the examples of RFC 3261 section 20 and of the extensions, what must be
// refused, and that printing gives what was read.
#include "sip/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace patchcord::sip {
namespace {

TEST(NameAddr, ReadsTheExamplesOfRfc3261) {
  struct Case {
    const char* text;
    const char* name;
    const char* uri;
    const char* params;
  };
  constexpr Case kCases[] = {
      {"\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s", "A. G. Bell",
       "sip:agb@bell-telephone.com", ";tag=a48s"},
      {"sip:+12125551212@server.phone2net.com;tag=887s", "",
       "sip:+12125551212@server.phone2net.com", ";tag=887s"},
      {"Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous",
       "sip:c8oqz84zk7z@privacy.org", ";tag=hyh8"},
      {"\"Mr. Watson\" <mailto:watson@bell-telephone.com> ;q=0.1", "Mr. Watson",
       "mailto:watson@bell-telephone.com", ";q=0.1"},
      {"<sip:p1.example.com;lr>", "", "sip:p1.example.com;lr", ""},
      {"caller<sip:caller@example.com>;tag=323", "caller", "sip:caller@example.com", ";tag=323"},
      {"The Operator <tel:+1-201-555-0123>", "The Operator", "tel:+1-201-555-0123", ""},
      {"\"a \\\"b\\\\\" <sip:x@y>", "a \"b\\", "sip:x@y", ""},
      {"\"<sip:evil@x>;tag=1\" <sip:x@y>;tag=2", "<sip:evil@x>;tag=1", "sip:x@y", ";tag=2"},
      {"J\xc3\xb8rgen (home) <sip:x@y>", "J\xc3\xb8rgen (home)", "sip:x@y", ""},
      {"<sip:a@b;x=1?Route=%3Csip:c%3E>;expires=60", "", "sip:a@b;x=1?Route=%3Csip:c%3E",
       ";expires=60"},
  };
  for (const Case& c : kCases) {
    const auto read = parse_name_addr(c.text);
    ASSERT_TRUE(read) << c.text;
    EXPECT_EQ(read->display_name, c.name);
    EXPECT_EQ(read->uri.to_string(), c.uri);
    EXPECT_EQ(read->params.to_string(), c.params);
    const auto again = parse_name_addr(read->to_string());
    ASSERT_TRUE(again) << read->to_string();
    EXPECT_EQ(again->display_name, read->display_name);
    EXPECT_EQ(again->uri, read->uri);
    EXPECT_EQ(again->params, read->params);
  }
}

TEST(NameAddr, Refuses) {
  const char* const kWrong[] = {
      "",
      "*",
      "<>",
      "< sip:a@b >",
      "<sip:a@b",
      "sip:a@b>",
      "\"a <sip:a@b>",
      "\"a\" sip:a@b",
      "Bell, A <sip:a@b>",
      "a;b <sip:a@b>",
      "sip:a@b?x=y",
      "<sip:a@b>x",
      "<sip:a@b>;",
      "<sip:a@b>;tag=",
      "\"a\"\"b\" <sip:a@b>",
      "a\\b <sip:a@b>",
      "sip:a@b;tag=x;;y",
  };
  for (const char* text : kWrong) EXPECT_FALSE(parse_name_addr(text)) << text;
  EXPECT_TRUE(is_star("*"));
}

TEST(NameAddr, NoNameBreaksOut) {
  NameAddr out;
  out.uri = *Uri::parse("sip:a@b");
  out.display_name = "x\" <sip:evil@e>\r\nVia: y\t\\";
  EXPECT_EQ(out.to_string(), "\"x\\\" <sip:evil@e>  Via: y\t\\\\\" <sip:a@b>");
}

TEST(Via, ReadsAndPrints) {
  struct Case {
    const char* text;
    const char* printed;
  };
  constexpr Case kCases[] = {
      {"SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7",
       "SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7"},
      {"SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 "
       ";branch=z9hG4bKa7c6a8dlze.1",
       "SIP/2.0/UDP first.example.com:4000;ttl=16;maddr=224.2.0.1;branch=z9hG4bKa7c6a8dlze.1"},
      {"sip/2.0/tls [2001:db8::9:1];rport;branch=z9hG4bKas3-111",
       "SIP/2.0/TLS [2001:db8::9:1];rport;branch=z9hG4bKas3-111"},
      {"SIP/2.0/UDP [2001:db8::9:1]:5061;received=[2001:db8::9:255];branch=z9hG4bKas3",
       "SIP/2.0/UDP [2001:db8::9:1]:5061;received=[2001:db8::9:255];branch=z9hG4bKas3"},
      {"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3",
       "SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3"},
      {"SIP/2.0/WS x7.invalid;branch=z9hG4bK56sdasks",
       "SIP/2.0/WS x7.invalid;branch=z9hG4bK56sdasks"},
  };
  for (const Case& c : kCases) {
    const auto via = parse_via(c.text);
    ASSERT_TRUE(via) << c.text;
    EXPECT_EQ(via->to_string(), c.printed);
    EXPECT_TRUE(via->has_rfc3261_branch());
  }
}

TEST(Via, Refuses) {
  for (const char* text :
       {"", "SIP", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDPhost", "SIP/7.0/UDP a",
        "HTTP/2.0/UDP a", "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP a b", "SIP/2.0/UDP a;;",
        "SIP/2.0/UDP a:", "SIP/2.0/UDP a:99999", "SIP/2.0/UDP [::1", "SIP/2.0/UDP ;branch=x"}) {
    EXPECT_FALSE(parse_via(text)) << text;
  }
}

TEST(Via, Rport) {
  EXPECT_EQ(parse_via("SIP/2.0/UDP a;rport=5062")->rport(), 5062);
  for (const char* text : {"SIP/2.0/UDP a", "SIP/2.0/UDP a;rport", "SIP/2.0/UDP a;rport=0",
                           "SIP/2.0/UDP a;rport=65536", "SIP/2.0/UDP a;rport=x"}) {
    EXPECT_FALSE(parse_via(text)->rport()) << text;
  }
}

TEST(Numbers, HaveEdges) {
  EXPECT_EQ(parse_number("0"), 0u);
  EXPECT_EQ(parse_number(" 0068 "), 68u);
  EXPECT_EQ(parse_number("4294967295"), 4294967295u);
  EXPECT_EQ(parse_number("4294967296"), 4294967295u);
  EXPECT_EQ(parse_number(std::string(100, '9'), 3600), 3600u);
  EXPECT_EQ(parse_number("3601", 3600), 3600u);
  for (const char* text : {"", "-1", "+1", "1x", "0x10", "1 2", "1.0"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(CSeqHeader, NumberIsBelowTwoToThe31) {
  EXPECT_EQ(parse_cseq("2147483647 INVITE")->number, 2147483647u);
  EXPECT_EQ(parse_cseq("0009\t INVITE")->to_string(), "9 INVITE");
  for (const char* text : {"", "1", "INVITE", "2147483648 INVITE", "4294967297 INVITE", "-1 INVITE",
                           "1 INV ITE", "1INVITE", "36893488147419103232 REGISTER"}) {
    EXPECT_FALSE(parse_cseq(text)) << text;
  }
  EXPECT_EQ(parse_rack("776656 1 INVITE")->to_string(), "776656 1 INVITE");
  EXPECT_FALSE(parse_rack("776656 INVITE"));
}

TEST(RetryAfterHeader, Examples) {
  EXPECT_EQ(parse_retry_after("120")->seconds, 120u);
  EXPECT_EQ(parse_retry_after("18000;duration=3600")->params.get("duration"), "3600");
  EXPECT_EQ(parse_retry_after("120 (I'm in a (long\\)) meeting) ;duration=5")->seconds, 120u);
  EXPECT_EQ(parse_retry_after("949302838503028349304023988")->seconds, 86400u);
  for (const char* text : {"", "x", "-5", "5 (open", "5 (a) b", "5 ("}) {
    EXPECT_FALSE(parse_retry_after(text)) << text;
  }
}

TEST(SessionExpiresHeader, Examples) {
  const auto read = parse_session_expires("4000;refresher=UAS");
  EXPECT_EQ(read->seconds, 4000u);
  EXPECT_EQ(read->to_string(), "4000;refresher=uas");
  EXPECT_EQ(parse_session_expires("90")->to_string(), "90");
  EXPECT_FALSE(parse_session_expires(";refresher=uac"));
}

TEST(ParameterizedValue, Examples) {
  EXPECT_EQ(parse_parameterized("Application / SDP ; charset=x")->to_string(),
            "application/sdp;charset=x");
  EXPECT_EQ(parse_parameterized("multipart/mixed;boundary=\"a;b\"")->params.text("boundary"),
            "a;b");
  EXPECT_EQ(parse_parameterized("terminated;reason=noresource")->value, "terminated");
  EXPECT_EQ(parse_parameterized("refer;id=93809824")->params.get("id"), "93809824");
  for (const char* text : {"", "/", "a/", "/b", "a/b/c", "a b", ";x=y"}) {
    EXPECT_FALSE(parse_parameterized(text)) << text;
  }
}

TEST(ReasonHeader, Examples) {
  const auto read = parse_reason("SIP ;cause=200 ;text=\"Call completed elsewhere\"");
  EXPECT_EQ(read->protocol, "SIP");
  EXPECT_EQ(read->cause, 200u);
  EXPECT_EQ(read->to_string(), "SIP;cause=200;text=\"Call completed elsewhere\"");
  EXPECT_EQ(parse_reason("Q.850;cause=16")->to_string(), "Q.850;cause=16");
}

TEST(WarningHeader, Examples) {
  const auto read = parse_warning("307 isi.edu \"Session parameter 'foo' not understood\"");
  EXPECT_EQ(read->code, 307u);
  EXPECT_EQ(read->to_string(), "307 isi.edu \"Session parameter 'foo' not understood\"");
  for (const char* text :
       {"", "307", "307 a", "1812 a \"x\"", "30 a \"x\"", "307 a \"x", "307 a \"x\"y"}) {
    EXPECT_FALSE(parse_warning(text)) << text;
  }
}

TEST(ReplacesHeader, Examples) {
  const auto read = parse_replaces("98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->call_id, "98732@sip.example.com");
  EXPECT_EQ(read->to_tag, "ff87ff");
  EXPECT_FALSE(read->early_only);
  EXPECT_EQ(parse_replaces(read->to_string())->from_tag, "r33th4x0r");
  EXPECT_TRUE(parse_replaces("a;to-tag=1;from-tag=2;early-only")->early_only);
  EXPECT_FALSE(parse_replaces("a;to-tag=1"));
  EXPECT_FALSE(parse_replaces(";to-tag=1;from-tag=2"));
}

TEST(HeaderNames, FullCompactAndAnyCase) {
  EXPECT_EQ(header_from("Call-ID"), Header::kCallId);
  EXPECT_EQ(header_from("cALL-iD"), Header::kCallId);
  EXPECT_EQ(header_from("I"), Header::kCallId);
  EXPECT_EQ(header_from("x"), Header::kSessionExpires);
  EXPECT_EQ(header_from("WWW-Authenticate"), Header::kWwwAuthenticate);
  EXPECT_EQ(header_from("P-Preferred-Identity"), Header::kPPreferredIdentity);
  for (const char* name : {"", "z", "-", "Call-I", "Call-IDs", "X-Anything", "\xff"}) {
    EXPECT_EQ(header_from(name), Header::kOther) << name;
  }
  for (int i = 0; i < static_cast<int>(Header::kOther); ++i) {
    const auto header = static_cast<Header>(i);
    EXPECT_EQ(header_from(header_name(header)), header);
  }
  EXPECT_EQ(method_from("invite"), Method::kOther);
  EXPECT_EQ(method_from("PUBLISH"), Method::kPublish);
  EXPECT_EQ(default_reason(486), "Busy Here");
  EXPECT_EQ(default_reason(499), "Refused");
}

}  // namespace
}  // namespace patchcord::sip
