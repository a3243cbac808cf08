// SPDX-License-Identifier: GPL-3.0-or-later
// PortPool: pairs of UDP ports, even for RTP and the next for RTCP (RFC 3550 section 11), out of a
// range. The order of the pairs is drawn at random, so that a port is not guessed from the one
// before; a pair given back goes to the end of the line, so that what still comes for the old call
// finds nobody. Ports that another process holds are passed over.
// Thread: control. Owner: media::Engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/address.h"
#include "core/random.h"
#include "core/result.h"
#include "net/wire.h"

namespace patchcord::net {

// Two bound ports, closed when it dies; it may move to the thread that will use them.
struct PortPair {
  std::unique_ptr<Port> rtp;
  std::unique_ptr<Port> rtcp;
  uint16_t number() const { return rtp->local().port(); }  // the even one
};

class PortPool {
 public:
  // Pairs with both ports within [first, last]. `local` is the address to bind; wire must outlive
  // the pool.
  PortPool(Wire& wire, const IpAddress& local, uint16_t first, uint16_t last, Random& random);

  // Errors: kExhausted when no pair is free.
  Result<PortPair> lease();
  // The number of a pair that was leased and is closed by now.
  void give_back(uint16_t number);

  size_t size() const { return line_.size(); }
  size_t leased() const { return line_.size() - free_; }

 private:
  std::optional<PortPair> bind(uint16_t number);
  uint16_t take();
  void append(uint16_t number);

  Wire& wire_;
  IpAddress local_;
  std::vector<uint16_t> line_;  // a ring of free_ numbers that begins at first_
  size_t first_ = 0;
  size_t free_ = 0;
};

}  // namespace patchcord::net
