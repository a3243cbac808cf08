// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/telephone_event.h"

#include <string_view>

#include "rtp/sequence.h"

namespace patchcord::rtp {
namespace {

constexpr std::string_view kDigits = "0123456789*#ABCD";
constexpr uint8_t kVolume = 10;  // -10 dBm0, the loudest the telephone network likes
constexpr Duration kPacketTime = std::chrono::milliseconds(20);
constexpr Duration kSilence = std::chrono::milliseconds(250);
constexpr Duration kLongestEvent = std::chrono::seconds(5);
// RFC 4733 section 2.5.1.4: the end is sent three times.
constexpr uint32_t kEndRepeats = 2;
// How far back in a stream's time a packet is a late one and not a timeline that began anew.
constexpr int32_t kLateSeconds = 5;
constexpr uint32_t kLongestSegment = 0xffff;

}  // namespace

std::optional<TelephoneEvent> TelephoneEvent::parse(ByteSpan payload) {
  if (payload.size() < kSize) return std::nullopt;
  TelephoneEvent event;
  event.event = payload[0];
  event.is_end = (payload[1] & 0x80) != 0;
  event.volume = payload[1] & 0x3f;
  event.duration = load_be16(payload.data() + 2);
  return event;
}

std::array<uint8_t, TelephoneEvent::kSize> TelephoneEvent::bytes() const {
  return {event, static_cast<uint8_t>((is_end ? 0x80 : 0) | (volume & 0x3f)),
          static_cast<uint8_t>(duration >> 8), static_cast<uint8_t>(duration)};
}

std::optional<char> digit_of(uint8_t event) {
  if (event >= kDigits.size()) return std::nullopt;
  return kDigits[event];
}

std::optional<uint8_t> event_of(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const size_t at = kDigits.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<uint8_t>(at);
}

std::optional<char> TelephoneEventReceiver::receive(const Packet& packet, MonoTime now) {
  const auto event = TelephoneEvent::parse(packet.payload());
  if (!event) {
    ++dropped_.malformed;
    return std::nullopt;
  }
  const auto digit = digit_of(event->event);
  if (!digit) {
    ++dropped_.not_a_digit;
    return std::nullopt;
  }
  const Relation relation = this->relation(packet, *event, now);
  if (relation == Relation::kOlder) return std::nullopt;
  if (relation == Relation::kNew) {
    Current begun;
    begun.event = event->event;
    begun.began = now;
    current_ = begun;
  }
  current_->ssrc = packet.ssrc();
  current_->timestamp = packet.timestamp();
  current_->duration = event->duration;
  current_->has_ended |= event->is_end;
  current_->last_packet = now;
  if (relation == Relation::kSame) return std::nullopt;
  if (is_over_rate(now)) {
    ++dropped_.over_rate;
    return std::nullopt;
  }
  return digit;
}

bool TelephoneEventReceiver::is_active(MonoTime now) const {
  return current_ && !current_->has_ended && now - current_->last_packet < kSilence &&
         now - current_->began < kLongestEvent;
}

// RFC 4733 section 2.5.1.2: the timestamp names the event, all its packets have the same one.
TelephoneEventReceiver::Relation TelephoneEventReceiver::relation(const Packet& packet,
                                                                  const TelephoneEvent& event,
                                                                  MonoTime now) const {
  if (!current_) return Relation::kNew;
  if (packet.ssrc() == current_->ssrc) {
    const int32_t distance = wrapped_distance(current_->timestamp, packet.timestamp());
    if (distance == 0) return Relation::kSame;
    const int64_t late = int64_t{kLateSeconds} * clock_rate_;
    if (distance < 0 && distance > -late) return Relation::kOlder;
  }
  return is_continued(packet, event, now) ? Relation::kSame : Relation::kNew;
}

// One key still held down under another name: the sender changed its SSRC, moves the timestamp with
// each packet (some do), or the event is longer than a segment (RFC 4733 section 2.5.1.3).
bool TelephoneEventReceiver::is_continued(const Packet& packet, const TelephoneEvent& event,
                                          MonoTime now) const {
  if (current_->has_ended || packet.marker() || event.event != current_->event ||
      now - current_->last_packet >= kSilence) {
    return false;
  }
  const uint32_t later = packet.timestamp() - current_->timestamp;
  const bool is_next_segment =
      packet.ssrc() == current_->ssrc && (later == current_->duration || later == kLongestSegment);
  return event.duration > current_->duration || is_next_segment;
}

bool TelephoneEventReceiver::is_over_rate(MonoTime now) {
  MonoTime& oldest = given_[given_count_ % given_.size()];
  if (given_count_ >= given_.size() && now - oldest < std::chrono::seconds(1)) return true;
  oldest = now;
  ++given_count_;
  return false;
}

bool TelephoneEventSender::queue(char digit, Duration tone) {
  const auto event = event_of(digit);
  if (!event || count_ == kMaxQueue) return false;
  const Duration held = std::clamp<Duration>(tone, kMinTone, std::chrono::seconds(10));
  const uint32_t duration = std::clamp(to_ticks(held, clock_rate_), 1u, kLongestSegment);
  digits_[(first_ + count_) % kMaxQueue] = {*event, static_cast<uint16_t>(duration)};
  ++count_;
  return true;
}

std::optional<TelephoneEventSender::Event> TelephoneEventSender::next(MonoTime now,
                                                                      uint32_t stream_timestamp) {
  if (now < next_time()) return std::nullopt;
  const Digit digit = digits_[first_];
  if (step_ == 0) {
    timestamp_ = stream_timestamp;
    next_due_ = now;
  }
  const Event event = event_packet(digit);
  advance(digit, now);
  return event;
}

MonoTime TelephoneEventSender::next_time() const {
  return count_ == 0 ? kNever : next_due_;
}

uint32_t TelephoneEventSender::tone_packets(const Digit& digit) const {
  return (digit.duration + ticks_per_packet() - 1) / ticks_per_packet();
}

TelephoneEventSender::Event TelephoneEventSender::event_packet(const Digit& digit) const {
  TelephoneEvent event;
  event.event = digit.event;
  event.volume = kVolume;
  event.is_end = step_ + 1 >= tone_packets(digit);
  event.duration =
      event.is_end ? digit.duration : static_cast<uint16_t>((step_ + 1) * ticks_per_packet());
  return {timestamp_, step_ == 0, event.bytes()};
}

void TelephoneEventSender::advance(const Digit& digit, MonoTime now) {
  ++step_;
  // By the plan, so that a late turn does not stretch the digit; but never a burst to catch up.
  next_due_ += kPacketTime;
  if (next_due_ <= now) next_due_ = now + kPacketTime;
  if (step_ < tone_packets(digit) + kEndRepeats) return;
  step_ = 0;
  first_ = (first_ + 1) % kMaxQueue;
  --count_;
  next_due_ = now + kMinGap;
}

}  // namespace patchcord::rtp
