// SPDX-License-Identifier: GPL-3.0-or-later
// Lane: one direction of a bridge's audio: the pipe the plan asks for, the outgoing stream it
// writes (which outlives every pipe, so that SSRC, numbering and timeline go on through each
// change), and the digits that travel in that stream.
//
//   source ──forward──▶ telephone-event? ──▶ Digit
//                  `──▶ pipe ──▶ stream ──▶ destination (PacketSink)
//   send_digits ──────────────▶ stream ──▶
//
// Thread: media. Owner: Bridge. RFC 4733 for the digits.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/id.h"
#include "core/time.h"
#include "media/pipe.h"
#include "media/plan.h"
#include "rtp/packet.h"
#include "rtp/rewriter.h"
#include "rtp/telephone_event.h"

namespace patchcord::media {

// How our stream to an endpoint begins; drawn at random (RFC 3550 5.1).
struct StreamStart {
  Ssrc ssrc;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
};

class Lane {
 public:
  // The destination must outlive the lane.
  Lane(const StreamStart& start, const PipeSettings& settings, PacketSink& destination);

  void set_plan(const AudioPlan& plan, MonoTime now);
  const AudioPlan& plan() const { return plan_; }

  void start(MonoTime now);  // the destination can be sent to; repeated: nothing
  // A packet of the source, telephone-events included. The digit, once per press.
  std::optional<char> forward(rtp::Packet& packet, MonoTime now);
  // False: not a digit, no telephone-event towards this destination, or too many are waiting.
  bool send_digit(char digit, Duration tone);

  void on_time(MonoTime now);
  MonoTime next_deadline() const;
  void set_packet_loss(int percent);
  std::string describe() const;  // "nothing" without a pipe

 private:
  void renew_stream(uint32_t clock_rate, MonoTime now);
  void renew_pipe(MonoTime now);
  void renew_events(const AudioPlan& before);
  std::optional<char> hear_event(const rtp::Packet& packet, MonoTime now);
  void send_event(const rtp::TelephoneEventSender::Event& event, MonoTime now);

  const StreamStart start_;
  const PipeSettings settings_;
  PacketSink& destination_;
  AudioPlan plan_;
  std::optional<rtp::Rewriter> stream_;  // before pipe_, which refers to it
  std::unique_ptr<Pipe> pipe_;
  bool is_started_ = false;
  int packet_loss_ = 0;
  std::optional<rtp::TelephoneEventReceiver> heard_events_;
  std::optional<rtp::TelephoneEventSender> sent_events_;
};

}  // namespace patchcord::media
