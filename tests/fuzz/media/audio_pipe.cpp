// SPDX-License-Identifier: GPL-3.0-or-later
// Arbitrary RTP packets and steps of time into every kind of pipe. Whatever comes, the outgoing
// stream is one: no number is used twice, payload types are those of the plan, time goes on, and
// timers advance.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>

#include "codec/registry.h"
#include "media/pipe.h"
#include "rtp/sequence.h"

using namespace patchcord;
using namespace patchcord::media;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

AudioFormat format(codec::AudioCodec codec, uint8_t type) {
  const codec::Spec& spec = codec::spec(codec);
  return {PayloadType(type), codec, spec.clock_rate, spec.channels, {}};
}

AudioPlan plan(uint8_t choice) {
  using codec::AudioCodec;
  const AudioFormat formats[] = {format(AudioCodec::kOpus, 111), format(AudioCodec::kPcma, 8),
                                 format(AudioCodec::kPcmu, 0), format(AudioCodec::kG722, 9)};
  AudioPlan plan;
  plan.flow = AudioPlan::Flow::kOpen;
  plan.from.assign(formats, formats + 4);
  plan.from.push_back(format(AudioCodec::kComfortNoise, 13));
  plan.to = {formats[choice & 3]};
  if (choice & 4) plan.from.erase(plan.from.begin() + (choice & 3));  // else relayed
  plan.ptime = std::chrono::milliseconds(10 * (1 + (choice >> 3) % 6));
  return plan;
}

class CheckingSink final : public PacketSink {
 public:
  explicit CheckingSink(PayloadType type) : type_(type) {}
  void send(rtp::Packet& packet, MonoTime) override {
    require(packet.payload_type() == type_ && packet.ssrc() == Ssrc(7));
    use(packet.sequence());
    packet.bytes().data()[packet.bytes().size() + kTailroom - 1] = 1;  // the room is there
  }
  void use(uint16_t sequence) {
    require(!used_.test(sequence));
    used_.set(sequence);
  }

 private:
  const PayloadType type_;
  std::bitset<65536> used_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader({data, size});
  const AudioPlan chosen = plan(reader.u8());
  rtp::Rewriter stream({Ssrc(7), reader.u16(), reader.u32(), chosen.to.front().clock_rate});
  const auto lead = reader.u8() & 1 ? PipeSettings::Lead::kSilence : PipeSettings::Lead::kNothing;
  const auto pipe = make_pipe(chosen, {.lead = lead, .opus_complexity = 0}, stream);
  require(pipe != nullptr);
  CheckingSink sink(chosen.to.front().payload_type);
  MonoTime now(std::chrono::hours(1));
  pipe->start(now);
  std::array<uint8_t, 600 + kTailroom> buffer;
  for (int step = 0; step < 64 && reader.remaining() > 0; ++step) {
    const uint8_t act = reader.u8();
    now += std::chrono::milliseconds(1) * (act & 0x80 ? reader.u16() : act & 31);
    for (int i = 0; pipe->next_deadline() <= now; ++i) {
      const MonoTime due = pipe->next_deadline();
      pipe->on_time(i < 8 ? due : now, sink);
      require(pipe->next_deadline() > due && i < 100);
    }
    if (act & 0x40) {
      pipe->set_output(act & 1 ? Pipe::Output::kHeldBack : Pipe::Output::kOpen);
      pipe->set_packet_loss(act & 31);
      if (act & 2) sink.use(stream.insert(now));
      continue;
    }
    rtp::Header header{PayloadType(reader.u8() & 127), reader.u16(), reader.u32(),
                       Ssrc(act & 32 ? 2 : 1), false};
    const ByteSpan payload = reader.bytes(std::min<size_t>(reader.u8() * 2U, reader.remaining()));
    rtp::write_header(buffer, header);
    std::copy(payload.begin(), payload.end(), buffer.begin() + rtp::kFixedHeaderSize);
    auto packet =
        rtp::Packet::parse(std::span(buffer).first(rtp::kFixedHeaderSize + payload.size()));
    require(packet.has_value());
    pipe->push(*packet, now, sink);
  }
  require(!pipe->describe().empty());
  return 0;
}
