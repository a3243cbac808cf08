// SPDX-License-Identifier: GPL-3.0-or-later
// TcpListener and TcpConnection: datagrams over TCP for peers that no UDP reaches (RFC 6544,
// passive side; framing of RFC 4571). The system's send buffer, kept small, is the only queue:
// sound that finds no room in it is dropped whole, as on a full link; of a frame that went half
// only the rest is kept and leaves before the next one. It knows no protocol: who may stay
// connected is decided by media::TcpFlows.
// Thread: that of its holder. Owner: media::TcpFlows.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "core/address.h"
#include "core/result.h"
#include "net/file_descriptor.h"
#include "net/frame_reader.h"
#include "net/wire.h"

namespace patchcord::net {

class TcpConnection final : public Port {
 public:
  TcpConnection(FileDescriptor descriptor, const SocketAddress& local, const SocketAddress& peer);

  TransportProtocol protocol() const override { return TransportProtocol::kTcp; }
  bool is_broken() const override { return is_broken_; }
  std::span<Datagram> receive(ReceiveSlab& slab) override;
  bool has_more() const override { return frames_.has_frame(); }
  // Addresses are passed over: there is one peer.
  void send(std::span<const Outgoing> batch) override;
  int descriptor() const override { return descriptor_.get(); }

 private:
  void read();
  bool send_rest();
  void send_frame(ByteSpan bytes);
  void keep_rest(std::span<const uint8_t> header, ByteSpan bytes, size_t sent);
  void note_failure();
  void break_off();

  FileDescriptor descriptor_;
  SocketAddress peer_;
  FrameReader frames_;
  std::array<uint8_t, kFrameHeader + kMaxDatagram + kTailroom> rest_;
  size_t rest_begin_ = 0;
  size_t rest_end_ = 0;
  bool is_broken_ = false;
};

class TcpListener final : public Listener {
 public:
  // See Wire::listen.
  static Result<std::unique_ptr<TcpListener>> listen(const SocketAddress& local);
  TcpListener(FileDescriptor descriptor, FileDescriptor reserve, const SocketAddress& local);

  std::optional<Accepted> accept() override;
  int descriptor() const override { return descriptor_.get(); }

 private:
  FileDescriptor accept_one(sockaddr_storage& name);
  void refuse_one();

  FileDescriptor descriptor_;
  FileDescriptor reserve_;  // given up for a moment when the process has no other left
};

}  // namespace patchcord::net
