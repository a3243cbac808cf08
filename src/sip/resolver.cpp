// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/resolver.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "sip/dns_channel_impl.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestTtl = 5min;
constexpr Duration kShortestTtl = 5s;
constexpr Duration kFailureTtl = 3s;
constexpr size_t kMaxSrv = 8;      // hosts asked for their addresses
constexpr size_t kMaxTargets = 8;  // more would not be tried in a caller's patience

TransportKind transport_of(const ResolveQuery& query) {
  if (query.transport) return *query.transport;
  return query.is_sips ? TransportKind::kTls : TransportKind::kUdp;
}

uint16_t usual_port(TransportKind transport) {
  return transport == TransportKind::kTls ? 5061 : 5060;
}

std::string srv_name(const ResolveQuery& query) {
  switch (transport_of(query)) {
    case TransportKind::kUdp:
      return "_sip._udp." + query.host;
    case TransportKind::kTcp:
      return "_sip._tcp." + query.host;
    case TransportKind::kTls:
      return "_sips._tcp." + query.host;
  }
  return {};
}

std::string cache_key(const ResolveQuery& query) {
  std::string key = query.host + ':' + std::to_string(query.port) + '/';
  return key += to_string(transport_of(query));
}

}  // namespace

void order_srv(std::vector<SrvRecord>& records, Random& random) {
  std::stable_sort(records.begin(), records.end(),
                   [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
  for (auto begin = records.begin(); begin != records.end(); ++begin) {
    const auto end = std::find_if(begin, records.end(), [&](const SrvRecord& record) {
      return record.priority != begin->priority;
    });
    uint32_t sum = 0;
    for (auto it = begin; it != end; ++it) sum += it->weight;
    uint32_t drawn = random.below(sum + 1);
    auto chosen = begin;
    while (chosen + 1 != end && drawn > chosen->weight) drawn -= (chosen++)->weight;
    std::rotate(begin, chosen, chosen + 1);
  }
}

struct Resolver::Impl {
  Impl(boost::asio::io_context& io, Executor& control_, Random& random_, ResolverConfig config_)
      : control(control_),
        random(random_),
        config(std::move(config_)),
        channel(io, control_, config) {}

  struct Pending {
    ResolveQuery query;
    Answer answer;
    TimerId limit;
    std::vector<SrvRecord> hosts{};  // still to be asked, in order
    size_t next_host = 0;
    Targets targets{};
    Duration ttl = kLongestTtl;
    Error last_error{ErrorCode::kNotFound, "no such name"};
  };
  struct Cached {
    Result<Targets> result;
    MonoTime until;
  };

  void start(uint64_t id);
  void on_srv(uint64_t id, Result<std::vector<SrvRecord>> found);
  void ask_host(uint64_t id);
  void on_addresses(uint64_t id, uint16_t port, Result<DnsChannel::Addresses> found);
  void finish(uint64_t id, Result<Targets> result, Duration ttl);
  void keep(const std::string& key, const Result<Targets>& result, Duration ttl);
  void answer_later(Answer answer, Result<Targets> result);

  Executor& control;
  Random& random;
  ResolverConfig config;
  uint64_t last_id = 0;
  std::unordered_map<uint64_t, Pending> pending;
  std::unordered_map<std::string, Cached> cache;
  DnsChannel channel;
};

Resolver::Resolver(boost::asio::io_context& io, Executor& control, Random& random,
                   ResolverConfig config)
    : impl_(std::make_unique<Impl>(io, control, random, std::move(config))) {}

Resolver::~Resolver() {
  for (const auto& [id, pending] : impl_->pending) impl_->control.cancel(pending.limit);
}

void Resolver::resolve(const ResolveQuery& query, Answer answer) {
  const TransportKind transport = transport_of(query);
  if (const auto ip = IpAddress::parse(query.host)) {
    const uint16_t port = query.port == 0 ? usual_port(transport) : query.port;
    return impl_->answer_later(std::move(answer), Targets{{transport, {*ip, port}, {}}});
  }
  const auto cached = impl_->cache.find(cache_key(query));
  if (cached != impl_->cache.end() && cached->second.until > impl_->control.now()) {
    return impl_->answer_later(std::move(answer), cached->second.result);
  }
  if (impl_->pending.size() >= impl_->config.max_pending) {
    return impl_->answer_later(std::move(answer),
                               Error{ErrorCode::kExhausted, "too many questions at once"});
  }
  const uint64_t id = ++impl_->last_id;
  const TimerId limit = impl_->control.after(impl_->config.limit, [impl = impl_.get(), id] {
    impl->finish(id, Error{ErrorCode::kTimeout, "no answer in time"}, kFailureTtl);
  });
  impl_->pending.emplace(id, Impl::Pending{query, std::move(answer), limit});
  impl_->control.post([impl = impl_.get(), id] { impl->start(id); });
}

void Resolver::Impl::answer_later(Answer answer, Result<Targets> result) {
  control.post([answer = std::move(answer), result = std::move(result)]() mutable {
    answer(std::move(result));
  });
}

// RFC 3263 4.2: a port in the URI means A and AAAA of that very host.
void Resolver::Impl::start(uint64_t id) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  const ResolveQuery& query = it->second.query;
  if (query.port == 0) {
    channel.srv(srv_name(query),
                [this, id](Result<std::vector<SrvRecord>> found) { on_srv(id, std::move(found)); });
  } else {
    it->second.hosts = {{0, 0, query.port, query.host}};
    ask_host(id);
  }
}

void Resolver::Impl::on_srv(uint64_t id, Result<std::vector<SrvRecord>> found) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  if (found.ok() && !found->empty()) {
    question.hosts = std::move(*found);
    order_srv(question.hosts, random);
    question.hosts.resize(std::min(question.hosts.size(), kMaxSrv));
  } else {  // "if no SRV records were found, the client performs an A or AAAA record lookup"
    question.hosts = {{0, 0, usual_port(transport_of(question.query)), question.query.host}};
  }
  ask_host(id);
}

void Resolver::Impl::ask_host(uint64_t id) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  if (question.next_host >= question.hosts.size() || question.targets.size() >= kMaxTargets) {
    if (question.targets.empty()) return finish(id, question.last_error, kFailureTtl);
    Targets found = std::move(question.targets);
    return finish(id, std::move(found), question.ttl);
  }
  const SrvRecord& host = question.hosts[question.next_host++];
  channel.addresses(host.host, [this, id, port = host.port](Result<DnsChannel::Addresses> found) {
    on_addresses(id, port, std::move(found));
  });
}

void Resolver::Impl::on_addresses(uint64_t id, uint16_t port, Result<DnsChannel::Addresses> found) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  if (found.ok()) {
    for (const IpAddress& ip : found->ips) {
      if (question.targets.size() >= kMaxTargets) break;
      question.targets.push_back({transport_of(question.query), {ip, port}, {}});
    }
    question.ttl = std::min(question.ttl, found->ttl);
  } else {
    question.last_error = found.error();
  }
  ask_host(id);
}

void Resolver::Impl::finish(uint64_t id, Result<Targets> result, Duration ttl) {
  auto node = pending.extract(id);
  if (node.empty()) return;
  Pending question = std::move(node.mapped());
  control.cancel(question.limit);
  keep(cache_key(question.query), result, ttl);
  question.answer(std::move(result));
}

void Resolver::Impl::keep(const std::string& key, const Result<Targets>& result, Duration ttl) {
  const MonoTime now = control.now();
  if (cache.size() >= config.max_cached) {
    std::erase_if(cache, [now](const auto& entry) { return entry.second.until <= now; });
    if (cache.size() >= config.max_cached) cache.clear();
  }
  const Duration kept = result.ok() ? std::clamp(ttl, kShortestTtl, kLongestTtl) : ttl;
  cache.insert_or_assign(key, Cached{result, now + kept});
}

}  // namespace patchcord::sip
