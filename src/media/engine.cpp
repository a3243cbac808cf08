// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/engine.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "media/worker.h"
#include "net/port_pool.h"
#include "net/wire.h"
#include "rtc/certificate.h"
#include "rtc/dtls.h"
#include "rtc/ice.h"

namespace patchcord::media {
namespace {

constexpr size_t kCnameLetters = 16;  // 95 bits: more than RFC 7022 asks of a short-lived one

// Every address of this host, of both families if a browser may come by either.
IpAddress any_address(const std::vector<IpAddress>& addresses) {
  const bool has_v6 = std::any_of(addresses.begin(), addresses.end(),
                                  [](const IpAddress& ip) { return ip.is_v6(); });
  return has_v6 ? *IpAddress::parse("::") : IpAddress::v4(0, 0, 0, 0);
}

// A phone may be of either family, which is not known yet when its ports are bound.
IpAddress any_family(net::Wire& wire) {
  const IpAddress all = *IpAddress::parse("::");
  return wire.bind({all, 0}, net::PortKind::kCall) ? all : IpAddress::v4(0, 0, 0, 0);
}

StreamStart draw_stream(Random& random) {
  StreamStart start;
  start.ssrc = Ssrc(random.u32() | 1);  // zero is what "none" looks like in many logs
  // RFC 3711 3.3.1: begun in the lower half, the first wrap is far enough for both ends to agree.
  start.sequence = static_cast<uint16_t>(random.u32() & 0x7fff);
  start.timestamp = random.u32();
  return start;
}

}  // namespace

struct Engine::Implementation {
  struct Call {
    size_t worker;
    std::optional<Opening> reserved;  // until it is opened
    std::vector<uint16_t> ports;      // leased, by their even number
    bool is_closing = false;
  };

  Implementation(EngineConfig engine_config, net::Wire& wire, std::vector<net::Loop*> worker_loops,
                 Executor& control_executor, Random& random_source, EngineListener& engine_listener)
      : config(std::move(engine_config)),
        loops(std::move(worker_loops)),
        control(control_executor),
        random(random_source),
        listener(engine_listener),
        pool(wire, any_family(wire), config.rtp_first, config.rtp_last, random_source),
        load(loops.size()),
        shared_ports(loops.size()) {}

  Result<void> add_worker(const rtc::Certificate& certificate, net::Wire& wire);
  Result<LocalMedia> reserve_side(EndpointKind kind, size_t worker, Side side, Opening& opening);
  WebrtcLocal webrtc_local(size_t worker, const Opening& opening, Side side);
  void give_back(const std::vector<uint16_t>& ports);
  void take(size_t worker, const Report& report);
  void forget_reserved(MediaId id);
  template <class Command>
  void post(size_t worker, Command command);

  const EngineConfig config;
  const std::vector<net::Loop*> loops;
  Executor& control;
  Random& random;
  EngineListener& listener;
  std::string fingerprint;
  net::PortPool pool;  // before the workers: their calls hold its ports
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<size_t> load;                    // calls by worker
  std::vector<SharedPortTotals> shared_ports;  // by worker
  std::unordered_map<MediaId, Call> calls;
  uint64_t last_id = 0;
};

// Workers live as long as the engine, and loops stop before it dies: a worker's address is the one
// thing that may cross.
template <class Command>
void Engine::Implementation::post(size_t worker, Command command) {
  loops[worker]->post([target = workers[worker].get(), command = std::move(command)]() mutable {
    command(*target);
  });
}

Result<void> Engine::Implementation::add_worker(const rtc::Certificate& certificate,
                                                net::Wire& wire) {
  const size_t number = workers.size();
  const auto port_number = static_cast<uint16_t>(config.rtc_port + number);
  TRY(std::unique_ptr<net::Port> port,
      wire.bind({any_address(config.rtc_addresses), port_number}, net::PortKind::kShared));
  std::unique_ptr<net::Listener> door;
  if (config.rtc_tcp) {
    TRY(door, wire.listen(port->local()));
  }
  TRY(rtc::DtlsContext dtls, rtc::DtlsContext::create(certificate));
  workers.push_back(std::make_unique<Worker>(
      *loops[number], Worker::Doors{std::move(port), std::move(door)}, std::move(dtls),
      Worker::Settings{config.rtc_addresses, config.opus_complexity},
      [this, number](Report report) {
        control.post([this, number, report = std::move(report)] { take(number, report); });
      }));
  post(number, [](Worker& worker) { worker.start(); });
  return {};
}

Result<std::unique_ptr<Engine>> Engine::make(EngineConfig config,
                                             const rtc::Certificate& certificate, net::Wire& wire,
                                             std::vector<net::Loop*> loops, Executor& control,
                                             Random& random, EngineListener& listener) {
  if (loops.empty()) return {ErrorCode::kState, "a media engine needs at least one loop"};
  const size_t count = loops.size();
  auto made = std::make_unique<Implementation>(std::move(config), wire, std::move(loops), control,
                                               random, listener);
  made->fingerprint = certificate.fingerprint();
  for (size_t i = 0; i < count; ++i) TRY_VOID(made->add_worker(certificate, wire));
  return std::make_unique<Engine>(std::move(made));
}

Engine::Engine(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Engine::~Engine() = default;

// ---- reserving

Result<Reservation> Engine::reserve(std::array<EndpointKind, 2> kinds) {
  Implementation& self = *implementation_;
  const size_t worker =
      static_cast<size_t>(std::min_element(self.load.begin(), self.load.end()) - self.load.begin());
  Opening opening;
  opening.id = MediaId(++self.last_id);
  opening.cname = self.random.token(kCnameLetters);
  std::vector<uint16_t> ports;
  for (const Side side : kSides) {
    opening.streams[index(side)] = draw_stream(self.random);
    Result<LocalMedia> local = self.reserve_side(kinds[index(side)], worker, side, opening);
    if (!local) {
      opening.ports = {};
      self.give_back(ports);
      return std::move(local).error();
    }
    opening.local[index(side)] = std::move(local).value();
    if (const auto& pair = opening.ports[index(side)]) ports.push_back(pair->number());
  }
  Reservation reservation{opening.id, opening.local};
  self.calls.emplace(reservation.id,
                     Implementation::Call{worker, std::move(opening), std::move(ports)});
  ++self.load[worker];
  return reservation;
}

Result<LocalMedia> Engine::Implementation::reserve_side(EndpointKind kind, size_t worker, Side side,
                                                        Opening& opening) {
  switch (kind) {
    case EndpointKind::kWebrtc:
      return LocalMedia(webrtc_local(worker, opening, side));
    case EndpointKind::kRtp: {
      TRY(net::PortPair pair, pool.lease());
      const uint16_t number = pair.number();
      opening.ports[index(side)] = std::move(pair);
      return LocalMedia(RtpLocal{number, static_cast<uint16_t>(number + 1)});
    }
    case EndpointKind::kAnnouncement:
      return LocalMedia(AnnouncementLocal{});
    case EndpointKind::kEcho:
      break;
  }
  return LocalMedia(EchoLocal{});
}

WebrtcLocal Engine::Implementation::webrtc_local(size_t worker, const Opening& opening, Side side) {
  const rtc::IceCredentials ice = rtc::IceCredentials::generate(random);
  WebrtcLocal local;
  local.ufrag = ice.ufrag;
  local.password = ice.pwd;
  local.fingerprint = fingerprint;
  for (const IpAddress& ip : config.rtc_addresses) {
    local.candidates.emplace_back(ip, static_cast<uint16_t>(config.rtc_port + worker));
  }
  if (config.rtc_tcp) local.tcp_candidates = local.candidates;
  local.ssrc = opening.streams[index(side)].ssrc;
  local.cname = opening.cname;
  return local;
}

void Engine::Implementation::give_back(const std::vector<uint16_t>& ports) {
  for (const uint16_t number : ports) pool.give_back(number);
}

// ---- commands

void Engine::open(MediaId id, MediaPlan plan) {
  const auto found = implementation_->calls.find(id);
  if (found == implementation_->calls.end() || !found->second.reserved) return;
  Opening opening = std::move(*std::exchange(found->second.reserved, std::nullopt));
  opening.plan = std::move(plan);
  implementation_->post(
      found->second.worker,
      [opening = std::move(opening)](Worker& worker) mutable { worker.open(std::move(opening)); });
}

void Engine::change(MediaId id, MediaPlan plan) {
  const auto found = implementation_->calls.find(id);
  if (found == implementation_->calls.end() || found->second.reserved) return;
  implementation_->post(found->second.worker,
                        [id, plan = std::move(plan)](Worker& worker) { worker.change(id, plan); });
}

void Engine::send_digits(MediaId id, Side to, std::string digits, Duration tone) {
  const auto found = implementation_->calls.find(id);
  if (found == implementation_->calls.end() || found->second.reserved) return;
  implementation_->post(found->second.worker,
                        [id, to, tone, digits = std::move(digits)](Worker& worker) {
                          worker.send_digits(id, to, digits, tone);
                        });
}

void Engine::close(MediaId id) {
  const auto found = implementation_->calls.find(id);
  if (found == implementation_->calls.end() || found->second.is_closing) return;
  found->second.is_closing = true;
  if (found->second.reserved) return implementation_->forget_reserved(id);
  implementation_->post(found->second.worker, [id](Worker& worker) { worker.close(id); });
}

// It never went to a worker: its ports close here, and the last Stats say that there was nothing.
void Engine::Implementation::forget_reserved(MediaId id) {
  Call& call = calls.at(id);
  call.reserved.reset();
  Report report;
  report.events.push_back({id, Stats{.final = true}});
  report.closed.push_back(id);
  control.post([this, worker = call.worker, report = std::move(report)] { take(worker, report); });
}

void Engine::Implementation::take(size_t worker, const Report& report) {
  if (report.shared_port) shared_ports[worker] = *report.shared_port;
  for (const Report::Told& told : report.events) listener.on_media_event(told.id, told.event);
  for (const MediaId id : report.closed) {
    const auto found = calls.find(id);
    if (found == calls.end()) continue;
    give_back(found->second.ports);
    --load[found->second.worker];
    calls.erase(found);
  }
}

size_t Engine::open_count() const {
  const auto& calls = implementation_->calls;
  return static_cast<size_t>(std::count_if(
      calls.begin(), calls.end(), [](const auto& call) { return !call.second.is_closing; }));
}

bool Engine::has_free_port_pair() const {
  return implementation_->pool.leased() < implementation_->pool.size();
}

size_t Engine::leased_port_pairs() const {
  return implementation_->pool.leased();
}

SharedPortTotals Engine::shared_ports() const {
  SharedPortTotals sum;
  for (const SharedPortTotals& port : implementation_->shared_ports) sum += port;
  return sum;
}

SharedPortTotals& SharedPortTotals::operator+=(const SharedPortTotals& other) {
  received += other.received;
  sent += other.sent;
  unknown_sender += other.unknown_sender;
  unknown_ufrag += other.unknown_ufrag;
  too_large += other.too_large;
  not_sent += other.not_sent;
  tcp_accepted += other.tcp_accepted;
  tcp_turned_away += other.tcp_turned_away;
  return *this;
}

}  // namespace patchcord::media
