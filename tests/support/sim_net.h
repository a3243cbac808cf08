// SPDX-License-Identifier: GPL-3.0-or-later
// SimWorld: a network and its clock for tests: hosts with addresses, UDP ports, loops, all in one
// thread and in virtual time. Datagrams are lost, delayed, reordered and doubled by a seed, so that
// a run is the same each time. Of TCP there are connections whose frames arrive, whole and in
// order. Not a model of queues, bandwidth or streams.
//
//   SimWorld world(seed);
//   SimWire wire(world, {address});      // the wire of one host
//   SimLoop loop(world);                 // as many as wanted; turns are run by the world
//   world.run_for(std::chrono::seconds(1));
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/executor.h"
#include "core/function.h"
#include "core/random.h"
#include "core/time.h"
#include "net/receive_slab.h"
#include "net/timer_heap.h"
#include "net/wire.h"

namespace patchcord::test {

struct SimQuality {
  Duration delay = std::chrono::milliseconds(1);
  Duration jitter{};     // up to this much more; what overtakes is reordered
  double loss = 0;       // 0..1
  double duplicate = 0;  // 0..1
};

struct SimDatagram {
  SocketAddress from, to;
  std::vector<uint8_t> bytes;
  enum class Kind : uint8_t { kUdp, kTcp, kTcpEnd } kind = Kind::kUdp;
};

class SimPort;
class SimConnection;
class SimListener;
class SimLoop;

class SimWorld final : public Clock {
 public:
  explicit SimWorld(uint64_t seed);
  ~SimWorld() override;

  MonoTime now() const override { return now_; }
  WallTime wall() const override;

  // Runs turns and deliveries, jumping from event to event; then the time is exactly later by that.
  void run_for(Duration time);
  // Until the condition holds, which is looked at after each event. False: it never did.
  bool run_until(Function<bool()> condition, Duration limit = std::chrono::seconds(60));

  // Of every path that has no quality of its own.
  void set_quality(const SimQuality& quality) { quality_ = quality; }
  // From one address to another, this way only.
  void set_quality(const IpAddress& from, const IpAddress& to, const SimQuality& quality);
  // Sees every datagram as it is sent, before loss; false drops it.
  void set_tap(Function<bool(const SimDatagram&)> tap) { tap_ = std::move(tap); }

  uint64_t sent() const { return sent_; }
  uint64_t lost() const { return lost_; }
  uint64_t unreachable() const { return unreachable_; }  // nobody was bound there
  size_t bound_ports() const;

 private:
  friend class SimPort;
  friend class SimConnection;
  friend class SimListener;
  friend class SimWire;
  friend class SimLoop;
  using PortKey = std::pair<IpAddress, uint16_t>;

  void transmit(SimDatagram datagram);
  void deliver(SimDatagram datagram);
  void schedule(const SimDatagram& datagram, const SimQuality& quality);
  void deliver_due();
  bool run_turns();  // false: no loop has anything to do now
  MonoTime next_event() const;
  bool advance(MonoTime limit);  // false: nothing happens until then

  MonoTime now_{std::chrono::hours(1)};
  SeededRandom random_;
  SimQuality quality_;
  std::map<std::pair<IpAddress, IpAddress>, SimQuality> qualities_;
  Function<bool(const SimDatagram&)> tap_;
  std::multimap<MonoTime, SimDatagram> under_way_;
  std::map<PortKey, SimPort*> ports_;
  std::map<PortKey, SimListener*> listeners_;
  std::map<std::pair<SocketAddress, SocketAddress>, SimConnection*> connections_;  // own, peer
  std::vector<SimLoop*> loops_;
  uint64_t sent_ = 0;
  uint64_t lost_ = 0;
  uint64_t unreachable_ = 0;
};

// What a port and a connection have in common: where things arrive.
class SimEnd : public net::Port {
 public:
  using Port::Port;
  std::span<net::Datagram> receive(net::ReceiveSlab& slab) override;

 protected:
  friend class SimWorld;
  friend class SimLoop;
  static constexpr size_t kQueue = 1024;  // as a socket buffer: what is over is lost

  std::deque<SimDatagram> arrived_;
};

class SimPort final : public SimEnd {
 public:
  SimPort(SimWorld& world, const SocketAddress& local, std::vector<IpAddress> addresses);
  ~SimPort() override;

  void send(std::span<const net::Outgoing> batch) override;

 private:
  SimWorld& world_;
  std::vector<IpAddress> addresses_;
};

class SimConnection final : public SimEnd {
 public:
  SimConnection(SimWorld& world, const SocketAddress& local, const SocketAddress& peer);
  ~SimConnection() override;  // the peer learns it

  TransportProtocol protocol() const override { return TransportProtocol::kTcp; }
  bool is_broken() const override { return is_broken_; }
  void send(std::span<const net::Outgoing> batch) override;

 private:
  friend class SimWorld;
  void break_off();

  SimWorld& world_;
  SocketAddress peer_;
  bool is_broken_ = false;
};

class SimListener final : public net::Listener {
 public:
  SimListener(SimWorld& world, const SocketAddress& local, std::vector<IpAddress> addresses);
  ~SimListener() override;
  std::optional<Accepted> accept() override;

 private:
  friend class SimWire;
  friend class SimLoop;
  SimWorld& world_;
  std::vector<IpAddress> addresses_;
  std::deque<Accepted> waiting_;
};

class SimWire final : public net::Wire {
 public:
  SimWire(SimWorld& world, std::vector<IpAddress> addresses)
      : world_(world), addresses_(std::move(addresses)) {}
  Result<std::unique_ptr<net::Port>> bind(const SocketAddress& local, net::PortKind kind) override;
  Result<std::unique_ptr<net::Listener>> listen(const SocketAddress& local) override;
  // Errors: kNetwork when nobody listens there.
  Result<std::unique_ptr<net::Port>> connect(const SocketAddress& local, const SocketAddress& to);

 private:
  std::vector<IpAddress> matching(const SocketAddress& local) const;

  SimWorld& world_;
  std::vector<IpAddress> addresses_;
  uint16_t next_free_ = 32768;
};

class SimLoop : public net::Loop {
 public:
  explicit SimLoop(SimWorld& world);
  ~SimLoop() override;

  void post(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override { timers_.cancel(timer); }
  bool is_current() const override { return true; }
  MonoTime now() const override { return world_.now(); }

  void watch(net::Port& port, net::DatagramHandler handler) override;
  void unwatch(net::Port& port) override;
  void watch(net::Listener& listener, net::ConnectionHandler handler) override;
  void unwatch(net::Listener& listener) override;
  void attach(net::Resident& resident) override { residents_.push_back(&resident); }
  void detach(net::Resident& resident) override { std::erase(residents_, &resident); }

  size_t watched() const { return watches_.size(); }  // ports
  size_t timers() const { return timers_.size(); }

 private:
  friend class SimWorld;
  struct Watch {
    SimEnd* port;
    net::DatagramHandler handler;
    bool is_break_told = false;
    bool has_news() const {
      return !port->arrived_.empty() || (port->is_broken() && !is_break_told);
    }
  };
  struct Door {
    SimListener* listener;
    net::ConnectionHandler handler;
  };
  bool has_work();
  MonoTime next_deadline() const;
  void turn();
  void read_ports();
  void accept();

  SimWorld& world_;
  Mailbox mailbox_;
  std::atomic<bool> has_mail_ = false;
  net::TimerHeap timers_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::unique_ptr<Watch>> gone_;  // until the turn ends: its handler may be running
  std::vector<net::Resident*> residents_;
  net::ReceiveSlab slab_;
};

}  // namespace patchcord::test
