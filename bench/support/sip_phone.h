// SPDX-License-Identifier: GPL-3.0-or-later
// SipPhone: a phone that takes one call at a time and does what it is told: it rings at once,
// answers with one codec when asked, sends sound when asked. No transactions: on the loopback
// nothing is lost, and a repeated request gets a repeated answer.
// Thread: that of the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/support/stamped_port.h"
#include "core/function.h"
#include "core/result.h"
#include "net/wire.h"
#include "sip/message.h"
#include "support/media_peers.h"

namespace patchcord::bench {

class SipPhone {
 public:
  struct Events {
    Function<void(MonoTime)> invited;  // when the INVITE was on the wire
    Function<void()> acknowledged;     // the call is up
    Function<void()> ended;            // BYE
  };
  // `codec` as a=rtpmap says it: "PCMA/8000", under payload type `type`.
  struct Codec {
    PayloadType type;
    std::string name;
  };

  SipPhone(std::unique_ptr<StampedPort> port, net::Wire& wire, net::Loop& loop, Codec codec,
           Events events);
  ~SipPhone();

  const SocketAddress& local() const { return port_->local(); }
  void answer();
  void send_sound(ByteSpan payload);

 private:
  void on_datagram(const net::Datagram& datagram);
  void on_invite(sip::Message invite);
  void respond(const sip::Message& request, int status);
  void learn_media();

  net::Loop& loop_;
  std::unique_ptr<StampedPort> port_;
  const Codec codec_;
  Events events_;
  test::PhonePeer media_;
  std::optional<sip::Message> invite_;
  SocketAddress media_to_;
};

}  // namespace patchcord::bench
