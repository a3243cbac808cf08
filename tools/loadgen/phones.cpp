// SPDX-License-Identifier: GPL-3.0-or-later
#include "phones.h"

#include <fmt/format.h>

#include <utility>

#include "sdp/session.h"
#include "sip/builder.h"
#include "sip/uri.h"

namespace patchcord::loadgen {
namespace {

constexpr Duration kAgain = std::chrono::milliseconds(500);  // T1
// How long a line that is over still answers what is asked again.
constexpr Duration kMemory = std::chrono::seconds(5);

}  // namespace

// ---- Line

Line::Line(Phones& phones, sip::Message invite, std::string tag)
    : phones_(phones),
      invite_(std::move(invite)),
      call_id_(invite_.call_id()),
      tag_(std::move(tag)) {}

SocketAddress Line::media() const {
  const auto session = sdp::parse(invite_.body());
  if (!session || session->media.empty()) return {};
  return session->address_of(session->media[0]).value_or(SocketAddress());
}

void Line::send(std::string text, MonoTime again) {
  last_ = std::move(text);
  again_ = again;
  if (!has_vanished_) phones_.send(last_, invite_.source());
}

void Line::respond(int status) {
  const auto response = sip::make_response(invite_, status, {}, tag_).build();
  if (!response) return;
  if (status >= 300) state_ = State::kRefused;
  send(response->text(), status >= 300 ? phones_.loop_.now() + kAgain : kNever);
}

void Line::answer(std::string sdp) {
  if (state_ != State::kRinging) return;
  const auto response =
      sip::make_response(invite_, 200, {}, tag_)
          .add(sip::Header::kContact, fmt::format("<sip:phone@{}>", phones_.local().to_string()))
          .body("application/sdp", std::move(sdp))
          .build();
  if (!response) return;
  state_ = State::kAnswered;
  send(response->text(), phones_.loop_.now() + kAgain);
}

void Line::hang_up() {
  const auto contact = sip::address_of(invite_, sip::Header::kContact);
  if (!contact || state_ != State::kUp) return;
  state_ = State::kHangingUp;
  const auto bye =
      sip::Builder::request(sip::Method::kBye, contact->uri)
          .add(sip::Header::kVia,
               fmt::format("SIP/2.0/UDP {};branch={}{};rport", phones_.local().to_string(),
                           sip::kMagicCookie, phones_.random_.token(12)))
          .add(sip::Header::kMaxForwards, 70)
          .add(sip::Header::kFrom, fmt::format("{};tag={}", invite_.header(sip::Header::kTo), tag_))
          .add(sip::Header::kTo, invite_.header(sip::Header::kFrom))
          .add(sip::Header::kCallId, call_id_)
          .add(sip::CSeq{1, "BYE"})
          .build();
  if (bye) send(bye->text(), phones_.loop_.now() + kAgain);
}

void Line::vanish() {
  has_vanished_ = true;
  again_ = kNever;
  forget_ = phones_.loop_.now() + std::chrono::minutes(2);
}

void Line::on_time(MonoTime now) {
  if (again_ > now || has_vanished_) return;
  again_ = now + kAgain;
  phones_.send(last_, invite_.source());
}

// ---- Phones

Result<std::unique_ptr<Phones>> Phones::open(const SocketAddress& local, net::Wire& wire,
                                             net::Loop& loop, Metronome& metronome,
                                             Random& random) {
  TRY(auto port, wire.bind(local, net::PortKind::kShared));
  return std::make_unique<Phones>(std::move(port), loop, metronome, random);
}

Phones::Phones(std::unique_ptr<net::Port> port, net::Loop& loop, Metronome& metronome,
               Random& random)
    : port_(std::move(port)), loop_(loop), metronome_(metronome), random_(random) {
  loop_.watch(*port_, [this](std::span<net::Datagram> datagrams) {
    for (const net::Datagram& datagram : datagrams) on_datagram(datagram);
  });
  metronome_.add(*this);
}

Phones::~Phones() {
  metronome_.remove(*this);
  loop_.unwatch(*port_);
}

void Phones::leave(const std::string& number) {
  users_.erase(number);
}

void Phones::on_datagram(const net::Datagram& datagram) {
  sip::Parsed parsed = sip::parse_message(std::string(as_text(datagram.bytes)));
  if (parsed.verdict != sip::Verdict::kGood) return;
  sip::Message& message = parsed.message;
  message.set_source(datagram.from);
  const auto found = lines_.find(std::string(message.call_id()));
  if (found != lines_.end()) return on_request(found->second, message);
  if (message.is(sip::Method::kInvite)) return on_invite(std::move(message));
  if (message.is_request() && !message.is(sip::Method::kAck)) {
    reply(message, message.is(sip::Method::kOptions) ? 200 : 481, random_.token(8));
  }
}

void Phones::on_invite(sip::Message invite) {
  const auto uri = sip::Uri::parse(invite.request_uri());
  const std::string number = uri ? uri->user_text() : std::string();
  if (!users_.contains(number)) return reply(invite, 404, random_.token(8));
  const std::string call_id(invite.call_id());
  auto line = std::make_unique<Line>(*this, std::move(invite), random_.token(8));
  Place& place = lines_[call_id] = {std::move(line), number};
  users_[number]->on_invited(*place.line);
}

void Phones::on_request(Place& place, const sip::Message& message) {
  Line& line = *place.line;
  if (line.has_vanished_) return;
  if (message.is_response()) {  // to our BYE: the only request of ours
    if (line.state_ == Line::State::kHangingUp && message.status() >= 200) end(place);
    return;
  }
  switch (message.method()) {
    case sip::Method::kInvite:
      return send(line.last_, message.source());
    case sip::Method::kAck:
      if (line.state_ == Line::State::kRefused) return end(place);
      if (line.state_ != Line::State::kAnswered) return;
      line.state_ = Line::State::kUp;
      line.again_ = kNever;
      if (LineUser* user = user_of(place)) user->on_acknowledged();
      return;
    case sip::Method::kCancel:
      reply(message, 200, line.tag_);
      if (line.state_ == Line::State::kRinging) line.respond(487);
      return;
    case sip::Method::kBye:
      reply(message, 200, line.tag_);
      return end(place);
    default:
      return reply(message, 200, line.tag_);
  }
}

void Phones::end(Place& place) {
  Line& line = *place.line;
  if (line.state_ == Line::State::kOver) return;
  line.state_ = Line::State::kOver;
  line.again_ = kNever;
  line.forget_ = loop_.now() + kMemory;
  if (LineUser* user = user_of(place)) user->on_line_ended();
}

LineUser* Phones::user_of(const Place& place) {
  const auto found = users_.find(place.number);
  return found == users_.end() ? nullptr : found->second;
}

void Phones::reply(const sip::Message& request, int status, const std::string& tag) {
  const auto response = sip::make_response(request, status, {}, tag).build();
  if (response) send(response->text(), request.source());
}

void Phones::send(std::string_view text, const SocketAddress& to) {
  loop_.outbox().queue(*port_, as_bytes(text), to);
}

void Phones::on_tick(MonoTime now) {
  std::erase_if(lines_, [&](const auto& entry) { return entry.second.line->forget_ <= now; });
  for (auto& [call_id, place] : lines_) place.line->on_time(now);
}

}  // namespace patchcord::loadgen
