// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/support/sip_phone.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "bench/support/free_ports.h"
#include "sdp/session.h"
#include "sip/builder.h"

namespace patchcord::bench {
namespace {

constexpr std::string_view kTag = "phone";

}  // namespace

SipPhone::SipPhone(std::unique_ptr<StampedPort> port, net::Wire& wire, net::Loop& loop, Codec codec,
                   Events events)
    : loop_(loop),
      port_(std::move(port)),
      codec_(std::move(codec)),
      events_(std::move(events)),
      media_(wire, loop, {loopback(), free_ports(PortType::kUdp, 2)}) {
  loop_.watch(*port_, [this](std::span<net::Datagram> datagrams) {
    for (const net::Datagram& datagram : datagrams) on_datagram(datagram);
  });
}

SipPhone::~SipPhone() {
  loop_.unwatch(*port_);
}

void SipPhone::on_datagram(const net::Datagram& datagram) {
  sip::Parsed parsed = sip::parse_message(std::string(as_text(datagram.bytes)));
  if (parsed.verdict != sip::Verdict::kGood || parsed.message.is_response()) return;
  sip::Message& request = parsed.message;
  request.set_source(datagram.from);
  switch (request.method()) {
    case sip::Method::kInvite:
      return on_invite(std::move(request));
    case sip::Method::kAck:
      return events_.acknowledged();
    case sip::Method::kBye:
      respond(request, 200);
      invite_.reset();
      return events_.ended();
    default:
      return respond(request, 200);
  }
}

void SipPhone::on_invite(sip::Message invite) {
  const MonoTime arrived = port_->arrived();
  invite_ = std::move(invite);
  learn_media();
  respond(*invite_, 180);
  events_.invited(arrived);
}

void SipPhone::learn_media() {
  const auto session = sdp::parse(invite_->body());
  if (!session || session->media.empty()) return;
  media_to_ = session->address_of(session->media[0]).value_or(SocketAddress());
}

void SipPhone::respond(const sip::Message& request, int status) {
  const auto response = sip::make_response(request, status, {}, kTag).build();
  if (response) loop_.outbox().queue(*port_, as_bytes(response->text()), request.source());
}

void SipPhone::answer() {
  if (!invite_) return;
  const std::string ip = port_->local().ip().to_string();
  std::string sdp = fmt::format(
      "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
      "m=audio {1} RTP/AVP {2}\r\na=rtpmap:{2} {3}\r\na=ptime:20\r\n",
      ip, media_.local().port(), codec_.type.value(), codec_.name);
  const auto response =
      sip::make_response(*invite_, 200, {}, kTag)
          .add(sip::Header::kContact, fmt::format("<sip:phone@{}>", port_->local().to_string()))
          .body("application/sdp", std::move(sdp))
          .build();
  if (response) loop_.outbox().queue(*port_, as_bytes(response->text()), invite_->source());
}

void SipPhone::send_sound(ByteSpan payload) {
  if (media_to_.is_set()) media_.send(media_to_, codec_.type, payload);
}

}  // namespace patchcord::bench
