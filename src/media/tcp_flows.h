// SPDX-License-Identifier: GPL-3.0-or-later
// TcpFlows: the TCP connections of one worker's browsers (RFC 6544): who may come in and who may
// stay. A connection must prove itself within 5 s by a check for a call of ours; anything else that
// it says before ends it. Only those that have not are counted against a limit, by address and in
// all, and at the limit the one that waited longest goes: whoever fills the door with silent
// connections does not keep out a browser, whose check comes a round trip after its connection. One
// that is proved lives as long as its checks are valid, and at most a few of them per call.
// Whose a check is and what a datagram means is known by its Host.
//
//   listener ──▶ waiting ──proved──▶ seated        each ──broken, late, full, stale──▶ closed
//
// Thread: media. Owner: Worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "core/counters.h"
#include "core/time.h"
#include "net/wire.h"

namespace patchcord::media {

struct Seat;

enum class FlowCount : uint8_t {
  kAccepted,
  kTurnedAway,  // closed before it had proved anything
  kCount
};

class TcpFlows {
 public:
  static constexpr Duration kProofLimit = std::chrono::seconds(5);
  static constexpr size_t kMaxWaiting = 512;
  static constexpr size_t kMaxWaitingOfAddress = 32;  // an office behind one address calls too
  static constexpr size_t kMaxOfSeat = 4;

  class Host {
   public:
    // The seat that this check names; none: it is no check, or names nobody here.
    virtual Seat* seat_named_by(const net::Datagram& datagram) = 0;
    virtual void receive(Seat& seat, net::Port& port, net::Datagram& datagram) = 0;
    virtual bool has_proved(const Seat& seat, const TransportAddress& address) const = 0;
    // Nothing may be sent by this port any more.
    virtual void on_port_gone(Seat& seat, const net::Port& port,
                              const TransportAddress& address) = 0;

   protected:
    ~Host() = default;
  };

  // The loop and the host must outlive it.
  TcpFlows(net::Loop& loop, std::unique_ptr<net::Listener> listener, Host& host);
  ~TcpFlows();

  void start();
  // The seat is given up: what is queued leaves, then its connections are closed.
  void close_all_of(const Seat& seat);
  void on_time(MonoTime now);
  MonoTime next_deadline() const;
  const Counters<FlowCount>& counters() const { return counters_; }

 private:
  struct Flow;
  using Flows = std::list<Flow>;

  void add(net::Listener::Accepted accepted);
  void make_room_for(const IpAddress& ip);
  void on_datagrams(Flow& flow, std::span<net::Datagram> datagrams);
  bool take(Flow& flow, net::Datagram& datagram);
  void sit(Flow& flow, Seat& seat);
  void close(Flow& flow);

  net::Loop& loop_;
  std::unique_ptr<net::Listener> listener_;
  Host& host_;
  Flows waiting_;  // the oldest first
  Flows seated_;
  MonoTime next_look_ = kNever;  // whether the seated ones are still proved
  Counters<FlowCount> counters_;
};

}  // namespace patchcord::media
