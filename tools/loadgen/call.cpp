// SPDX-License-Identifier: GPL-3.0-or-later
#include "call.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "attack.h"
#include "codec/registry.h"
#include "sdp/session.h"

namespace patchcord::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLongestRinging = milliseconds(300);
constexpr Duration kUntilCancel = milliseconds(60);
constexpr Duration kPatience = seconds(45);  // with what is not talk

struct Form {
  codec::AudioCodec codec;
  PayloadType type;
  std::string_view rtpmap;
};
constexpr std::array<Form, 4> kForms{{
    {codec::AudioCodec::kOpus, PayloadType(111), "opus/48000/2"},
    {codec::AudioCodec::kPcma, PayloadType(8), "PCMA/8000"},
    {codec::AudioCodec::kPcmu, PayloadType(0), "PCMU/8000"},
    {codec::AudioCodec::kG722, PayloadType(9), "G722/8000"},
}};

const Form& form_of(codec::AudioCodec codec) {
  return *std::find_if(kForms.begin(), kForms.end(), [&](auto& f) { return f.codec == codec; });
}

std::optional<codec::AudioCodec> codec_of(PayloadType type) {
  const auto found =
      std::find_if(kForms.begin(), kForms.end(), [&](auto& f) { return f.type == type; });
  if (found == kForms.end()) return std::nullopt;
  return found->codec;
}

Numbers numbers_for(Random& random, codec::AudioCodec codec) {
  return Numbers::draw(random, form_of(codec).type, codec::spec(codec).clock_rate);
}

// Another certificate's, as far as anybody can tell.
std::string spoilt(std::string fingerprint) {
  fingerprint.back() = fingerprint.back() == '0' ? '1' : '0';
  return fingerprint;
}

}  // namespace

Call::Call(Stage& stage, uint64_t number, Script script, Page& page)
    : stage_(stage),
      number_(number),
      script_(script),
      page_(page),
      name_(std::to_string(5'000'000 + number)),
      to_phone_(stage.choir.browser(number), stage.totals.delay_to_phone),
      to_browser_(stage.choir.phone(number), stage.totals.delay_to_browser),
      browser_(stage.wire, stage.loop, stage.dtls, stage.random,
               numbers_for(stage.random, stage.options.browser_codec),
               [this](const rtp::Packet& packet) { hear_at_browser(packet); }),
      phone_(stage.wire, stage.loop, numbers_for(stage.random, stage.options.phone_codec),
             [this](const rtp::Packet& packet) { hear_at_phone(packet); }) {
  stage_.phones.join(name_, *this);
  stage_.metronome.add(*this);
}

Call::~Call() {
  page_.set_call("", nullptr);
  stage_.phones.leave(name_);
  stage_.metronome.remove(*this);
}

void Call::hear_at_browser(const rtp::Packet& packet) {
  if (const auto codec = codec_of(packet.payload_type())) {
    to_browser_.hear(*codec, packet, stage_.loop.now(), stage_.metronome.since_stall());
  }
}

void Call::hear_at_phone(const rtp::Packet& packet) {
  if (packet.payload_type() == kEventType) {
    if (last_event_ != packet.timestamp()) ++events_at_phone_;
    last_event_ = packet.timestamp();
  } else if (const auto codec = codec_of(packet.payload_type())) {
    to_phone_.hear(*codec, packet, stage_.loop.now(), stage_.metronome.since_stall());
  }
}

void Call::begin() {
  called_at_ = stage_.loop.now();
  give_up_at_ = called_at_ + kPatience;
  page_.set_call(name_, this);
  wcs::Call call;
  call.call_id = name_;
  call.callee = name_;
  call.sdp = offer();
  page_.send(call);
}

// The browser sends the codec it names first; the phone's is offered too, so that the gateway has
// the choice it has with a real one.
std::string Call::offer() const {
  const Form& own = form_of(stage_.options.browser_codec);
  const Form& other = form_of(stage_.options.phone_codec);
  const bool is_one = own.codec == other.codec || own.codec != codec::AudioCodec::kOpus;
  std::string types = fmt::format("{}", own.type.value());
  std::string maps = fmt::format("a=rtpmap:{} {}\r\n", own.type.value(), own.rtpmap);
  if (!is_one) {
    types += fmt::format(" {}", other.type.value());
    maps += fmt::format("a=rtpmap:{} {}\r\n", other.type.value(), other.rtpmap);
  }
  const std::string& fingerprint = stage_.certificate.fingerprint();
  return fmt::format(
      "v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF {} 101\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
      "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:actpass\r\na=mid:0\r\n"
      "a=sendrecv\r\n{}a=rtpmap:101 telephone-event/8000\r\n",
      number_, types, browser_.ice().ufrag, browser_.ice().pwd,
      script_ == Script::kWrongFingerprint ? spoilt(fingerprint) : fingerprint, maps);
}

std::string Call::phone_sdp() const {
  if (script_ == Script::kBadSdp) return "v=0\r\nm=audio\r\nthis is no description\r\n";
  const Form& form = form_of(stage_.options.phone_codec);
  return fmt::format(
      "v=0\r\no=- {0} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
      "m=audio {1} RTP/AVP {2} 101\r\na=rtpmap:{2} {3}\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n",
      number_, phone_.port(), form.type.value(), form.rtpmap);
}

// ---- what happens

void Call::on_answer_sdp(const std::string& sdp) {
  if (script_ == Script::kNoIce) return;
  const auto session = sdp::parse(sdp);
  if (!session || session->media.empty() || session->media[0].candidates.empty()) {
    return blame("the gateway's description cannot be used");
  }
  const sdp::Media& audio = session->media[0];
  const auto& fingerprints = session->fingerprints_of(audio);
  const auto ip = IpAddress::parse(audio.candidates[0].address);
  if (!ip || fingerprints.empty()) return blame("the gateway's description cannot be used");
  browser_.connect({session->ice_ufrag_of(audio), session->ice_pwd_of(audio)},
                   fingerprints[0].hash + " " + fingerprints[0].value,
                   {*ip, audio.candidates[0].port});
}

void Call::on_invited(Line& line) {
  const MonoTime now = stage_.loop.now();
  was_invited_ = true;
  line_ = &line;
  if (state_ == State::kCalling) state_ = State::kRinging;
  if (const int status = row(script_).phone_says) return line.refuse(status);
  line.ring();
  phone_.set_remote(line.media());
  stage_.totals.to_invite.add(now - called_at_);
  if (stage_.attack) stage_.attack->on_call_invited(*this);
  if (script_ == Script::kCancelled) {
    cancel_at_ = now + kUntilCancel;
  } else if (script_ != Script::kNoAnswer) {
    answer_at_ =
        now + milliseconds(stage_.random.below(static_cast<uint32_t>(to_ms(kLongestRinging))));
  }
}

void Call::on_acknowledged() {
  acknowledged_at_ = stage_.loop.now();
}

void Call::on_line_ended() {
  is_line_over_ = true;
  line_ = nullptr;
  if (state_ == State::kTalking && script_ == Script::kTalk) blame("the gateway hung up");
  if (state_ == State::kTalking) end_talk();
}

void Call::on_talk() {
  has_talk_ = true;
}

void Call::on_finish(const wcs::Finish& finish) {
  is_page_over_ = true;
  reason_ = finish.cause.reason;
  stop_listening();
  if (state_ != State::kEnding) state_ = State::kEnding;
}

void Call::on_page_gone() {
  is_page_over_ = true;
  blame("the gateway closed the page's socket");
}

// ---- what we do

void Call::on_tick(MonoTime now) {
  if (state_ == State::kOver) return;
  const bool is_tab_gone = script_ == Script::kSocketLost && state_ == State::kEnding;
  if (!is_tab_gone) browser_.on_tick(now);
  if (!is_connected_ && browser_.is_connected()) {
    is_connected_ = true;
    stage_.totals.to_connected.add(now - called_at_);
  }
  act(now);
  speak(now);
  check_over(now);
}

void Call::act(MonoTime now) {
  if (cancel_at_ <= now) {
    cancel_at_ = kNever;
    page_.send(wcs::Hangup{name_});
  }
  if (answer_at_ <= now) {
    answer_at_ = kNever;
    if (line_) line_->answer(phone_sdp());
  }
  const bool is_up = is_connected_ && has_talk_ && acknowledged_at_;
  if (state_ == State::kRinging && is_up) begin_talk(now);
  if (state_ == State::kTalking && end_at_ <= now) end_talk();
}

// Each end speaks as soon as it may; nobody waits for the other.
void Call::speak(MonoTime now) {
  if (state_ == State::kEnding) return;
  if (acknowledged_at_ && !is_line_over_) phone_.send(to_browser_.say(now));
  if (is_connected_ && has_talk_) browser_.send(to_phone_.say(now));
}

void Call::begin_talk(MonoTime now) {
  state_ = State::kTalking;
  const auto mean = static_cast<uint32_t>(stage_.options.talk.count());
  const Duration talk = milliseconds(mean / 2 + stage_.random.below(mean + 1));
  end_at_ = now + talk;
  give_up_at_ = end_at_ + kPatience;
  if (stage_.attack) stage_.attack->on_call_talking(*this);
}

void Call::stop_listening() {
  const Duration since_stall = stage_.metronome.since_stall();
  to_phone_.end(stage_.loop.now(), since_stall);
  to_browser_.end(stage_.loop.now(), since_stall);
}

void Call::end_talk() {
  state_ = State::kEnding;
  stop_listening();
  if (script_ == Script::kSocketLost) {
    page_.drop();
    is_page_over_ = true;
  } else if (script_ == Script::kPhoneVanished) {
    if (line_) line_->vanish();
    line_ = nullptr;
    is_line_over_ = true;
  } else if (!is_line_over_ && !is_page_over_ && number_ % 2 == 0 && line_) {
    line_->hang_up();
  } else if (!is_page_over_) {
    page_.send(wcs::Hangup{name_});
  }
}

void Call::check_over(MonoTime now) {
  const bool is_phone_done = is_line_over_ || !was_invited_;
  if (is_page_over_ && is_phone_done) {
    judge();
    if (script_ != Script::kNoIce && script_ != Script::kSocketLost) browser_.close();
    state_ = State::kOver;
  } else if (give_up_at_ <= now) {
    blame(fmt::format("not over in time: {}{}{}", is_connected_ ? "" : "no DTLS, ",
                      is_page_over_ ? "" : "the page was told nothing, ",
                      is_phone_done ? "" : "the phone was told nothing"));
    state_ = State::kOver;
  }
}

void Call::judge() {
  if (reason_ != row(script_).reason) {
    return blame(fmt::format("ended as \"{}\"", reason_));
  }
  const bool is_answered = row(script_).phone_says == 0 && script_ != Script::kNoIce &&
                           script_ != Script::kBadSdp && script_ != Script::kWrongFingerprint;
  if (!is_answered || !has_talk_) {
    if (script_ == Script::kTalk) blame("never answered");
    return;
  }
  judge(Path::kToPhone);
  judge(Path::kToBrowser);
  if (to_phone_.first_heard() && to_browser_.first_heard()) {
    const MonoTime both = std::max(*to_phone_.first_heard(), *to_browser_.first_heard());
    stage_.totals.to_sound.add(both - *acknowledged_at_);
  }
}

void Call::judge(Path which) {
  const bool is_to_phone = which == Path::kToPhone;
  const SoundPath& path = is_to_phone ? to_phone_ : to_browser_;
  if (stage_.attack && stage_.attack->spoils(*this, which)) return;
  (is_to_phone ? stage_.totals.to_phone : stage_.totals.to_browser) += path.figures();
  const std::string problem = path.problem(stage_.options.lost_percent, stage_.options.longest_gap);
  if (!problem.empty()) {
    blame(fmt::format("to the {}: {}", is_to_phone ? "phone" : "browser", problem));
  }
}

void Call::blame(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
}

}  // namespace patchcord::loadgen
