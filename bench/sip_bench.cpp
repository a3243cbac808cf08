// SPDX-License-Identifier: GPL-3.0-or-later
// What it costs to read a SIP message and to print one.
#include <benchmark/benchmark.h>

#include <string>

#include "sip/builder.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/uri.h"

namespace patchcord::sip {
namespace {

// An INVITE through two proxies, about 800 bytes without its body.
std::string invite() {
  const std::string body =
      "v=0\r\no=- 3912 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n"
      "m=audio 30002 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 "
      "telephone-event/8000\r\n";
  return "INVITE sip:bob@198.51.100.7:5060;transport=udp SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK776asdhds.1;rport\r\n"
         "Via: SIP/2.0/UDP 192.0.2.20:5061;received=203.0.113.77;branch=z9hG4bKnashds8;rport=61\r\n"
         "Record-Route: <sip:203.0.113.9;lr;ftag=a73kszlfl>\r\n"
         "From: \"Alice Example\" <sip:alice@pbx.example.com>;tag=a73kszlfl\r\n"
         "To: <sip:bob@pbx.example.com>\r\n"
         "Call-ID: 1j9FpLxk3uxtm8tn@192.0.2.20\r\n"
         "CSeq: 8731 INVITE\r\n"
         "Max-Forwards: 69\r\n"
         "Contact: <sip:alice@192.0.2.20:5061;transport=udp>\r\n"
         "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE\r\n"
         "Supported: replaces, timer, outbound, gruu\r\n"
         "User-Agent: Deskphone 3000/8.2.1.17\r\n"
         "Session-Expires: 1800;refresher=uac\r\n"
         "Content-Type: application/sdp\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void parse(benchmark::State& state) {
  const std::string text = invite();
  for (auto _ : state) {
    auto parsed = parse_message(text);  // the copy of the text is part of it, as from a socket
    if (parsed.verdict != Verdict::kGood) state.SkipWithError("not a good message");
    benchmark::DoNotOptimize(parsed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(parse)->Name("sip_parse_invite");

// What a call reads of it besides: addresses, the contact and the route.
void read_headers(benchmark::State& state) {
  const auto parsed = parse_message(invite());
  for (auto _ : state) {
    for (const Header header :
         {Header::kFrom, Header::kTo, Header::kContact, Header::kRecordRoute}) {
      benchmark::DoNotOptimize(address_of(parsed.message, header));
    }
  }
}
BENCHMARK(read_headers)->Name("sip_read_four_addresses");

void respond(benchmark::State& state) {
  const auto parsed = parse_message(invite());
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_response(parsed.message, 180, {}, "tag").build());
  }
}
BENCHMARK(respond)->Name("sip_make_180");

void parse_uri(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Uri::parse("sip:+4930123456;phone-context=x@pbx.example.com:5061;lr"));
  }
}
BENCHMARK(parse_uri)->Name("sip_parse_uri");

}  // namespace
}  // namespace patchcord::sip
