// SPDX-License-Identifier: GPL-3.0-or-later
// Digits as RTP telephone events: TelephoneEventReceiver says each digit once, whatever the number
// of packets that carried it; TelephoneEventSender turns queued digits into paced packets.
// Not tones in the audio, and not SIP INFO. Neither sends anything: the caller has the socket, the
// sequence numbers and the payload type (rtp/rewriter).
// Thread: media; one per stream and direction. RFC 4733.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/id.h"
#include "core/time.h"
#include "rtp/packet.h"

namespace patchcord::rtp {

// The payload, RFC 4733 section 2.3.
struct TelephoneEvent {
  static constexpr size_t kSize = 4;
  uint8_t event = 0;  // 0..15 are digits
  bool is_end = false;
  uint8_t volume = 0;     // -dBm0, 0..63
  uint16_t duration = 0;  // ticks of the RTP clock since the packet's timestamp

  // Nothing if the payload is shorter than 4 bytes; what follows them is left alone.
  static std::optional<TelephoneEvent> parse(ByteSpan payload);
  std::array<uint8_t, kSize> bytes() const;
};

std::optional<char> digit_of(uint8_t event);  // 0123456789*#ABCD
std::optional<uint8_t> event_of(char digit);  // also a..d

class TelephoneEventReceiver {
 public:
  static constexpr size_t kMaxDigitsPerSecond = 10;

  struct Dropped {
    uint64_t malformed = 0;
    uint64_t not_a_digit = 0;
    uint64_t over_rate = 0;
  };

  explicit TelephoneEventReceiver(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // A packet of the negotiated telephone-event payload type. Gives the digit with the first packet
  // seen of an event (its start, or its end if the rest was lost) and nothing for all others. At
  // most kMaxDigitsPerSecond in any second.
  std::optional<char> receive(const Packet& packet, MonoTime now);

  // Is a key held down? The audio of that time is the same tone once more. Ends with the event's
  // end packet, 250 ms without a packet, or 5 s after the event began.
  bool is_active(MonoTime now) const;

  const Dropped& dropped() const { return dropped_; }

 private:
  struct Current {
    Ssrc ssrc;
    uint32_t timestamp = 0;
    uint8_t event = 0;
    uint16_t duration = 0;
    bool has_ended = false;
    MonoTime began;
    MonoTime last_packet;
  };

  enum class Relation : uint8_t { kNew, kSame, kOlder };
  Relation relation(const Packet& packet, const TelephoneEvent& event, MonoTime now) const;
  bool is_continued(const Packet& packet, const TelephoneEvent& event, MonoTime now) const;
  bool is_over_rate(MonoTime now);

  uint32_t clock_rate_;
  std::optional<Current> current_;
  std::array<MonoTime, kMaxDigitsPerSecond> given_{};  // a ring of the last digits' times
  size_t given_count_ = 0;
  Dropped dropped_;
};

class TelephoneEventSender {
 public:
  static constexpr size_t kMaxQueue = 64;
  static constexpr Duration kMinTone = std::chrono::milliseconds(100);
  static constexpr Duration kMinGap = std::chrono::milliseconds(50);

  struct Event {         // one packet to send; its sequence number is the stream's next
    uint32_t timestamp;  // that of the stream when the event began, in each of its packets
    bool marker;         // on the first packet of an event
    std::array<uint8_t, TelephoneEvent::kSize> payload;
  };

  // clock_rate: that of the negotiated telephone-event, which is that of the audio of the stream.
  explicit TelephoneEventSender(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // False if it is no digit or kMaxQueue are waiting. The tone is held to 100 ms .. what 16 bits of
  // duration can say (8.1 s at 8000 Hz, 1.3 s at 48000 Hz).
  bool queue(char digit, Duration tone = kMinTone);

  // The packet due at `now`, if one is; ask again until there is none. `stream_timestamp` is the
  // outgoing timestamp at `now` (Rewriter::timestamp_at); it is used when an event begins.
  std::optional<Event> next(MonoTime now, uint32_t stream_timestamp);

  MonoTime next_time() const;  // when next() has something; kNever: nothing is queued
  // From the first packet of a digit to its last: the audio of the stream is kept back (skip()).
  bool is_sending() const { return step_ > 0; }
  size_t queued() const { return count_; }  // the one being sent included

 private:
  struct Digit {
    uint8_t event = 0;
    uint16_t duration = 0;  // ticks
  };

  uint32_t ticks_per_packet() const { return std::max(1u, clock_rate_ / 50); }
  uint32_t tone_packets(const Digit& digit) const;  // until the end packet, that one included
  Event event_packet(const Digit& digit) const;
  void advance(const Digit& digit, MonoTime now);

  uint32_t clock_rate_;
  std::array<Digit, kMaxQueue> digits_{};  // a ring
  size_t first_ = 0;
  size_t count_ = 0;
  uint32_t step_ = 0;       // packets sent of the first digit
  uint32_t timestamp_ = 0;  // of the event being sent
  MonoTime next_due_ = MonoTime::min();
};

}  // namespace patchcord::rtp
