// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/relay_pipe.h"

#include <fmt/format.h>

#include <utility>

#include "media/format_name.h"
#include "rtp/sequence.h"

namespace patchcord::media {

std::optional<PayloadType> relayed_as(const AudioPlan& plan, const AudioFormat& from) {
  for (const AudioFormat& to : plan.to) {
    if (to.codec == from.codec && to.clock_rate == from.clock_rate) return to.payload_type;
  }
  return std::nullopt;
}

RelayPipe::RelayPipe(const AudioPlan& plan, const PipeSettings& settings, rtp::Rewriter& stream)
    : stream_(stream), lead_(settings.lead), silence_(plan.to.front(), stream) {
  map_.fill(kDrop);
  for (const AudioFormat& from : plan.from) {
    const auto to = relayed_as(plan, from);
    if (!to) continue;
    map_[from.payload_type.value() & 127] = to->value();
    if (name_.empty()) name_ = format_name(from);
  }
}

void RelayPipe::start(MonoTime now) {
  if (lead_ == PipeSettings::Lead::kSilence && !has_heard_) silence_.start(now);
}

void RelayPipe::push(rtp::Packet& packet, MonoTime now, PacketSink& out) {
  counters_.add(PipeCount::kIn);
  const uint8_t type = map_[packet.payload_type().value() & 127];
  if (type == kDrop || output_ == Output::kHeldBack) {
    stream_.skip(packet.header(), now);
    is_talkspurt_ = true;
    return counters_.add(type == kDrop ? PipeCount::kUnknown : PipeCount::kHeldBack);
  }
  if (!std::exchange(has_heard_, true)) silence_.stop();
  packet.strip();
  const auto place = stream_.rewrite(packet, PayloadType(type), now);
  if (!place) return counters_.add(PipeCount::kLate);
  if (is_repeat(place->sequence)) return counters_.add(PipeCount::kDuplicate);
  if (std::exchange(is_talkspurt_, false) || place->is_switch) packet.set_marker(true);
  counters_.add(PipeCount::kOut);
  out.send(packet, now);
}

void RelayPipe::set_output(Output output) {
  output_ = output;
  silence_.set_output(output);
}

std::string RelayPipe::describe() const {
  return fmt::format("{} > relay > {}", name_, name_);
}

bool RelayPipe::is_repeat(uint16_t sequence) {
  // What lies before this pipe's first packet may have been sent by the pipe before it.
  if (!newest_) sent_.set();
  const int ahead = newest_ ? rtp::wrapped_distance(*newest_, sequence) : 1;
  if (ahead > 0) {
    // Numbers passed over were never sent by us, except what was inserted: the Rewriter refuses
    // those by itself.
    sent_ <<= static_cast<size_t>(ahead);
    sent_.set(0);
    newest_ = sequence;
    return false;
  }
  const auto behind = static_cast<size_t>(-ahead);
  if (behind >= kWindow || sent_.test(behind)) return true;
  sent_.set(behind);
  return false;
}

}  // namespace patchcord::media
