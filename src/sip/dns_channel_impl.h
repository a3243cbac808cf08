// SPDX-License-Identifier: GPL-3.0-or-later
// Private to sip/resolver.cpp: a c-ares channel whose sockets wait on the io_context. Asks one
// question at a time per call and gives plain values; no policy, no cache. c-ares does not leave
// this header and dns_channel.cpp.
// Thread: control.
#pragma once

#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/executor.h"
#include "core/result.h"
#include "sip/resolver.h"

namespace patchcord::sip {

class DnsChannel {
 public:
  struct Addresses {
    std::vector<IpAddress> ips;
    Duration ttl{};
  };
  using AddressAnswer = Function<void(Result<Addresses>)>;
  using SrvAnswer = Function<void(Result<std::vector<SrvRecord>>)>;
  using NaptrAnswer = Function<void(Result<std::vector<NaptrRecord>>)>;

  DnsChannel(boost::asio::io_context& io, Executor& control, const ResolverConfig& config);
  ~DnsChannel();

  // The answer may come from inside the call.
  void addresses(const std::string& host, AddressAnswer answer);
  void srv(const std::string& name, SrvAnswer answer);
  void naptr(const std::string& name, NaptrAnswer answer);

 private:
  struct Socket {
    explicit Socket(boost::asio::io_context& io) : descriptor(io) {}
    boost::asio::posix::stream_descriptor descriptor;
    uint64_t generation = 0;
    bool wants_read = false;
    bool wants_write = false;
  };
  struct Question {
    DnsChannel* channel;
    AddressAnswer on_addresses;
    SrvAnswer on_srv;
    NaptrAnswer on_naptr;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  static void on_addresses(void* question, int status, int timeouts, ares_addrinfo* found);
  static void on_srv(void* question, int status, int timeouts, unsigned char* reply, int size);
  static void on_naptr(void* question, int status, int timeouts, unsigned char* reply, int size);
  Question* ask();
  std::unique_ptr<Question> finish(void* question);
  void watch(ares_socket_t fd, bool read, bool write);
  void wait(ares_socket_t fd, uint64_t generation, bool is_write);
  void arm();

  boost::asio::io_context& io_;
  Executor& control_;
  ares_channel channel_ = nullptr;
  uint64_t last_generation_ = 0;
  std::unordered_map<ares_socket_t, std::unique_ptr<Socket>> sockets_;
  std::unordered_map<const void*, std::unique_ptr<Question>> questions_;
  std::optional<TimerId> timer_;
};

}  // namespace patchcord::sip
