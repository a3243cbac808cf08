// SPDX-License-Identifier: GPL-3.0-or-later
#include "web/server.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>

#include "core/log.h"
#include "web/core_impl.h"

namespace patchcord::web {
namespace {

using asio::ip::tcp;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);

tcp::endpoint endpoint_of(const SocketAddress& address) {
  sockaddr_storage storage{};
  const socklen_t length = address.to_sockaddr(storage);
  tcp::endpoint endpoint;
  std::copy_n(reinterpret_cast<const char*>(&storage), length,
              reinterpret_cast<char*>(endpoint.data()));
  endpoint.resize(length);
  return endpoint;
}

Error refused(const SocketAddress& address, const error_code& error) {
  return {ErrorCode::kNetwork, "cannot listen on " + address.to_string() + ": " + error.message()};
}

bool covers(const std::string& route, std::string_view path) {
  return route == path || (route.ends_with('/') && path.starts_with(route));
}

std::string_view name_of(Method method) {
  return method == Method::kPost ? "POST" : "GET, HEAD";
}

// A page of another site may make a browser post here; its Origin tells (a client that is no
// browser sends none).
bool is_cross_site_post(const Request& request) {
  const std::string_view origin = request.header("Origin");
  if (request.method != Method::kPost || origin.empty()) return false;
  const size_t slashes = origin.find("://");
  return slashes == std::string_view::npos || origin.substr(slashes + 3) != request.header("Host");
}

Response plain(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.body = text;
  return response;
}

}  // namespace

Slot::~Slot() {
  if (core_) core_->left(id_, ip_);
}

ServerCore::ServerCore(asio::io_context& io, ServerOptions options, WebListener* listener)
    : io_(io), options_(std::move(options)), listener_(listener), files_(options_.mounts) {}

void ServerCore::add_route(Method method, std::string path, Handler handler) {
  routes_.push_back({method, std::move(path), std::move(handler)});
}

Result<void> ServerCore::start() {
  const auto is_tls = [](const Listen& where) { return where.security == Security::kTls; };
  if (std::ranges::any_of(options_.listen, is_tls)) TRY_VOID(load_certificate());
  for (const Listen& where : options_.listen) TRY_VOID(listen(where));
  for (const auto& listener : listeners_) accept(*listener);
  return {};
}

Result<void> ServerCore::load_certificate() {
  error_code error;
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_cipher_list(context.native_handle(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  context.use_certificate_chain_file(options_.certificate.string(), error);
  if (error) {
    return Error{ErrorCode::kNotFound, "cannot use the certificate " +
                                           options_.certificate.string() + ": " + error.message()};
  }
  context.use_private_key_file(options_.key.string(), asio::ssl::context::pem, error);
  if (error) {
    return Error{ErrorCode::kNotFound,
                 "cannot use the key " + options_.key.string() + ": " + error.message()};
  }
  tls_ = std::move(context);
  return {};
}

Result<void> ServerCore::listen(const Listen& where) {
  auto listener = std::make_unique<Listener>(
      Listener{tcp::acceptor(io_), asio::steady_timer(io_), where.security});
  tcp::acceptor& acceptor = listener->acceptor;
  const tcp::endpoint endpoint = endpoint_of(where.address);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && where.address.ip().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return refused(where.address, error);
  listeners_.push_back(std::move(listener));
  return {};
}

void ServerCore::accept(Listener& listener) {
  listener.acceptor.async_accept(
      [self = shared_from_this(), &listener](error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || !listener.acceptor.is_open()) return;
        if (!error) {
          self->on_accepted(listener, std::move(socket));
          return self->accept(listener);
        }
        // Out of descriptors: to try again at once would only burn the processor.
        log::warn("web.accept_failed", {{"error", error.message()}});
        listener.pause.expires_after(kAcceptPause);
        listener.pause.async_wait([self, &listener](error_code stopped) {
          if (!stopped) self->accept(listener);
        });
      });
}

void ServerCore::on_accepted(Listener& listener, tcp::socket socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;
  const SocketAddress address = SocketAddress::from_sockaddr(remote.data());
  size_t& here = per_address_[address.ip()];
  const bool is_crowded = here >= limits().connections_per_address && !is_proxy(address.ip());
  if (counts_.connections >= limits().connections || is_crowded) {
    ++counts_.refused;
    if (here == 0) per_address_.erase(address.ip());
    return;
  }
  ++here;
  ++counts_.connections;
  ++counts_.accepted;
  socket.set_option(tcp::no_delay(true), error);
  const ConnectionId id(++last_connection_);
  asio::ssl::context* tls = listener.security == Security::kTls ? &*tls_ : nullptr;
  serve_http(Accepted{shared_from_this(), id, address, listener.security,
                      Stream(std::move(socket), tls, limits().close_time),
                      Slot(shared_from_this(), id, address.ip())});
}

bool ServerCore::is_proxy(const IpAddress& ip) const {
  return std::ranges::find(options_.trusted_proxies, ip) != options_.trusted_proxies.end();
}

// The last entry is the one the proxy itself has added; those before it are anybody's words.
SocketAddress ServerCore::client_of(const SocketAddress& peer, const Request& request) const {
  if (!is_proxy(peer.ip())) return peer;
  std::string_view chain = request.header("X-Forwarded-For");
  chain.remove_prefix(std::min(chain.find_last_of(", ") + 1, chain.size()));
  const auto client = IpAddress::parse(chain);
  return client ? SocketAddress(*client, 0) : peer;
}

void ServerCore::stop_accepting() {
  error_code ignored;
  for (const auto& listener : listeners_) {
    listener->acceptor.close(ignored);
    listener->pause.cancel();
  }
}

void ServerCore::stop() {
  listener_ = nullptr;
  stop_accepting();
  const auto peers = std::exchange(peers_, {});
  for (const auto& [id, peer] : peers) {
    if (const auto alive = peer.lock()) alive->abort();
  }
}

std::vector<SocketAddress> ServerCore::addresses() const {
  std::vector<SocketAddress> out;
  for (const auto& listener : listeners_) {
    error_code error;
    out.push_back(SocketAddress::from_sockaddr(listener->acceptor.local_endpoint(error).data()));
  }
  return out;
}

std::shared_ptr<WebSocket> ServerCore::websocket(ConnectionId id) const {
  const auto found = websockets_.find(id);
  return found == websockets_.end() ? nullptr : found->second.lock();
}

void ServerCore::close_all(uint16_t code, std::string_view reason) {
  const auto websockets = websockets_;  // closing may remove one
  for (const auto& [id, websocket] : websockets) {
    if (const auto alive = websocket.lock()) alive->close(code, reason);
  }
}

ServerCounts ServerCore::counts() const {
  ServerCounts out = counts_;
  out.websockets = websockets_.size();
  return out;
}

bool ServerCore::is_origin_allowed(std::string_view origin) const {
  const auto& allowed = options_.allowed_origins;
  return allowed.empty() || std::ranges::find(allowed, origin) != allowed.end();
}

Response ServerCore::answer(const Request& request) {
  if (is_cross_site_post(request)) return plain(403, "Not from another site.\n");
  const Method method = request.method == Method::kHead ? Method::kGet : request.method;
  std::string allowed;
  for (Route& route : routes_) {
    if (!covers(route.path, request.path)) continue;
    if (route.method == method) return route.handler(request);
    if (!allowed.empty()) allowed += ", ";
    allowed += name_of(route.method);
  }
  if (allowed.empty()) return files_.serve(request);
  Response response = plain(405, "Method not allowed.\n");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

void ServerCore::entered(ConnectionId id, std::weak_ptr<Peer> peer) {
  peers_[id] = std::move(peer);
}

void ServerCore::left(ConnectionId id, const IpAddress& ip) {
  peers_.erase(id);
  websockets_.erase(id);
  --counts_.connections;
  const auto here = per_address_.find(ip);
  if (here != per_address_.end() && --here->second == 0) per_address_.erase(here);
}

void ServerCore::opened(ConnectionId id, const PeerInfo& peer, std::weak_ptr<WebSocket> websocket) {
  websockets_[id] = std::move(websocket);
  if (listener_) listener_->on_open(id, peer);
}

void ServerCore::heard(ConnectionId id, std::string_view text) {
  if (listener_) listener_->on_text(id, text);
}

void ServerCore::closed(ConnectionId id, uint16_t code) {
  websockets_.erase(id);
  if (listener_) listener_->on_close(id, code);
}

// ---- the face
// ---------------------------------------------------------------------------------------

Server::Server(boost::asio::io_context& io, ServerOptions options, WebListener* listener)
    : core_(std::make_shared<ServerCore>(io, std::move(options), listener)) {}

Server::~Server() {
  core_->stop();
}

void Server::route(Method method, std::string path, Handler handler) {
  core_->add_route(method, std::move(path), std::move(handler));
}

Result<void> Server::start() {
  return core_->start();
}
void Server::stop() {
  core_->stop();
}
void Server::stop_accepting() {
  core_->stop_accepting();
}
void Server::set_trust(std::vector<std::string> allowed_origins,
                       std::vector<IpAddress> trusted_proxies) {
  core_->set_trust(std::move(allowed_origins), std::move(trusted_proxies));
}

Result<void> Server::reload_certificate() {
  return core_->load_certificate();
}
std::vector<SocketAddress> Server::addresses() const {
  return core_->addresses();
}

void Server::send(ConnectionId connection, std::string text) {
  if (const auto websocket = core_->websocket(connection)) websocket->send(std::move(text));
}

void Server::close(ConnectionId connection, uint16_t code, std::string_view reason) {
  if (const auto websocket = core_->websocket(connection)) websocket->close(code, reason);
}

void Server::close_all(uint16_t code, std::string_view reason) {
  core_->close_all(code, reason);
}

ServerCounts Server::counts() const {
  return core_->counts();
}

}  // namespace patchcord::web
