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
constexpr size_t kMaxServices = 4;
constexpr size_t kMaxHosts = 8;    // asked for their addresses
constexpr size_t kMaxTargets = 8;  // more would not be tried in a caller's patience

TransportKind transport_of(const ResolveQuery& query) {
  if (query.is_sips) return TransportKind::kTls;
  return query.transport.value_or(TransportKind::kUdp);
}

uint16_t usual_port(TransportKind transport) {
  return transport == TransportKind::kTls ? 5061 : 5060;
}

std::string srv_name(TransportKind transport, const std::string& host) {
  switch (transport) {
    case TransportKind::kUdp:
      return "_sip._udp." + host;
    case TransportKind::kTcp:
      return "_sip._tcp." + host;
    case TransportKind::kTls:
      return "_sips._tcp." + host;
  }
  return {};
}

// RFC 3263 4.1: the domain may choose where the URI names neither transport nor port. For sips: it
// may only say where.
bool may_ask_naptr(const ResolveQuery& query) {
  return query.port == 0 && (query.is_sips || !query.transport);
}

// Whose certificate a TLS target must show: that of the domain, whatever SRV made of it.
std::string name_of(const ResolveQuery& query, TransportKind transport) {
  if (transport != TransportKind::kTls) return {};
  std::string name = query.host;
  if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::string cache_key(const ResolveQuery& query) {
  std::string key = query.host + ':' + std::to_string(query.port) + '/';
  if (may_ask_naptr(query)) key += query.is_sips ? "sips?" : "?";
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

  struct Service {
    TransportKind transport;
    std::string srv_name;
  };
  struct Host {
    TransportKind transport;
    uint16_t port;
    std::string name;
  };
  struct Pending {
    ResolveQuery query;
    std::vector<Answer> answers;
    TimerId limit;
    std::vector<Service> services{};  // still to be asked for their hosts, in order
    size_t next_service = 0;
    bool takes_all_services = false;  // named by NAPTR; else the first that is there
    std::vector<Host> hosts{};        // still to be asked for their addresses, in order
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
  void on_naptr(uint64_t id, const Result<std::vector<NaptrRecord>>& found);
  void ask_service(uint64_t id);
  void on_srv(uint64_t id, TransportKind transport, Result<std::vector<SrvRecord>> found);
  void ask_host(uint64_t id);
  void on_addresses(uint64_t id, const Host& host, Result<DnsChannel::Addresses> found);
  void finish(uint64_t id, Result<Targets> result, Duration ttl);
  void keep(const std::string& key, const Result<Targets>& result, Duration ttl);
  void answer_later(Answer answer, Result<Targets> result);

  Executor& control;
  Random& random;
  ResolverConfig config;
  uint64_t last_id = 0;
  size_t waiting = 0;  // for an answer
  std::unordered_map<uint64_t, Pending> pending;
  std::unordered_map<std::string, uint64_t> asked;  // pending, by their cache key
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
  if (const auto ip = IpAddress::parse(query.host)) {
    const TransportKind transport = transport_of(query);
    const uint16_t port = query.port == 0 ? usual_port(transport) : query.port;
    return impl_->answer_later(std::move(answer),
                               Targets{{transport, {*ip, port}, {}, name_of(query, transport)}});
  }
  const std::string key = cache_key(query);
  const auto cached = impl_->cache.find(key);
  if (cached != impl_->cache.end() && cached->second.until > impl_->control.now()) {
    return impl_->answer_later(std::move(answer), cached->second.result);
  }
  if (impl_->waiting >= impl_->config.max_pending) {
    return impl_->answer_later(std::move(answer),
                               Error{ErrorCode::kExhausted, "too many questions at once"});
  }
  ++impl_->waiting;
  if (const auto same = impl_->asked.find(key); same != impl_->asked.end()) {
    impl_->pending.at(same->second).answers.push_back(std::move(answer));
    return;
  }
  const uint64_t id = ++impl_->last_id;
  const TimerId limit = impl_->control.after(impl_->config.limit, [impl = impl_.get(), id] {
    impl->finish(id, Error{ErrorCode::kTimeout, "the name server does not answer in time"},
                 kFailureTtl);
  });
  Impl::Pending question{.query = query, .answers = {}, .limit = limit};
  question.answers.push_back(std::move(answer));
  impl_->pending.emplace(id, std::move(question));
  impl_->asked[key] = id;
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
  Pending& question = it->second;
  const ResolveQuery& query = question.query;
  if (query.port != 0) {
    question.hosts = {{transport_of(query), query.port, query.host}};
    return ask_host(id);
  }
  if (may_ask_naptr(query)) {
    return channel.naptr(
        query.host, [this, id](Result<std::vector<NaptrRecord>> found) { on_naptr(id, found); });
  }
  question.services = {{transport_of(query), srv_name(transport_of(query), query.host)}};
  ask_service(id);
}

void Resolver::Impl::on_naptr(uint64_t id, const Result<std::vector<NaptrRecord>>& found) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  const ResolveQuery& query = question.query;
  if (found) {
    for (const NaptrRecord& record : *found) {
      if (query.is_sips && record.transport != TransportKind::kTls) continue;
      question.services.push_back({record.transport, record.srv_name});
    }
    question.services.resize(std::min(question.services.size(), kMaxServices));
    question.takes_all_services = true;
  }
  if (question.services.empty()) {
    question.takes_all_services = false;
    for (const auto kind : {TransportKind::kUdp, TransportKind::kTcp, TransportKind::kTls}) {
      if (query.is_sips && kind != TransportKind::kTls) continue;
      question.services.push_back({kind, srv_name(kind, query.host)});
    }
  }
  ask_service(id);
}

void Resolver::Impl::ask_service(uint64_t id) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  const bool has_enough = !question.hosts.empty() && !question.takes_all_services;
  if (has_enough || question.next_service >= question.services.size()) {
    if (question.hosts.empty()) {
      // "if no SRV records were found, the client performs an A or AAAA record lookup"
      const TransportKind transport = transport_of(question.query);
      question.hosts = {{transport, usual_port(transport), question.query.host}};
    }
    return ask_host(id);
  }
  const Service& service = question.services[question.next_service++];
  channel.srv(service.srv_name,
              [this, id, transport = service.transport](Result<std::vector<SrvRecord>> found) {
                on_srv(id, transport, std::move(found));
              });
}

void Resolver::Impl::on_srv(uint64_t id, TransportKind transport,
                            Result<std::vector<SrvRecord>> found) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  if (found) {
    order_srv(*found, random);
    for (SrvRecord& record : *found) {
      if (question.hosts.size() >= kMaxHosts) break;
      question.hosts.push_back({transport, record.port, std::move(record.host)});
    }
  }
  ask_service(id);
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
  const Host& host = question.hosts[question.next_host++];
  channel.addresses(host.name, [this, id, host](Result<DnsChannel::Addresses> found) {
    on_addresses(id, host, std::move(found));
  });
}

void Resolver::Impl::on_addresses(uint64_t id, const Host& host,
                                  Result<DnsChannel::Addresses> found) {
  const auto it = pending.find(id);
  if (it == pending.end()) return;
  Pending& question = it->second;
  if (found.ok()) {
    for (const IpAddress& ip : found->ips) {
      if (question.targets.size() >= kMaxTargets) break;
      question.targets.push_back(
          {host.transport, {ip, host.port}, {}, name_of(question.query, host.transport)});
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
  const std::string key = cache_key(question.query);
  asked.erase(key);
  waiting -= question.answers.size();
  keep(key, result, ttl);
  for (Answer& answer : question.answers) answer(result);
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
