// SPDX-License-Identifier: GPL-3.0-or-later
#include "house/sim_sip.h"

#include <algorithm>

#include "sdp/session.h"
#include "sip/builder.h"

namespace patchcord::test {

using std::chrono::milliseconds;

SimSipGround::SimSipGround(SimWorld&, SimLoop& loop, net::Wire& wire, const SocketAddress& local)
    : loop_(loop), port_(wire.bind(local, net::PortKind::kShared).value()) {
  loop_.watch(*port_, [this](std::span<net::Datagram> datagrams) {
    for (const net::Datagram& datagram : datagrams) {
      const sip::Target from{sip::TransportKind::kUdp, datagram.from, {}};
      if (filter_ && filter_(datagram.bytes, from)) continue;
      if (user_agent_) user_agent_->on_message(datagram.bytes, from, loop_.now());
    }
  });
}

SimSipGround::~SimSipGround() {
  loop_.cancel(alarm_);
  loop_.unwatch(*port_);
}

void SimSipGround::send(const sip::Target& target, ByteSpan bytes) {
  loop_.outbox().queue(*port_, bytes, target.address);
}

void SimSipGround::resolve(sip::ResolveTicket ticket, const sip::ResolveQuery& query) {
  sip::Targets targets;
  if (const auto ip = IpAddress::parse(query.host)) {
    const uint16_t port = query.port != 0 ? query.port : uint16_t{5060};
    targets.push_back({sip::TransportKind::kUdp, {*ip, port}, {}});
  }
  loop_.post([this, ticket, targets] {
    if (user_agent_) user_agent_->on_resolved(ticket, targets, loop_.now());
  });
}

void SimSipGround::wake_at(MonoTime when) {
  loop_.cancel(alarm_);
  alarm_ = {};
  if (when == kNever) return;
  alarm_ = loop_.after(std::max(Duration(0), when - loop_.now()), [this] {
    alarm_ = {};
    if (user_agent_) user_agent_->on_time(loop_.now());
  });
}

void SimSipGround::find(const sip::ResolveQuery& query, Answer answer) {
  if (IpAddress::parse(query.host)) return answer(OwnAddress(port_->local().ip()));
  answer(Error{ErrorCode::kNotFound, query.host + " has no address"});
}

FarSide::FarSide(SimWorld& world, SimLoop& loop, const IpAddress& address, const IpAddress& media,
                 Random& random)
    : world_(world),
      loop_(loop),
      wire_(world, {address, media}),
      phone(wire_, loop, {media, 4000}),
      random_(random),
      address_(address),
      ground_(world, loop, wire_, {address, 5060}),
      user_agent_({},
                  {.may_send_to = [](auto...) { return true; },
                   .may_call_us = [](const sip::Target&) { return true; }},
                  ground_, random, *this) {
  ground_.attach(user_agent_);
  ground_.set_filter(
      [this](ByteSpan bytes, const sip::Target& from) { return on_datagram(bytes, from); });
  tick();
}

FarSide::~FarSide() {
  loop_.cancel(tick_);
}

bool FarSide::on_datagram(ByteSpan bytes, const sip::Target& from) {
  if (!as_text(bytes).starts_with("REGISTER ")) return false;
  auto parsed = sip::parse_message(std::string(as_text(bytes)));
  if (parsed.verdict == sip::Verdict::kGood) on_register(parsed.message, from);
  return true;
}

// A registrar as small as one can be that still asks for a digest.
void FarSide::on_register(const sip::Message& request, const sip::Target& from) {
  const auto to = sip::parse_name_addr(request.header(sip::Header::kTo));
  const std::string user = to ? to->uri.user_text() : "";
  const auto respond = [&](sip::Builder builder) {
    if (auto response = builder.build()) {
      ground_.send(from, as_bytes(response->text()));
    }
  };
  const auto credentials = sip::parse_authorization(request.header(sip::Header::kAuthorization));
  const bool known = credentials && credentials->realm == "far" &&
                     sip::verify(*credentials, {"REGISTER", request.request_uri(), {}},
                                 sip::digest_ha1(credentials->algorithm, user, "far", password));
  if (!known) {
    sip::Challenge challenge;
    challenge.realm = "far";
    challenge.nonce = random_.token(16);
    challenge.offers_auth = true;
    return respond(sip::make_response(request, 401, {}, "t")
                       .add(sip::Header::kWwwAuthenticate, challenge.to_string()));
  }
  const auto contact = sip::parse_name_addr(request.header(sip::Header::kContact));
  const std::string expires(request.header(sip::Header::kExpires));
  const bool leaves = expires == "0" || (contact && contact->params.text("expires") == "0");
  if (leaves) {
    ++unregistrations;
    if (contact) std::erase(contacts[user], contact->uri.to_string());
  } else if (contact) {
    ++registrations;
    std::erase(contacts[user], contact->uri.to_string());
    contacts[user].push_back(contact->uri.to_string());
  }
  auto ok = sip::make_response(request, 200, {}, "t");
  if (contact && !leaves) {
    ok.add(sip::Header::kContact, "<" + contact->uri.to_string() + ">;expires=600");
  }
  respond(std::move(ok));
}

sip::DialogId FarSide::call(const std::string& user, bool sdp_in_invite) {
  sip::OutgoingCall outgoing;
  outgoing.account.aor = *sip::Uri::parse("sip:+491701234567@" + address_.to_string());
  outgoing.account.display_name = "Grandma";
  if (contacts[user].empty()) return {};
  const auto contact = sip::Uri::parse(contacts[user].back());
  outgoing.account.outbound_proxy =
      *sip::Uri::parse("sip:" + contact->host() + ":" + std::to_string(contact->port()) + ";lr");
  outgoing.callee = *contact;
  if (sdp_in_invite) outgoing.sdp = sdp();
  dialog_ = user_agent_.invite(std::move(outgoing), world_.now());
  return dialog_;
}

sip::DialogId FarSide::dial(sip::Account account, const std::string& uri) {
  dialog_ = user_agent_.invite({.account = std::move(account),
                                .callee = *sip::Uri::parse(uri),
                                .sdp = sdp(),
                                .headers = {},
                                .call_id = {}},
                               world_.now());
  return dialog_;
}

void FarSide::hangup() {
  user_agent_.hangup(dialog_, {}, world_.now());
}

void FarSide::reoffer(const std::string& direction) {
  ++sdp_version_;
  user_agent_.reoffer(dialog_, sdp(direction), world_.now());
}

void FarSide::take_call(const sip::IncomingCall& call) {
  ++invites;
  dialog_ = call.dialog;
  last_offer = call.sdp;
  learn(call.sdp);
  switch (manners.answer) {
    case PhoneManners::Answer::kSilent:
      return;
    case PhoneManners::Answer::kReject:
      return user_agent_.reject(dialog_, manners.status, {}, world_.now());
    case PhoneManners::Answer::kRingOnly:
      return user_agent_.ring(dialog_, world_.now());
    case PhoneManners::Answer::kAnswer:
      break;
  }
  if (manners.early_media) {
    user_agent_.progress(dialog_, sdp(), world_.now());
    sends_sound_ = manners.sends_sound;
  } else {
    user_agent_.ring(dialog_, world_.now());
  }
  answer_later();
}

void FarSide::answer_later() {
  loop_.after(manners.ringing, [this, dialog = dialog_] {
    user_agent_.answer(dialog, sdp(), world_.now());
    sends_sound_ = manners.sends_sound;
    if (!manners.hangs_up) return;
    loop_.after(manners.talking, [this, dialog] { user_agent_.hangup(dialog, {}, world_.now()); });
  });
}

void FarSide::on_event(const sip::Event& event) {
  if (const auto* incoming = std::get_if<sip::IncomingCall>(&event)) {
    take_call(*incoming);
  } else if (const auto* acknowledged = std::get_if<sip::Acknowledged>(&event)) {
    is_up = acknowledged->dialog == dialog_;
  } else if (const auto* answered = std::get_if<sip::Answered>(&event)) {
    is_up = true;
    last_answer = answered->sdp;
    learn(answered->sdp);
    sends_sound_ = manners.sends_sound;
  } else if (const auto* reoffered = std::get_if<sip::Reoffered>(&event)) {
    user_agent_.answer_reoffer(reoffered->dialog, sdp(), world_.now());
  } else if (const auto* over = std::get_if<sip::Ended>(&event)) {
    ended.push_back(*over);
    if (over->dialog == dialog_) is_up = sends_sound_ = false;
  } else if (std::holds_alternative<sip::Registered>(event) ||
             std::holds_alternative<sip::RegistrationFailed>(event)) {
    told.push_back(event);
  }
}

void FarSide::learn(const std::string& text) {
  const auto session = sdp::parse(text);
  if (!session || session->media.empty()) return;
  if (const auto address = session->address_of(session->media[0])) media_to_ = *address;
}

std::string FarSide::sdp(const std::string& direction) {
  const IpAddress& ip = phone.local().ip();
  const std::string at = (ip.is_v6() ? " IN IP6 " : " IN IP4 ") + ip.to_string() + "\r\n";
  return "v=0\r\no=- 7 " + std::to_string(sdp_version_) + at + "s=-\r\nc=" + at.substr(1) +
         "t=0 0\r\nm=audio " + std::to_string(phone.local().port()) +
         " RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
         "a=fmtp:101 0-15\r\na=" +
         direction + "\r\n";
}

void FarSide::tick() {
  static const std::vector<uint8_t> kFrame(160, 0x55);  // 20 ms of A-law, not silence
  if (sends_sound_ && media_to_.is_set()) phone.send(media_to_, PayloadType(8), kFrame);
  tick_ = loop_.after(milliseconds(20), [this] { tick(); });
}

}  // namespace patchcord::test
