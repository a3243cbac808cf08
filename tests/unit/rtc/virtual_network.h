// SPDX-License-Identifier: GPL-3.0-or-later
// A network in a variable: datagrams between addresses, lost, doubled, delayed and so reordered by
// a seeded random walk, under a clock that jumps from one event to the next. No socket, no waiting.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/time.h"
#include "rtc/datagram_sink.h"

namespace patchcord::rtc {

inline std::vector<uint8_t> from_hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
  }
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return out;
}

inline std::string to_hex(ByteSpan bytes) {
  std::string out;
  for (const uint8_t b : bytes) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

struct Conditions {
  double loss = 0;
  double duplicate = 0;
  Duration delay = std::chrono::milliseconds(10);
  Duration jitter{};  // added to the delay, evenly from 0
};

class VirtualNetwork {
 public:
  using Bytes = std::vector<uint8_t>;

  // What stands at an address.
  struct Host {
    std::function<void(MutableByteSpan, const SocketAddress& from)> receive;
    std::function<void()> on_time;
    std::function<MonoTime()> next_deadline;
  };

  explicit VirtualNetwork(uint64_t seed, Conditions conditions = {})
      : conditions_(conditions), random_(seed) {}

  MonoTime now() const { return now_; }
  void set_conditions(const Conditions& conditions) { conditions_ = conditions; }
  void place(const SocketAddress& address, Host host) { hosts_[address] = std::move(host); }

  void send(const SocketAddress& from, const SocketAddress& to, ByteSpan datagram) {
    ++sent_;
    largest_ = std::max(largest_, datagram.size());
    if (random_.unit() < conditions_.loss) return;
    put(from, to, datagram);
    if (random_.unit() < conditions_.duplicate) put(from, to, datagram);
  }

  // Runs until `done` or for `limit`; false if the limit came first.
  bool run(Duration limit, const std::function<bool()>& done = [] { return false; }) {
    const MonoTime end = now_ + limit;
    while (!done()) {
      MonoTime next = flying_.empty() ? kNever : flying_.begin()->first;
      for (auto& [address, host] : hosts_) next = std::min(next, host.next_deadline());
      if (next > end) {
        now_ = end;
        return false;
      }
      now_ = std::max(now_, next);
      step();
    }
    return true;
  }

  size_t sent() const { return sent_; }
  size_t largest() const { return largest_; }

 private:
  struct Flying {
    SocketAddress from, to;
    Bytes bytes;
  };

  void put(const SocketAddress& from, const SocketAddress& to, ByteSpan datagram) {
    const auto jitter =
        static_cast<int64_t>(random_.unit() * static_cast<double>(conditions_.jitter.count()));
    flying_.emplace(now_ + conditions_.delay + Duration(jitter),
                    Flying{from, to, Bytes(datagram.begin(), datagram.end())});
  }

  void step() {
    while (!flying_.empty() && flying_.begin()->first <= now_) {
      Flying packet = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      if (const auto host = hosts_.find(packet.to); host != hosts_.end()) {
        host->second.receive(packet.bytes, packet.from);
      }
    }
    for (auto& [address, host] : hosts_) {
      if (host.next_deadline() <= now_) host.on_time();
    }
  }

  Conditions conditions_;
  SeededRandom random_;
  MonoTime now_ = MonoTime(std::chrono::hours(1));
  std::map<SocketAddress, Host> hosts_;
  std::multimap<MonoTime, Flying> flying_;
  size_t sent_ = 0;
  size_t largest_ = 0;
};

// The sink of a host: what it sends goes out under its own address.
class NetworkSink final : public DatagramSink {
 public:
  NetworkSink(VirtualNetwork& network, const SocketAddress& own) : network_(&network), own_(own) {}
  void send(ByteSpan datagram, const TransportAddress& to) override {
    network_->send(own_, to.address, datagram);
  }

 private:
  VirtualNetwork* network_;
  SocketAddress own_;
};

// A sink that keeps what it is given.
struct RecordingSink final : DatagramSink {
  struct Sent {
    std::vector<uint8_t> bytes;
    TransportAddress to;
  };
  void send(ByteSpan datagram, const TransportAddress& to) override {
    sent.push_back({{datagram.begin(), datagram.end()}, to});
  }
  std::vector<Sent> sent;
};

}  // namespace patchcord::rtc
