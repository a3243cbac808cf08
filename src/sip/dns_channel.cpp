// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <utility>

#include "sip/dns_channel_impl.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

// Of one server at the first try; c-ares doubles it for the second. Several questions in a row have
// to fit into the limit of one resolution.
constexpr int kFirstTimeoutMs = 500;
constexpr int kTries = 2;
constexpr int kClassIn = 1;
constexpr int kTypeSrv = 33;
constexpr int kTypeNaptr = 35;

// The bytes of an answer; what went wrong instead.
template <class Record, class Read>
Result<std::vector<Record>> answer_of(int status, const unsigned char* reply, int size, Read read) {
  if (status != ARES_SUCCESS || !reply || size < 0) return dns_error(status);
  return read(ByteSpan(reply, static_cast<size_t>(size)));
}

// c-ares must be told once per process, before the first channel.
void start_library() {
  static const int started = ares_library_init(ARES_LIB_INIT_ALL);
  static_cast<void>(started);
}

}  // namespace

DnsChannel::DnsChannel(boost::asio::io_context& io, Executor& control, const ResolverConfig& config)
    : io_(io), control_(control) {
  start_library();
  ares_options options{};
  options.timeout = kFirstTimeoutMs;
  options.tries = kTries;
  options.sock_state_cb = on_socket_state;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) channel_ = nullptr;
  if (!channel_ || config.servers.empty()) return;
  std::string servers;
  for (const SocketAddress& server : config.servers) {
    if (!servers.empty()) servers += ',';
    servers += server.to_string();
  }
  ares_set_servers_ports_csv(channel_, servers.c_str());
}

DnsChannel::~DnsChannel() {
  if (timer_) control_.cancel(*timer_);
  for (auto& [key, question] : questions_) {  // what ares_destroy() ends is told to nobody
    question->on_addresses = {};
    question->on_srv = {};
    question->on_naptr = {};
  }
  if (channel_) ares_destroy(channel_);
  for (auto& [fd, socket] : sockets_) socket->descriptor.release();
}

DnsChannel::Question* DnsChannel::ask() {
  auto question = std::make_unique<Question>();
  question->channel = this;
  Question* key = question.get();
  questions_.emplace(key, std::move(question));
  return key;
}

std::unique_ptr<DnsChannel::Question> DnsChannel::finish(void* question) {
  auto node = questions_.extract(question);
  return node.empty() ? nullptr : std::move(node.mapped());
}

void DnsChannel::addresses(const std::string& host, AddressAnswer answer) {
  if (!channel_) return answer(Error{ErrorCode::kNetwork, "c-ares did not start"});
  Question* question = ask();
  question->on_addresses = std::move(answer);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_addresses, question);
  arm();
}

void DnsChannel::srv(const std::string& name, SrvAnswer answer) {
  if (!channel_) return answer(Error{ErrorCode::kNetwork, "c-ares did not start"});
  Question* question = ask();
  question->on_srv = std::move(answer);
  ares_query(channel_, name.c_str(), kClassIn, kTypeSrv, on_srv, question);
  arm();
}

void DnsChannel::naptr(const std::string& name, NaptrAnswer answer) {
  if (!channel_) return answer(Error{ErrorCode::kNetwork, "c-ares did not start"});
  Question* question = ask();
  question->on_naptr = std::move(answer);
  ares_query(channel_, name.c_str(), kClassIn, kTypeNaptr, on_naptr, question);
  arm();
}

void DnsChannel::on_addresses(void* argument, int status, int, ares_addrinfo* found) {
  auto question = static_cast<Question*>(argument)->channel->finish(argument);
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owner(found,
                                                                           &ares_freeaddrinfo);
  if (!question || !question->on_addresses) return;
  if (status != ARES_SUCCESS || !found) return question->on_addresses(dns_error(status));
  Addresses addresses;
  int ttl = 300;
  for (const ares_addrinfo_node* node = found->nodes; node; node = node->ai_next) {
    const IpAddress ip = SocketAddress::from_sockaddr(node->ai_addr).ip();
    if (ip.is_unspecified() || ip.is_multicast()) continue;
    addresses.ips.push_back(ip);
    ttl = std::min(ttl, node->ai_ttl);
  }
  addresses.ttl = std::chrono::seconds(ttl);
  if (addresses.ips.empty()) return question->on_addresses(dns_error(ARES_ENODATA));
  question->on_addresses(std::move(addresses));
}

void DnsChannel::on_srv(void* argument, int status, int, unsigned char* reply, int size) {
  auto question = static_cast<Question*>(argument)->channel->finish(argument);
  if (!question || !question->on_srv) return;
  question->on_srv(answer_of<SrvRecord>(status, reply, size, read_srv));
}

void DnsChannel::on_naptr(void* argument, int status, int, unsigned char* reply, int size) {
  auto question = static_cast<Question*>(argument)->channel->finish(argument);
  if (!question || !question->on_naptr) return;
  question->on_naptr(answer_of<NaptrRecord>(status, reply, size, read_naptr));
}

// ---- c-ares' sockets on the loop

void DnsChannel::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<DnsChannel*>(self)->watch(fd, readable != 0, writable != 0);
}

void DnsChannel::watch(ares_socket_t fd, bool read, bool write) {
  const auto it = sockets_.find(fd);
  if (!read && !write) {  // c-ares closes it now
    if (it == sockets_.end()) return;
    it->second->descriptor.release();
    sockets_.erase(it);
    return;
  }
  std::unique_ptr<Socket>& socket = it == sockets_.end() ? sockets_[fd] : it->second;
  if (!socket) {
    socket = std::make_unique<Socket>(io_);
    socket->generation = ++last_generation_;
    boost::system::error_code ignored;
    socket->descriptor.assign(fd, ignored);
  }
  const bool starts_read = read && !std::exchange(socket->wants_read, read);
  const bool starts_write = write && !std::exchange(socket->wants_write, write);
  socket->wants_read = read;
  socket->wants_write = write;
  if (starts_read) wait(fd, socket->generation, false);
  if (starts_write) wait(fd, socket->generation, true);
}

void DnsChannel::wait(ares_socket_t fd, uint64_t generation, bool is_write) {
  using Descriptor = boost::asio::posix::stream_descriptor;
  const auto kind = is_write ? Descriptor::wait_write : Descriptor::wait_read;
  sockets_[fd]->descriptor.async_wait(
      kind, [this, fd, generation, is_write](const boost::system::error_code& error) {
        if (error == boost::asio::error::operation_aborted) return;
        const auto is_same = [&] {  // the number may be another socket's by now
          const auto it = sockets_.find(fd);
          return it != sockets_.end() && it->second->generation == generation;
        };
        if (!is_same()) return;
        ares_process_fd(channel_, is_write ? ARES_SOCKET_BAD : fd, is_write ? fd : ARES_SOCKET_BAD);
        arm();
        if (!is_same()) return;
        Socket& socket = *sockets_[fd];
        if (is_write ? socket.wants_write : socket.wants_read) wait(fd, generation, is_write);
      });
}

void DnsChannel::arm() {
  if (timer_) control_.cancel(*timer_);
  timer_.reset();
  timeval wait{};
  if (questions_.empty() || !ares_timeout(channel_, nullptr, &wait)) return;
  const Duration delay =
      std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
  timer_ = control_.after(delay + 1ms, [this] {
    timer_.reset();
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm();
  });
}

}  // namespace patchcord::sip
