// SPDX-License-Identifier: GPL-3.0-or-later
#include "attack.h"

namespace patchcord::loadgen {

Stranger::Stranger(const AttackGround& ground)
    : loop_(ground.loop),
      port_(ground.wire.bind({IpAddress::v4(127, 0, 0, 66), 0}, net::PortKind::kShared).value()) {
  loop_.watch(*port_,
              [this](std::span<net::Datagram> datagrams) { received_ += datagrams.size(); });
}

Stranger::~Stranger() {
  loop_.unwatch(*port_);
}

void Stranger::send(ByteSpan datagram, const SocketAddress& to) {
  if (!to.is_set()) return;
  loop_.outbox().queue(*port_, datagram, to);
  ++sent_;
}

}  // namespace patchcord::loadgen
