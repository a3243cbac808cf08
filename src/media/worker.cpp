// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/worker.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/log.h"
#include "media/announcement_endpoint.h"
#include "media/echo_endpoint.h"
#include "media/rtp_endpoint.h"
#include "media/webrtc_endpoint.h"
#include "rtc/demux.h"
#include "rtc/stun.h"

namespace patchcord::media {
namespace {

// A browser moves between networks, but not through more than these at a time.
constexpr size_t kMaxAddresses = 8;
constexpr Duration kShortestWait = std::chrono::milliseconds(1);
constexpr Duration kTotalsInterval = std::chrono::seconds(1);

bool is_check(const net::Datagram& datagram) {
  return rtc::protocol_of(datagram.bytes) == rtc::Protocol::kStun;
}

}  // namespace

struct WorkerCall final : EventSink, HasDeadline {
  WorkerCall(Worker& owner, MediaId media_id) : worker(owner), id(media_id) {}

  void on_event(const MediaEvent& event) override { worker.report_.events.push_back({id, event}); }

  Worker& worker;
  const MediaId id;
  std::optional<Bridge> bridge;
  std::array<std::optional<Seat>, 2> seats;
  std::vector<RtpEndpoint*> plain;  // whose ports are watched
  std::vector<std::string> ufrags;
  std::vector<SocketAddress> addresses;  // in seats_, the oldest first
};

Worker::Worker(net::Loop& loop, Doors doors, rtc::DtlsContext dtls, Settings settings,
               Function<void(Report)> report)
    : loop_(loop),
      browser_port_(std::move(doors.port)),
      dtls_(std::move(dtls)),
      settings_(std::move(settings)),
      report_to_control_(std::move(report)),
      now_(loop.now()),
      next_totals_(now_) {
  if (doors.listener)
    tcp_flows_.emplace(loop, std::move(doors.listener), static_cast<TcpFlows::Host&>(*this));
}

Worker::~Worker() {
  for (const auto& [id, call] : calls_) {
    for (RtpEndpoint* endpoint : call->plain) {
      loop_.unwatch(*endpoint->ports().rtp);
      loop_.unwatch(*endpoint->ports().rtcp);
    }
  }
  loop_.unwatch(*browser_port_);
  loop_.detach(*this);
}

void Worker::start() {
  PATCHCORD_ON(loop_);
  loop_.attach(*this);
  loop_.watch(*browser_port_, [this](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) on_datagram(*browser_port_, datagram);
  });
  if (tcp_flows_) tcp_flows_->start();
}

// ---- a datagram

void Worker::on_datagram(net::Port& port, net::Datagram& datagram) {
  Seat* seat = seat_of(datagram);
  if (!seat) return drops_.add(Drop::kUnknownSender);
  receive(*seat, port, datagram);
  if (is_check(datagram)) take_address(*seat, datagram.from);
}

void Worker::receive(Seat& seat, net::Port& port, net::Datagram& datagram) {
  now_ = loop_.now();
  auto packet = seat.endpoint.receive(port, datagram, now_);  // STUN, DTLS and RTCP end here
  if (packet) seat.bridge.forward(seat.side, *packet, now_);
  settle(seat.call);
}

// A check goes by the name in it, so that a browser may come from a new address at any time; it
// proves nothing yet. All else goes by an address that was proved.
Seat* Worker::seat_of(const net::Datagram& datagram) {
  if (is_check(datagram) && rtc::ufrag_of(datagram.bytes)) return seat_named_by(datagram);
  const auto found = seats_.find(datagram.from);
  return found == seats_.end() ? nullptr : found->second;
}

Seat* Worker::seat_named_by(const net::Datagram& datagram) {
  const auto ufrag = rtc::ufrag_of(datagram.bytes);
  if (!ufrag) return nullptr;
  const auto named = ufrags_.find(*ufrag);
  if (named != ufrags_.end()) return named->second;
  drops_.add(Drop::kUnknownUfrag);
  return nullptr;
}

bool Worker::has_proved(const Seat& seat, const TransportAddress& address) const {
  return seat.endpoint.has_proved(address, now_);
}

void Worker::on_port_gone(Seat& seat, const net::Port& port, const TransportAddress& address) {
  seat.endpoint.on_port_gone(port, address, now_);
}

// Gives the address to the seat whose endpoint has just proved it. One that another call has proved
// and still holds is not taken away: a check can be sent with a forged source.
void Worker::take_address(Seat& seat, const SocketAddress& address) {
  if (!seat.endpoint.has_proved(address, now_)) return;
  auto [at, is_new] = seats_.try_emplace(address, &seat);
  if (!is_new) {
    if (at->second == &seat || at->second->endpoint.has_proved(address, now_)) return;
    std::erase(at->second->call.addresses, address);
    at->second = &seat;
  }
  std::vector<SocketAddress>& addresses = seat.call.addresses;
  addresses.push_back(address);
  if (addresses.size() <= kMaxAddresses) return;
  seats_.erase(addresses.front());
  addresses.erase(addresses.begin());
}

// ---- commands

void Worker::open(Opening opening) {
  PATCHCORD_ON(loop_);
  now_ = loop_.now();
  auto owned = std::make_unique<Call>(*this, opening.id);
  Call& call = *owned;
  if (!calls_.emplace(opening.id, std::move(owned)).second) return;
  Bridge::Parts parts;
  parts.opus_complexity = settings_.opus_complexity;
  parts.streams = opening.streams;
  for (const Side side : kSides) {
    parts.endpoints[index(side)] = make_endpoint(opening, side, call);
  }
  call.bridge.emplace(std::move(parts), opening.plan, call, now_);
  sit(call, opening);
  settle(call);
}

std::unique_ptr<Endpoint> Worker::make_endpoint(Opening& opening, Side side, EventSink& events) {
  const LocalMedia& local = opening.local[index(side)];
  if (const auto* webrtc = std::get_if<WebrtcLocal>(&local)) {
    return std::make_unique<WebrtcEndpoint>(
        *webrtc,
        WebrtcEndpoint::Surroundings{opening.id, side, dtls_, random_, loop_.outbox(), events});
  }
  if (std::holds_alternative<RtpLocal>(local)) {
    RtpEndpoint::Identity identity{side, opening.streams[index(side)].ssrc, opening.cname,
                                   settings_.own_addresses};
    return std::make_unique<RtpEndpoint>(
        std::move(identity), std::move(*opening.ports[index(side)]), loop_.outbox(), events);
  }
  if (std::holds_alternative<AnnouncementLocal>(local)) {
    return std::make_unique<AnnouncementEndpoint>(side, tune_, events);
  }
  return std::make_unique<EchoEndpoint>();
}

void Worker::sit(Call& call, Opening& opening) {
  for (const Side side : kSides) {
    Endpoint& endpoint = call.bridge->endpoint(side);
    Seat& seat = call.seats[index(side)].emplace(Seat{endpoint, *call.bridge, side, call});
    if (const auto* webrtc = std::get_if<WebrtcLocal>(&opening.local[index(side)])) {
      ufrags_[webrtc->ufrag] = &seat;
      call.ufrags.push_back(webrtc->ufrag);
    } else if (std::holds_alternative<RtpLocal>(opening.local[index(side)])) {
      auto& plain = static_cast<RtpEndpoint&>(endpoint);
      call.plain.push_back(&plain);
      watch(seat, *plain.ports().rtp);
      watch(seat, *plain.ports().rtcp);
    }
  }
}

void Worker::watch(Seat& seat, net::Port& port) {
  loop_.watch(port, [this, &seat, &port](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) receive(seat, port, datagram);
  });
}

void Worker::change(MediaId id, const MediaPlan& plan) {
  PATCHCORD_ON(loop_);
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  now_ = loop_.now();
  found->second->bridge->set_plan(plan, now_);
  settle(*found->second);
}

void Worker::send_digits(MediaId id, Side to, const std::string& digits, Duration tone) {
  PATCHCORD_ON(loop_);
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  now_ = loop_.now();
  found->second->bridge->send_digits(to, digits, tone);
  settle(*found->second);
}

void Worker::close(MediaId id) {
  PATCHCORD_ON(loop_);
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  now_ = loop_.now();
  Call& call = *found->second;
  call.bridge->close(now_);
  give_up_seats(call);
  due_.set(call, kNever);
  report_.closed.push_back(id);
  calls_.erase(found);
}

void Worker::give_up_seats(const Call& call) {
  for (RtpEndpoint* endpoint : call.plain) {  // sends the goodbye first
    loop_.unwatch(*endpoint->ports().rtp);
    loop_.unwatch(*endpoint->ports().rtcp);
  }
  for (const auto& seat : call.seats) {
    if (tcp_flows_ && seat) tcp_flows_->close_all_of(*seat);
  }
  for (const std::string& ufrag : call.ufrags) ufrags_.erase(ufrag);
  for (const SocketAddress& address : call.addresses) seats_.erase(address);
}

// ---- time

// After anything that touched a call. A deadline that moved away is let be: it costs one look when
// it comes, where moving it would cost one at each packet.
void Worker::settle(Call& call) {
  call.bridge->settle(now_);
  const MonoTime next = call.bridge->next_deadline();
  if (next < call.deadline()) due_.set(call, next);
}

void Worker::on_turn(MonoTime now) {
  now_ = now;
  while (Call* call = due_.pop_due(now)) {
    if (call->bridge->next_deadline() <= now) call->bridge->on_time(now);
    // A deadline that does not move would be a fault of ours, and must not stop the thread.
    due_.set(*call, std::max(call->bridge->next_deadline(), now + kShortestWait));
  }
  if (tcp_flows_) tcp_flows_->on_time(now);
  count_shared_port(now);
  if (report_.events.empty() && report_.closed.empty() && !report_.shared_port) return;
  report_to_control_(std::exchange(report_, {}));
}

MonoTime Worker::next_deadline() const {
  return std::min(due_.next(), tcp_flows_ ? tcp_flows_->next_deadline() : kNever);
}

// Looked at in turns that happen anyway: an idle port has nothing new to tell.
void Worker::count_shared_port(MonoTime now) {
  if (now < next_totals_) return;
  next_totals_ = now + kTotalsInterval;
  const auto& port = browser_port_->counters();
  SharedPortTotals totals;
  totals.received = port[net::PortCount::kReceived];
  totals.sent = port[net::PortCount::kSent];
  totals.unknown_sender = drops_[Drop::kUnknownSender];
  totals.unknown_ufrag = drops_[Drop::kUnknownUfrag];
  totals.too_large = port[net::PortCount::kTooLarge];
  totals.not_sent = port[net::PortCount::kSendBlocked] + port[net::PortCount::kSendFailed];
  if (tcp_flows_) {
    totals.tcp_accepted = tcp_flows_->counters()[FlowCount::kAccepted];
    totals.tcp_turned_away = tcp_flows_->counters()[FlowCount::kTurnedAway];
  }
  if (totals == told_totals_) return;
  told_totals_ = totals;
  report_.shared_port = totals;
}

}  // namespace patchcord::media
