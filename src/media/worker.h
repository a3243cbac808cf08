// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: one media thread's calls. It finds whose a datagram is, lets the call's bridge do the
// rest, wakes each call when it asked to be woken, and reports events to control once a turn.
//
//   shared port (browsers) ──▶ seat by address, first by the ufrag of a check ─┐
//   TCP connections        ──▶ tcp_flows: the same, kept by connection ────────┤
//   port pair (SIP peers)  ──▶ its own seat ───────────────────────────────────┴▶ endpoint ▶ bridge
//
// It decides nothing about a call and knows no protocol beyond "is this a STUN check".
// Thread: media; open, change, send_digits and close come by post from Engine. Owner: Engine.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/counters.h"
#include "core/function.h"
#include "core/random.h"
#include "media/bridge.h"
#include "media/deadline_heap.h"
#include "media/engine.h"
#include "media/tcp_flows.h"
#include "media/tune.h"
#include "net/port_pool.h"
#include "net/wire.h"
#include "rtc/dtls.h"

namespace patchcord::media {

// All a worker needs to begin a call; drawn by Engine.
struct Opening {
  MediaId id;
  MediaPlan plan;
  std::array<LocalMedia, 2> local;                    // by index(Side)
  std::array<StreamStart, 2> streams;                 // that of index(s) goes to s
  std::array<std::optional<net::PortPair>, 2> ports;  // of a side that is plain RTP
  std::string cname;
};

// What a worker tells control, in order.
struct Report {
  struct Told {
    MediaId id;
    MediaEvent event;
  };
  std::vector<Told> events;
  std::vector<MediaId> closed;  // gone, their ports are closed; after their last events
  std::optional<SharedPortTotals> shared_port;  // when they changed, at most once a second
};

struct WorkerCall;

// A place at which a remote address is heard.
struct Seat {
  Endpoint& endpoint;
  Bridge& bridge;
  Side side;
  WorkerCall& call;
};

class Worker final : private net::Resident, private TcpFlows::Host {
 public:
  // Where browsers come in; the listener may be missing.
  struct Doors {
    std::unique_ptr<net::Port> port;
    std::unique_ptr<net::Listener> listener;
  };
  struct Settings {
    std::vector<IpAddress> own_addresses;
    int opus_complexity = 5;
  };

  // report is called on the loop's thread, at the end of a turn. The loop must outlive the worker
  // and not run any more when it dies.
  Worker(net::Loop& loop, Doors doors, rtc::DtlsContext dtls, Settings settings,
         Function<void(Report)> report);
  ~Worker();

  void start();  // once, before all else
  void open(Opening opening);
  void change(MediaId id, const MediaPlan& plan);
  void send_digits(MediaId id, Side to, const std::string& digits, Duration tone);
  void close(MediaId id);

 private:
  enum class Drop : uint8_t { kUnknownSender, kUnknownUfrag, kCount };
  using Call = WorkerCall;
  friend WorkerCall;
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  void on_datagram(net::Port& port, net::Datagram& datagram);
  Seat* seat_of(const net::Datagram& datagram);

  Seat* seat_named_by(const net::Datagram& datagram) override;
  void receive(Seat& seat, net::Port& port, net::Datagram& datagram) override;
  bool has_proved(const Seat& seat, const TransportAddress& address) const override;
  void on_port_gone(Seat& seat, const net::Port& port, const TransportAddress& address) override;

  void take_address(Seat& seat, const SocketAddress& address);
  void give_up_seats(const Call& call);
  std::unique_ptr<Endpoint> make_endpoint(Opening& opening, Side side, EventSink& events);
  void sit(Call& call, Opening& opening);
  void watch(Seat& seat, net::Port& port);
  void settle(Call& call);
  void count_shared_port(MonoTime now);

  void on_turn(MonoTime now) override;
  MonoTime next_deadline() const override;

  net::Loop& loop_;
  std::unique_ptr<net::Port> browser_port_;
  std::optional<TcpFlows> tcp_flows_;
  rtc::DtlsContext dtls_;
  const Settings settings_;
  Function<void(Report)> report_to_control_;
  const Tune tune_ = make_tune();
  SystemRandom random_;
  MonoTime now_;
  std::unordered_map<MediaId, std::unique_ptr<Call>> calls_;
  std::unordered_map<SocketAddress, Seat*> seats_;  // browsers, by a proved remote address
  std::unordered_map<std::string, Seat*, TextHash, std::equal_to<>> ufrags_;
  DeadlineHeap<Call> due_;
  Report report_;
  Counters<Drop> drops_;
  SharedPortTotals told_totals_;
  MonoTime next_totals_;
};

}  // namespace patchcord::media
