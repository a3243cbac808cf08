// SPDX-License-Identifier: GPL-3.0-or-later
// Pipe: one direction of one audio track, from what one endpoint received to what the other sends.
//
//   source packets --push--> [ silence until sound | relay | transcode ] --send--> PacketSink
//                                              \                          /
//                                               +---- rtp::Rewriter -----+   ssrc, numbers,
//                                               timeline
//
// The outgoing stream itself (rtp::Rewriter) belongs to the owner and outlives pipes: when a plan
// changes, the new pipe goes on in the same SSRC, sequence and timeline. DTMF is the owner's too:
// it takes Rewriter::insert() and timestamp_at() for the event packets and keeps the audio back
// meanwhile with set_output(). A pipe knows no endpoint, no address, no RTCP and no clock.
// No allocation after it is made.
// Thread: media. Owner: bridge.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/counters.h"
#include "core/time.h"
#include "media/plan.h"
#include "rtp/packet.h"
#include "rtp/rewriter.h"

namespace patchcord::media {

// Bytes that may be written behind a packet given to a PacketSink (an SRTP tag). The owner leaves
// as many behind each packet it pushes.
inline constexpr size_t kTailroom = 64;

class PacketSink {
 public:
  virtual ~PacketSink() = default;
  // The packet is finished, may be encrypted in place, and is valid until this returns.
  virtual void send(rtp::Packet& packet, MonoTime now) = 0;
};

enum class PipeCount : uint8_t {
  kIn,         // packets pushed
  kOut,        // packets sent, silence included
  kSilence,    // of these, made by us because the source was silent
  kHeldBack,   // not sent because a digit was sounding
  kLost,       // never came, or came too late
  kRecovered,  // of the lost, restored from redundancy in the next packet (FEC)
  kReordered,  // came late, but in time
  kLate,       // came after its gap had been filled
  kDuplicate,  // came twice
  kUnknown,    // a payload type that is not in the plan (or a telephone-event)
  kGarbage,    // a payload its codec refused
  kRestart,    // the source began a new stream (SSRC, numbers or timestamps)
  kCount
};
using PipeCounters = Counters<PipeCount>;

class Pipe {
 public:
  enum class Output : uint8_t { kOpen, kHeldBack };

  virtual ~Pipe() = default;

  // The destination can be sent to (DTLS is up, the address is known); before that on_time() sends
  // nothing. Calling it again changes nothing.
  virtual void start(MonoTime now) = 0;

  // Every packet of the source's track, also the telephone-events that the owner has taken note of:
  // they are left out without a gap. The packet may be changed and sent in place.
  virtual void push(rtp::Packet& packet, MonoTime now, PacketSink& out) = 0;

  // What time brings: held packets, fillings, silence. To be called at next_deadline() or later.
  virtual void on_time(MonoTime now, PacketSink& out) = 0;
  virtual MonoTime next_deadline() const = 0;  // kNever: nothing is waiting

  // kHeldBack: packets are not sent while a digit sounds, yet time goes on (RFC 4733 2.5.1.3).
  virtual void set_output(Output output) = 0;
  // The loss the destination reported, 0..100 percent; an encoder protects by it.
  virtual void set_packet_loss(int /*percent*/) {}

  // "opus/48000 > reorder > pcm 8000 > pcma/8000"
  virtual std::string describe() const = 0;
  virtual PipeCounters counters() const = 0;
};

struct PipeSettings {
  // A browser hears silent packets from start() until the first sound, so that its receiver is
  // warm and a far end that waits for media is content. A phone gets none.
  enum class Lead : uint8_t { kNothing, kSilence } lead = Lead::kNothing;
  int opus_complexity = 5;  // 0..10
  // A destination whose codec has no DTX (G.711, G.722) expects a steady stream: while the source
  // pauses, silence or comfort noise is sent for at most so long.
  Duration fill_limit = std::chrono::seconds(60);
};

// The pipe a plan asks for: silence only (Flow::kSilence), relay where a source format is among the
// destination's, transcoding for all others. Null when plan.to names no format we can send.
std::unique_ptr<Pipe> make_pipe(const AudioPlan& plan, const PipeSettings& settings,
                                rtp::Rewriter& stream);

}  // namespace patchcord::media
