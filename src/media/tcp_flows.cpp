// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/tcp_flows.h"

#include <algorithm>
#include <utility>

namespace patchcord::media {
namespace {

constexpr Duration kLookInterval = std::chrono::seconds(1);

}  // namespace

struct TcpFlows::Flow {
  std::unique_ptr<net::Port> port;
  TransportAddress from;
  MonoTime deadline;     // of the proof
  Seat* seat = nullptr;  // named by a check; it may hold paths over this port
  bool is_seated = false;
  Flows::iterator self;
};

TcpFlows::TcpFlows(net::Loop& loop, std::unique_ptr<net::Listener> listener, Host& host)
    : loop_(loop), listener_(std::move(listener)), host_(host) {}

TcpFlows::~TcpFlows() {
  loop_.unwatch(*listener_);
  for (Flows* flows : {&waiting_, &seated_}) {
    for (const Flow& flow : *flows) loop_.unwatch(*flow.port);
  }
}

void TcpFlows::start() {
  loop_.watch(*listener_, [this](net::Listener::Accepted accepted) { add(std::move(accepted)); });
}

void TcpFlows::add(net::Listener::Accepted accepted) {
  counters_.add(FlowCount::kAccepted);
  make_room_for(accepted.from.ip());
  Flow& flow = waiting_.emplace_back();
  flow.port = std::move(accepted.port);
  flow.from = {accepted.from, TransportProtocol::kTcp};
  flow.deadline = loop_.now() + kProofLimit;
  flow.self = std::prev(waiting_.end());
  loop_.watch(*flow.port,
              [this, &flow](std::span<net::Datagram> datagrams) { on_datagrams(flow, datagrams); });
}

void TcpFlows::make_room_for(const IpAddress& ip) {
  const auto is_of_ip = [&](const Flow& flow) { return flow.from.address.ip() == ip; };
  const auto of_ip = std::count_if(waiting_.begin(), waiting_.end(), is_of_ip);
  if (static_cast<size_t>(of_ip) >= kMaxWaitingOfAddress) {
    close(*std::find_if(waiting_.begin(), waiting_.end(), is_of_ip));
  } else if (waiting_.size() >= kMaxWaiting) {
    close(waiting_.front());
  }
}

void TcpFlows::on_datagrams(Flow& flow, std::span<net::Datagram> datagrams) {
  for (net::Datagram& datagram : datagrams) {
    if (!take(flow, datagram)) return close(flow);
  }
  if (flow.port->is_broken()) close(flow);
}

// False: the connection has no business here.
bool TcpFlows::take(Flow& flow, net::Datagram& datagram) {
  if (flow.is_seated) {
    host_.receive(*flow.seat, *flow.port, datagram);
    return true;
  }
  Seat* const seat = host_.seat_named_by(datagram);
  if (!seat || (flow.seat && flow.seat != seat)) return false;
  flow.seat = seat;
  host_.receive(*seat, *flow.port, datagram);
  if (host_.has_proved(*seat, flow.from)) sit(flow, *seat);
  return true;
}

void TcpFlows::sit(Flow& flow, Seat& seat) {
  const auto is_of_seat = [&](const Flow& other) { return other.seat == &seat; };
  if (std::count_if(seated_.begin(), seated_.end(), is_of_seat) >=
      static_cast<ptrdiff_t>(kMaxOfSeat)) {
    close(*std::find_if(seated_.begin(), seated_.end(), is_of_seat));
  }
  seated_.splice(seated_.end(), waiting_, flow.self);
  flow.is_seated = true;
  if (next_look_ == kNever) next_look_ = loop_.now() + kLookInterval;
}

void TcpFlows::close(Flow& flow) {
  loop_.unwatch(*flow.port);
  if (flow.seat) host_.on_port_gone(*flow.seat, *flow.port, flow.from);
  if (!flow.is_seated) counters_.add(FlowCount::kTurnedAway);
  (flow.is_seated ? seated_ : waiting_).erase(flow.self);
}

void TcpFlows::close_all_of(const Seat& seat) {
  for (Flows* flows : {&waiting_, &seated_}) {
    for (auto at = flows->begin(); at != flows->end();) {
      Flow& flow = *at++;
      if (flow.seat == &seat) close(flow);
    }
  }
}

void TcpFlows::on_time(MonoTime now) {
  while (!waiting_.empty() && waiting_.front().deadline <= now) close(waiting_.front());
  if (now < next_look_) return;
  for (auto at = seated_.begin(); at != seated_.end();) {
    Flow& flow = *at++;
    if (!host_.has_proved(*flow.seat, flow.from)) close(flow);
  }
  next_look_ = seated_.empty() ? kNever : now + kLookInterval;
}

MonoTime TcpFlows::next_deadline() const {
  return std::min(waiting_.empty() ? kNever : waiting_.front().deadline, next_look_);
}

}  // namespace patchcord::media
