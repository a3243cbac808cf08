// SPDX-License-Identifier: GPL-3.0-or-later
// RelayPipe: the same codec on both sides, so the payload goes on untouched, in the buffer it came
// in, in the order and at the moment it came: the far receiver does its own repair.
//
//   packet ─▶ payload type known? ─▶ strip ─▶ rtp::Rewriter ─▶ PacketSink
//                 └ no: left out, no gap      ssrc, number, timestamp, payload type
//
// Thread: media. Owner: bridge.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>

#include "media/pipe.h"
#include "media/silence_source.h"

namespace patchcord::media {

// Does the plan relay packets of this source format, and under which payload type?
std::optional<PayloadType> relayed_as(const AudioPlan& plan, const AudioFormat& from);

class RelayPipe final : public Pipe {
 public:
  // plan.to must not be empty.
  RelayPipe(const AudioPlan& plan, const PipeSettings& settings, rtp::Rewriter& stream);

  void start(MonoTime now) override;
  void push(rtp::Packet& packet, MonoTime now, PacketSink& out) override;
  void on_time(MonoTime now, PacketSink& out) override { silence_.on_time(now, out, counters_); }
  MonoTime next_deadline() const override { return silence_.next_deadline(); }
  void set_output(Output output) override;
  std::string describe() const override;
  PipeCounters counters() const override { return counters_; }

  void stop_silence() { silence_.stop(); }  // another pipe is about to feed the stream
  bool relays(PayloadType type) const { return map_[type.value() & 127] != kDrop; }

 private:
  static constexpr uint8_t kDrop = 0xFF;
  static constexpr size_t kWindow = 128;

  bool is_repeat(uint16_t sequence);

  rtp::Rewriter& stream_;
  const PipeSettings::Lead lead_;
  SilenceSource silence_;
  std::array<uint8_t, 128> map_;  // by the source's payload type
  std::string name_;
  Output output_ = Output::kOpen;
  bool has_heard_ = false;
  bool is_talkspurt_ = false;
  // Which of the last numbers were sent, the newest at bit 0. A repeat with another payload would
  // be encrypted with the same key stream as the first (RFC 3711 9.1, RFC 7714 13).
  std::optional<uint16_t> newest_;
  std::bitset<kWindow> sent_;
  PipeCounters counters_;
};

}  // namespace patchcord::media
