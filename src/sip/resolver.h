// SPDX-License-Identifier: GPL-3.0-or-later
// Resolver: names to targets by c-ares on the control loop (RFC 3263): NAPTR and SRV where neither
// transport nor port were given, SRV where no port was, else A and AAAA; SRV by priority and
// weight, addresses in the order of RFC 6724. A numeric host is answered without a question.
// Answers are kept for their TTL (at most five minutes), failures for a few seconds; the same
// question is asked once for all who wait for it. The io_context must not run after it is
// destroyed. Thread: control. Owner: app.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/executor.h"
#include "core/function.h"
#include "core/random.h"
#include "core/result.h"
#include "sip/dns_records.h"
#include "sip/outside.h"

namespace boost::asio {
class io_context;
}

namespace patchcord::sip {

struct ResolverConfig {
  std::vector<SocketAddress> servers;        // empty: those of /etc/resolv.conf
  Duration limit = std::chrono::seconds(4);  // of one question, whatever the servers do
  size_t max_cached = 512;
  size_t max_pending = 1000;
};

class Resolver {
 public:
  // kNotFound: there is no such name. kTimeout, kNetwork: nobody could say. kExhausted: too many
  // questions at once. A value is never empty.
  using Answer = Function<void(Result<Targets>)>;

  Resolver(boost::asio::io_context& io, Executor& control, Random& random, ResolverConfig config);
  ~Resolver();

  // Always answers in a later turn, once.
  void resolve(const ResolveQuery& query, Answer answer);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// RFC 2782: by priority; within one by weighted chance. Pure, for its test.
void order_srv(std::vector<SrvRecord>& records, Random& random);

}  // namespace patchcord::sip
