// SPDX-License-Identifier: GPL-3.0-or-later
// Attack: what somebody does to calls while they are made and talk. Which ones there are, by name:
// attacks.h.
// Thread: that of the loop. Owner: main.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/random.h"
#include "metronome.h"
#include "net/wire.h"
#include "options.h"

namespace patchcord::loadgen {

class Call;

enum class Path : uint8_t { kToPhone, kToBrowser };

class Attack {
 public:
  virtual ~Attack() = default;
  virtual void on_call_invited(Call& call) = 0;  // the phone rings: its media address is known
  virtual void on_call_talking(Call& call) = 0;
  virtual void on_call_over(Call& call) = 0;
  // One end is the attacker itself: what comes from it is not judged.
  virtual bool spoils(const Call&, Path) const { return false; }
  // What to say of it, as names and numbers.
  using Counts = std::vector<std::pair<std::string, uint64_t>>;
  virtual Counts counts() const = 0;
};

// What attacks stand on; it outlives them.
struct AttackGround {
  const Options& options;
  net::Loop& loop;
  net::Wire& wire;
  Metronome& metronome;
  Random& random;
};

// Somebody at an address of the loopback that has nothing to do with any call (127.0.0.66). Nothing
// may ever be sent to it.
class Stranger {
 public:
  explicit Stranger(const AttackGround& ground);
  ~Stranger();

  void send(ByteSpan datagram, const SocketAddress& to);
  uint64_t sent() const { return sent_; }
  uint64_t received() const { return received_; }

 private:
  net::Loop& loop_;
  std::unique_ptr<net::Port> port_;
  uint64_t sent_ = 0, received_ = 0;
};

}  // namespace patchcord::loadgen
