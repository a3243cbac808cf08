// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/sim_net.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace patchcord::test {
namespace {

// Turns without the time going on: far more than any honest run, few enough to end soon.
constexpr int kStuck = 1'000'000;

}  // namespace

SimWorld::SimWorld(uint64_t seed) : random_(seed) {}
SimWorld::~SimWorld() = default;

WallTime SimWorld::wall() const {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(now_.time_since_epoch()));
}

void SimWorld::run_for(Duration time) {
  const MonoTime end = now_ + time;
  while (advance(end)) {
  }
  now_ = end;
}

bool SimWorld::run_until(Function<bool()> condition, Duration limit) {
  const MonoTime end = now_ + limit;
  while (!condition()) {
    if (!advance(end)) {
      now_ = end;
      return condition();
    }
  }
  return true;
}

void SimWorld::set_quality(const IpAddress& from, const IpAddress& to, const SimQuality& quality) {
  qualities_[{from, to}] = quality;
}

size_t SimWorld::bound_ports() const {
  return ports_.size();
}

void SimWorld::transmit(SimDatagram datagram) {
  ++sent_;
  if (tap_ && !tap_(datagram)) return;
  if (datagram.kind != SimDatagram::Kind::kUdp) {  // no loss, and nothing overtakes
    under_way_.emplace(now_ + quality_.delay, std::move(datagram));
    return;
  }
  const auto own = qualities_.find({datagram.from.ip(), datagram.to.ip()});
  const SimQuality& quality = own == qualities_.end() ? quality_ : own->second;
  if (random_.unit() < quality.loss) {
    ++lost_;
    return;
  }
  schedule(datagram, quality);
  if (random_.unit() < quality.duplicate) schedule(datagram, quality);
}

void SimWorld::schedule(const SimDatagram& datagram, const SimQuality& quality) {
  const Duration extra(
      static_cast<Duration::rep>(random_.unit() * static_cast<double>(quality.jitter.count())));
  under_way_.emplace(now_ + quality.delay + extra, datagram);
}

void SimWorld::deliver_due() {
  while (!under_way_.empty() && under_way_.begin()->first <= now_) {
    SimDatagram datagram = std::move(under_way_.begin()->second);
    under_way_.erase(under_way_.begin());
    deliver(std::move(datagram));
  }
}

void SimWorld::deliver(SimDatagram datagram) {
  SimEnd* end = nullptr;
  if (datagram.kind == SimDatagram::Kind::kUdp) {
    const auto found = ports_.find({datagram.to.ip(), datagram.to.port()});
    if (found != ports_.end()) end = found->second;
  } else {
    const auto found = connections_.find({datagram.to, datagram.from});
    if (found != connections_.end()) end = found->second;
    if (end && datagram.kind == SimDatagram::Kind::kTcpEnd) return found->second->break_off();
  }
  if (!end || end->arrived_.size() == SimEnd::kQueue) {
    ++unreachable_;
  } else {
    end->arrived_.push_back(std::move(datagram));
  }
}

bool SimWorld::run_turns() {
  bool any = false;
  for (size_t i = 0; i < loops_.size(); ++i) {
    if (!loops_[i]->has_work()) continue;
    loops_[i]->turn();
    any = true;
  }
  return any;
}

MonoTime SimWorld::next_event() const {
  MonoTime next = under_way_.empty() ? kNever : under_way_.begin()->first;
  for (const SimLoop* loop : loops_) next = std::min(next, loop->next_deadline());
  return next;
}

bool SimWorld::advance(MonoTime limit) {
  deliver_due();
  int turns = 0;
  bool any = false;
  while (run_turns()) {
    any = true;
    if (++turns > kStuck) std::abort();  // something asks to be woken now, for ever
  }
  if (any) return true;
  const MonoTime next = next_event();
  if (next > limit) return false;
  now_ = std::max(now_, next);
  return true;
}

// ---- ports

SimPort::SimPort(SimWorld& world, const SocketAddress& local, std::vector<IpAddress> addresses)
    : SimEnd(local), world_(world), addresses_(std::move(addresses)) {
  for (const IpAddress& ip : addresses_) world_.ports_[{ip, local.port()}] = this;
}

SimPort::~SimPort() {
  for (const IpAddress& ip : addresses_) world_.ports_.erase({ip, local().port()});
}

std::span<net::Datagram> SimEnd::receive(net::ReceiveSlab& slab) {
  size_t count = 0;
  while (count < net::kBatch && !arrived_.empty()) {
    const SimDatagram& next = arrived_.front();
    if (next.bytes.size() > net::kMaxDatagram) {
      counters_.add(net::PortCount::kTooLarge);
    } else {
      const MutableByteSpan buffer = slab.buffer(count);
      std::copy(next.bytes.begin(), next.bytes.end(), buffer.begin());
      slab.datagrams()[count++] = {buffer.first(next.bytes.size()), next.from, next.to.ip()};
    }
    arrived_.pop_front();
  }
  counters_.add(net::PortCount::kReceived, count);
  return std::span(slab.datagrams()).first(count);
}

void SimPort::send(std::span<const net::Outgoing> batch) {
  for (const net::Outgoing& outgoing : batch) {
    IpAddress from = outgoing.from;
    for (const IpAddress& ip : addresses_) {
      if (from.family() == IpAddress::Family::kNone && ip.family() == outgoing.to.ip().family()) {
        from = ip;
      }
    }
    if (std::find(addresses_.begin(), addresses_.end(), from) == addresses_.end()) {
      counters_.add(net::PortCount::kSendFailed);  // not an address of this host, or no route
      continue;
    }
    counters_.add(net::PortCount::kSent);
    world_.transmit({SocketAddress(from, local().port()),
                     outgoing.to,
                     {outgoing.bytes.begin(), outgoing.bytes.end()}});
  }
}

// ---- connections

SimConnection::SimConnection(SimWorld& world, const SocketAddress& local, const SocketAddress& peer)
    : SimEnd(local), world_(world), peer_(peer) {
  world_.connections_[{local, peer}] = this;
}

SimConnection::~SimConnection() {
  break_off();
}

void SimConnection::break_off() {
  if (is_broken_) return;
  is_broken_ = true;
  world_.connections_.erase({local(), peer_});
  world_.transmit({local(), peer_, {}, SimDatagram::Kind::kTcpEnd});
}

void SimConnection::send(std::span<const net::Outgoing> batch) {
  if (is_broken_) return counters_.add(net::PortCount::kSendFailed, batch.size());
  for (const net::Outgoing& outgoing : batch) {
    counters_.add(net::PortCount::kSent);
    world_.transmit(
        {local(), peer_, {outgoing.bytes.begin(), outgoing.bytes.end()}, SimDatagram::Kind::kTcp});
  }
}

SimListener::SimListener(SimWorld& world, const SocketAddress& local,
                         std::vector<IpAddress> addresses)
    : Listener(local), world_(world), addresses_(std::move(addresses)) {
  for (const IpAddress& ip : addresses_) world_.listeners_[{ip, local.port()}] = this;
}

SimListener::~SimListener() {
  for (const IpAddress& ip : addresses_) world_.listeners_.erase({ip, local().port()});
}

std::optional<net::Listener::Accepted> SimListener::accept() {
  if (waiting_.empty()) return std::nullopt;
  Accepted next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

// ---- the wire

std::vector<IpAddress> SimWire::matching(const SocketAddress& local) const {
  std::vector<IpAddress> addresses;
  for (const IpAddress& ip : addresses_) {
    const bool is_any =
        local.ip().is_unspecified() && (local.ip().is_v6() || ip.family() == local.ip().family());
    if (is_any || ip == local.ip()) addresses.push_back(ip);
  }
  return addresses;
}

Result<std::unique_ptr<net::Listener>> SimWire::listen(const SocketAddress& local) {
  std::vector<IpAddress> addresses = matching(local);
  if (addresses.empty()) {
    return {ErrorCode::kNetwork, "cannot listen on TCP " + local.to_string() + ": not here"};
  }
  return std::unique_ptr<net::Listener>(
      std::make_unique<SimListener>(world_, local, std::move(addresses)));
}

Result<std::unique_ptr<net::Port>> SimWire::connect(const SocketAddress& local,
                                                    const SocketAddress& to) {
  const auto found = world_.listeners_.find({to.ip(), to.port()});
  if (found == world_.listeners_.end()) {
    return {ErrorCode::kNetwork, "cannot connect to TCP " + to.to_string() + ": nobody listens"};
  }
  const SocketAddress own(local.ip(), local.port() != 0 ? local.port() : next_free_++);
  found->second->waiting_.push_back({std::make_unique<SimConnection>(world_, to, own), own});
  return std::unique_ptr<net::Port>(std::make_unique<SimConnection>(world_, own, to));
}

Result<std::unique_ptr<net::Port>> SimWire::bind(const SocketAddress& local, net::PortKind) {
  std::vector<IpAddress> addresses = matching(local);
  if (addresses.empty()) {
    return {ErrorCode::kNetwork, "cannot bind UDP " + local.to_string() + ": not an address here"};
  }
  const uint16_t port = local.port() != 0 ? local.port() : next_free_++;
  for (const IpAddress& ip : addresses) {
    if (world_.ports_.contains({ip, port})) {
      return {ErrorCode::kNetwork, "cannot bind UDP " + local.to_string() + ": in use"};
    }
  }
  return std::unique_ptr<net::Port>(
      std::make_unique<SimPort>(world_, SocketAddress(local.ip(), port), std::move(addresses)));
}

// ---- loops

SimLoop::SimLoop(SimWorld& world) : world_(world) {
  world_.loops_.push_back(this);
}

SimLoop::~SimLoop() {
  std::erase(world_.loops_, this);
}

void SimLoop::post(Task task) {
  mailbox_.put(std::move(task));
  has_mail_ = true;
}

TimerId SimLoop::after(Duration delay, Task task) {
  return timers_.add(now() + delay, std::move(task));
}

void SimLoop::watch(net::Port& port, net::DatagramHandler handler) {
  watches_.push_back(
      std::make_unique<Watch>(Watch{static_cast<SimEnd*>(&port), std::move(handler)}));
}

void SimLoop::watch(net::Listener& listener, net::ConnectionHandler handler) {
  doors_.push_back(
      std::make_unique<Door>(Door{static_cast<SimListener*>(&listener), std::move(handler)}));
}

void SimLoop::unwatch(net::Listener& listener) {
  std::erase_if(doors_, [&](const auto& door) { return door->listener == &listener; });
}

void SimLoop::unwatch(net::Port& port) {
  const auto found = std::find_if(watches_.begin(), watches_.end(),
                                  [&](const auto& watch) { return watch->port == &port; });
  if (found == watches_.end()) return;
  outbox().flush();
  (*found)->port = nullptr;
  gone_.push_back(std::move(*found));
  watches_.erase(found);
}

bool SimLoop::has_work() {
  // What a test queued from outside a turn must leave too.
  if (has_mail_ || next_deadline() <= now() || !outbox().is_empty()) return true;
  return std::any_of(watches_.begin(), watches_.end(),
                     [](const auto& watch) { return watch->has_news(); }) ||
         std::any_of(doors_.begin(), doors_.end(),
                     [](const auto& door) { return !door->listener->waiting_.empty(); });
}

MonoTime SimLoop::next_deadline() const {
  MonoTime next = timers_.next_due();
  for (const net::Resident* resident : residents_) next = std::min(next, resident->next_deadline());
  return next;
}

void SimLoop::turn() {
  if (has_mail_.exchange(false)) mailbox_.run();
  accept();
  read_ports();
  timers_.run(now());
  for (size_t i = 0; i < residents_.size(); ++i) residents_[i]->on_turn(now());
  outbox().flush();
  gone_.clear();
}

void SimLoop::accept() {
  for (const auto& door : doors_) {
    while (auto accepted = door->listener->accept()) door->handler(std::move(*accepted));
  }
}

void SimLoop::read_ports() {
  std::vector<Watch*> ready;
  for (const auto& watch : watches_) {
    if (watch->has_news()) ready.push_back(watch.get());
  }
  for (Watch* watch : ready) {
    if (!watch->port) continue;  // an earlier handler of this turn gave it up
    const std::span<net::Datagram> datagrams = watch->port->receive(slab_);
    watch->is_break_told = watch->port->is_broken();
    if (!datagrams.empty() || watch->is_break_told) watch->handler(datagrams);
  }
}

}  // namespace patchcord::test
