// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/call.h"

#include <fmt/format.h>

#include "core/log.h"

namespace patchcord::call {
namespace {

// A browser that closes its transport hangs up: its word for it may come later, by another way.
Reason reason_of_closing(Side side, State state) {
  if (state == State::kUp) return Reason::kHangup;
  return side == Side::kA ? Reason::kCancelled : Reason::kDeclined;
}

Reason reason_of(const media::Failed& failed, State state) {
  using What = media::Failed::What;
  switch (failed.what) {
    case What::kIce:
      return Reason::kIceFailed;
    case What::kDtls:
      return Reason::kDtlsFailed;
    case What::kFingerprint:
      return Reason::kFingerprintMismatch;
    case What::kConsent:
      return Reason::kConsentLost;
    case What::kClosedByPeer:
      return reason_of_closing(failed.side, state);
  }
  return Reason::kInternal;
}

EndedBy by(Side side) {
  return side == Side::kA ? EndedBy::kA : EndedBy::kB;
}

}  // namespace

Call::Call(CallParts parts, CallServices& services, Function<void(CallId)> on_ended)
    : id_(parts.id),
      services_(services),
      on_ended_(std::move(on_ended)),
      a_(std::move(parts.a)),
      b_(std::move(parts.b)),
      caller_(std::move(parts.caller)),
      callee_(std::move(parts.callee)),
      offer_(std::move(parts.offer)),
      began_(services.clock.wall()),
      began_mono_(services.control.now()) {
  agreement(Side::kA).kind = a_->media_kind();
  agreement(Side::kA).address = parts.a_media_address;
  agreement(Side::kA).rtp.signalling_peer = parts.a_signalling_peer;
  agreement(Side::kB).kind = b_->media_kind();
  a_->attach(*this, Side::kA);
  b_->attach(*this, Side::kB);
}

Call::~Call() {
  services_.control.cancel(timer_);
  close_media();
}

void Call::begin() {
  log::info("call.started", {{"call", id_.value()},
                             {"sip_call_id", sip_call_id()},
                             {"from", a_->info().party},
                             {"to", callee_.user},
                             {"via", b_->info().protocol},
                             {"id", a_->info().protocol_id}});
  services_.observer.on_call_started(snapshot());
  if (services_.limits.ringing.count() > 0) {
    timer_ = services_.control.after(services_.limits.ringing, [this] {
      timer_ = {};
      accept(Finish{Reason::kNoAnswer, EventKind::kTimeout});
    });
  }
  if (const Result<void> reserved = reserve(); !reserved) {
    log::warn(
        "call.no_media",
        {{"call", id_.value()}, {"sip_call_id", sip_call_id()}, {"why", reserved.error().text}});
    fail(Reason::kNoPorts);
    return;
  }
  accept(Finish{Reason::kHangup, EventKind::kBegin});
}

Result<void> Call::reserve() {
  TRY(media::Reservation reservation,
      services_.engine.reserve({a_->media_kind(), b_->media_kind()}));
  media_ = reservation.id;
  for (const Side side : media::kSides) {
    agreement(side).local = std::move(reservation.local[media::index(side)]);
  }
  return {};
}

// ---- inputs

void Call::on_leg_event(Side side, LegEvent event) {
  accept(std::pair(side, std::move(event)));
}
void Call::on_media_event(const media::MediaEvent& event) {
  accept(event);
}
void Call::finish(Reason reason) {
  accept(Finish{reason, EventKind::kFinish});
}
void Call::fail(Reason reason) {
  finish(reason);
}

void Call::accept(Input input) {
  inbox_.push_back(std::move(input));
  if (is_working_) return;
  is_working_ = true;
  while (!inbox_.empty()) {
    Input next = std::move(inbox_.front());
    inbox_.pop_front();
    std::visit([this](auto& one) { take(one); }, next);
  }
  is_working_ = false;
  if (state_ == State::kEnded && on_ended_) {
    Function<void(CallId)> on_ended = std::move(on_ended_);
    on_ended(id_);
  }
}

void Call::take(std::pair<Side, LegEvent>& event) {
  std::visit([&](auto& one) { take_leg(event.first, one); }, event.second);
}

void Call::take(const Finish& finish) {
  if (finish.kind != EventKind::kBegin) end_with({.reason = finish.reason});
  step(finish.kind, Side::kB);
}

void Call::take_leg(Side side, const Prepared& event) {
  agreement(side).address = event.media_address;
  step(EventKind::kPrepared, side);
}

void Call::take_leg(Side side, const Ringing&) {
  step(EventKind::kRinging, side);
}

void Call::take_leg(Side side, Early& event) {
  pending_sdp_ = std::move(event.sdp);
  agreement(side).rtp.signalling_peer = event.signalling_peer;
  step(EventKind::kEarly, side);
}

void Call::take_leg(Side side, Answered& event) {
  pending_sdp_ = std::move(event.sdp);
  agreement(side).rtp.signalling_peer = event.signalling_peer;
  // The early media of another phone is no answer of the one that took the call.
  const bool is_missing = pending_sdp_.empty() && !event.is_settled;
  if (is_missing && !is_inside(agreement(side).kind)) {
    agreement(side).is_complete = false;
  }
  step(EventKind::kAnswered, side);
}

void Call::take_leg(Side side, Reoffered& event) {
  pending_sdp_ = std::move(event.sdp);
  step(EventKind::kReoffered, side);
}

void Call::take_leg(Side side, DigitsAsked& event) {
  pending_digits_ = std::move(event.digits);
  step(EventKind::kDigits, side);
}

void Call::take_leg(Side side, const SignallingLost&) {
  lost_since_[media::index(side)] = services_.control.now();
  log::info("call.signalling_lost", {{"call", id_.value()}, {"sip_call_id", sip_call_id()}});
}

void Call::take_leg(Side side, const SignallingBack&) {
  lost_since_[media::index(side)].reset();
  log::info("call.signalling_back", {{"call", id_.value()}, {"sip_call_id", sip_call_id()}});
}

// A page that lost its socket in mid-call is heard by its media; one that is gone is not.
void Call::check_presence(Side side) {
  const auto& lost_since = lost_since_[media::index(side)];
  if (!lost_since) return;
  const Duration away = services_.control.now() - *lost_since;
  const auto& proof = stats_.endpoints[media::index(side)].since_proof;
  const Duration unheard = std::min(away, proof.value_or(away));
  if (away < services_.limits.resume && unheard < services_.limits.unheard) return;
  end_with({.reason = Reason::kSessionGone, .by = by(side)});
  step(EventKind::kMediaFailed, side);
}

void Call::take_leg(Side side, LegEnded& event) {
  end_with(std::move(event.ending));
  step(EventKind::kLegEnded, side);
}

void Call::take(const media::MediaEvent& event) {
  if (const auto* stats = std::get_if<media::Stats>(&event)) {
    stats_ = *stats;
    if (stats->final) return step(EventKind::kMediaClosed, Side::kA);
    for (const Side side : media::kSides) check_presence(side);
  } else if (const auto* connected = std::get_if<media::Connected>(&event)) {
    is_connected_ = true;
    log::info("call.media_connected", {{"call", id_.value()},
                                       {"sip_call_id", sip_call_id()},
                                       {"side", connected->side == Side::kA ? "a" : "b"},
                                       {"ms", to_ms(services_.control.now() - began_mono_)}});
  } else if (const auto* failed = std::get_if<media::Failed>(&event)) {
    end_with({.reason = reason_of(*failed, state_), .by = by(failed->side)});
    step(EventKind::kMediaFailed, failed->side);
  } else if (const auto* silent = std::get_if<media::Silent>(&event)) {
    end_with({.reason = Reason::kMediaSilent, .by = by(silent->side)});
    step(EventKind::kMediaFailed, silent->side);
  } else if (const auto* played = std::get_if<media::Played>(&event)) {
    end_with({.reason = Reason::kHangup, .by = by(played->side)});
    step(EventKind::kLegEnded, played->side);
  } else if (const auto* first = std::get_if<media::FirstPacket>(&event)) {
    first_packet_[media::index(first->side)] = true;
  } else if (const auto* digit = std::get_if<media::Digit>(&event)) {
    pending_digits_.assign(1, digit->digit);
    log::debug("call.digit", {{"call", id_.value()}, {"sip_call_id", sip_call_id()}});
    step(EventKind::kDigits, digit->side);
  }
}

// ---- the table at work

void Call::step(EventKind kind, Side side) {
  const Step next = transition(state_, {kind, side});
  if (next.next != state_) {
    log::debug("call.state",
               {{"call", id_.value()}, {"sip_call_id", sip_call_id()}, {"state", name(next.next)}});
  }
  state_ = next.next;
  for (const Action action : next.actions) perform(action, side);
}

void Call::perform(Action action, Side side) {
  switch (action) {
    case Action::kDescribeA:
      return describe_a();
    case Action::kPrepareB:
      return b_->prepare();
    case Action::kOfferB:
      return offer_b();
    case Action::kRingA:
      return a_->ring();
    case Action::kEarlyA:
      return a_->early();
    case Action::kApply:
      return apply(side);
    case Action::kTalk:
      return talk();
    case Action::kAnswerReoffer:
      return answer_reoffer(side);
    case Action::kRefuseReoffer:
      return leg(side).refuse_reoffer(Reason::kNotSupported);
    case Action::kSendDigits:
      return send_digits(media::other(side));
    case Action::kEndA:
      return a_->end(*ending_);
    case Action::kEndB:
      return b_->end(*ending_);
    case Action::kCloseMedia:
      return close_media();
    case Action::kReport:
      return report();
  }
}

// A's offer is answered before B is even asked, so that a browser's ICE and DTLS are done while the
// phone rings; what B says later changes the plan, not this description.
void Call::describe_a() {
  Agreement& a = agreement(Side::kA);
  Described described;
  if (offer_.empty()) {
    described = make_offer(std::move(a), services_.policy);
  } else {
    Negotiated<Described> answered = answer_offer(a, offer_, services_.policy);
    if (const auto* objection = std::get_if<Objection>(&answered)) return object(*objection);
    described = std::move(std::get<Described>(answered));
    offer_.clear();
  }
  a = std::move(described.agreement);
  push_plan(Sound::kNone);  // first: the browser's checks may be here before this function ends
  a_->describe(std::move(described.sdp));
}

void Call::offer_b() {
  Agreement& b = agreement(Side::kB);
  std::string sdp;
  if (is_inside(b.kind)) {
    b = inside_of(b.kind, agreement(Side::kA));
  } else {
    Described offered = make_offer(std::move(b), services_.policy);
    b = std::move(offered.agreement);
    sdp = std::move(offered.sdp);
  }
  push_plan(Sound::kNone);
  b_->invite({.sdp = std::move(sdp), .caller = caller_, .callee = callee_});
}

void Call::apply(Side side) {
  Agreement& one = agreement(side);
  if (!is_inside(one.kind) && !pending_sdp_.empty()) {
    const auto standing = state_ == State::kEarly ? AnswerStanding::kEarly : AnswerStanding::kFinal;
    Negotiated<Agreement> taken = take_answer(one, pending_sdp_, standing, services_.policy);
    pending_sdp_.clear();
    if (const auto* objection = std::get_if<Objection>(&taken)) return object(*objection);
    one = std::move(std::get<Agreement>(taken));
  }
  if (!one.is_complete) {
    return object({Reason::kBadSdp, "the call was answered without a description of its media"});
  }
  push_plan(Sound::kOpen);
}

void Call::talk() {
  if (ending_) return;  // apply() found fault with the answer
  services_.control.cancel(timer_);
  timer_ = {};
  if (services_.limits.longest.count() > 0) {
    timer_ = services_.control.after(services_.limits.longest, [this] {
      timer_ = {};
      accept(Finish{Reason::kTimeLimit, EventKind::kTimeout});
    });
  }
  answered_ = services_.control.now();
  push_plan(Sound::kOpen);
  a_->talk();
  b_->talk();
  log::info("call.answered", {{"call", id_.value()},
                              {"sip_call_id", sip_call_id()},
                              {"ms", to_ms(*answered_ - began_mono_)}});
  services_.observer.on_call_answered(snapshot());
}

void Call::send_digits(Side to) {
  if (agreement(to).kind != EndpointKind::kRtp) return;
  if (agreement(to).event) {
    services_.engine.send_digits(media_, to, std::move(pending_digits_),
                                 std::chrono::milliseconds(100));
  } else {
    leg(to).send_digits(pending_digits_);
  }
}

void Call::answer_reoffer(Side side) {
  if (is_inside(agreement(side).kind)) {
    return leg(side).refuse_reoffer(Reason::kNotSupported);  // what is inside has nothing to change
  }
  if (pending_sdp_.empty()) {
    Described offered = make_offer(agreement(side), services_.policy);
    agreement(side) = std::move(offered.agreement);
    return leg(side).accept_reoffer(std::move(offered.sdp));
  }
  Negotiated<Described> answered = answer_offer(agreement(side), pending_sdp_, services_.policy);
  pending_sdp_.clear();
  if (const auto* objection = std::get_if<Objection>(&answered)) {
    log::warn("call.reoffer_refused",
              {{"call", id_.value()}, {"sip_call_id", sip_call_id()}, {"why", objection->text}});
    return leg(side).refuse_reoffer(objection->reason);
  }
  auto& described = std::get<Described>(answered);
  agreement(side) = std::move(described.agreement);
  push_plan(sound_);
  leg(side).accept_reoffer(std::move(described.sdp));
}

void Call::push_plan(Sound sound) {
  sound_ = sound;
  media::MediaPlan plan = make_plan(agreements_[0], agreements_[1], sound, services_.policy);
  if (media_is_open_) {
    services_.engine.change(media_, std::move(plan));
  } else {
    media_is_open_ = true;
    services_.engine.open(media_, std::move(plan));
  }
}

void Call::object(const Objection& objection) {
  log::warn("call.bad_sdp",
            {{"call", id_.value()}, {"sip_call_id", sip_call_id()}, {"why", objection.text}});
  fail(objection.reason);
}

void Call::end_with(Ending ending) {
  if (!ending_) ending_ = std::move(ending);
}

void Call::close_media() {
  if (media_ == MediaId()) {
    if (state_ == State::kEnding) accept(media::MediaEvent(media::Stats{.final = true}));
    return;
  }
  if (state_ == State::kEnded) return;
  services_.engine.close(media_);
}

void Call::report() {
  services_.control.cancel(timer_);
  timer_ = {};
  const Ending& ending = *ending_;
  log::info("call.ended",
            {{"call", id_.value()},
             {"sip_call_id", sip_call_id()},
             {"reason", row(ending.reason).name},
             {"by", ending.by == EndedBy::kA   ? "a"
                    : ending.by == EndedBy::kB ? "b"
                                               : "gateway"},
             {"sip_status", ending.sip_status},
             {"sip_reason", ending.sip_reason},
             {"q850", ending.q850},
             {"warning", ending.warning},
             {"retry_after", ending.retry_after.count()},
             {"seconds", answered_ ? to_ms(services_.control.now() - *answered_) / 1000 : 0},
             {"sip_call_id",
              b_->info().protocol == "sip" ? b_->info().protocol_id : a_->info().protocol_id}});
  services_.observer.on_call_ended(snapshot());
}

std::string Call::sip_call_id() const {
  for (const Leg* leg : {b_.get(), a_.get()}) {
    if (LegInfo info = leg->info(); info.protocol == "sip") return std::move(info.protocol_id);
  }
  return {};
}

Snapshot Call::snapshot() const {
  Snapshot s;
  s.id = id_;
  s.state = state_;
  s.legs = {a_->info(), b_->info()};
  s.began = began_;
  s.age = services_.control.now() - began_mono_;
  if (answered_) s.since_answer = services_.control.now() - *answered_;
  s.media = stats_;
  s.media_connected = is_connected_;
  s.first_packet = first_packet_;
  s.plan = make_plan(agreements_[0], agreements_[1], sound_, services_.policy);
  s.ending = ending_;
  return s;
}

}  // namespace patchcord::call
