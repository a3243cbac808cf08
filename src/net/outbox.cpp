// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/outbox.h"

#include "net/wire.h"

namespace patchcord::net {

struct Outbox::Slot {
  std::array<uint8_t, kMaxDatagram + kTailroom> bytes;
  Outgoing outgoing;
  uint16_t next = OutboxChain::kNone;
};

Outbox::Outbox() : slots_(std::make_unique<std::array<Slot, kSlots>>()) {}
Outbox::~Outbox() = default;

MutableByteSpan Outbox::next() {
  if (count_ == kSlots) flush();
  return (*slots_)[count_].bytes;
}

void Outbox::commit(Port& port, size_t size, const SocketAddress& to, const IpAddress& from) {
  const auto index = static_cast<uint16_t>(count_++);
  Slot& slot = (*slots_)[index];
  slot.outgoing = {ByteSpan(slot.bytes).first(size), to, from};
  slot.next = OutboxChain::kNone;
  OutboxChain& chain = port.queued_;
  if (chain.last == OutboxChain::kNone) {
    ports_[port_count_++] = &port;
    chain.first = index;
  } else {
    (*slots_)[chain.last].next = index;
  }
  chain.last = index;
}

void Outbox::queue(Port& port, ByteSpan bytes, const SocketAddress& to, const IpAddress& from) {
  if (bytes.size() > kMaxDatagram) return;
  const MutableByteSpan slot = next();
  if (!bytes.empty()) std::memcpy(slot.data(), bytes.data(), bytes.size());
  commit(port, bytes.size(), to, from);
}

void Outbox::flush() {
  for (size_t i = 0; i < port_count_; ++i) send_chain(*ports_[i]);
  port_count_ = 0;
  count_ = 0;
}

void Outbox::send_chain(Port& port) {
  std::array<Outgoing, kBatch> batch;
  size_t size = 0;
  for (uint16_t i = port.queued_.first; i != OutboxChain::kNone; i = (*slots_)[i].next) {
    batch[size++] = (*slots_)[i].outgoing;
    if (size == kBatch) {
      port.send(batch);
      size = 0;
    }
  }
  port.queued_ = {};
  if (size > 0) port.send(std::span(batch).first(size));
}

}  // namespace patchcord::net
