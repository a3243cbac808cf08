// SPDX-License-Identifier: GPL-3.0-or-later
// Server: HTTP and WebSocket on plain and TLS listeners. A request that asks for an upgrade becomes
// a WebSocket, on any path; others go to a route, else to a file of a mounted folder.
// NOT here: what the texts mean (wcs) and what the routes answer (app, admin): it knows connection
// ids and text only. Beast and OpenSSL stay in the .cpp files.
// Two instances serve a gateway: the public one, and one on the loopback with routes only.
// Thread: control; all callbacks come from io_context handlers, never from inside send() or
// close(). Owner: app/gateway. RFC 9112, RFC 6455.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/function.h"
#include "core/id.h"
#include "core/result.h"
#include "core/time.h"

namespace boost::asio {
class io_context;
}

namespace patchcord::web {

class ServerCore;

enum class Security : uint8_t { kPlain, kTls };
enum class Method : uint8_t { kGet, kHead, kPost, kOther };

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Method method = Method::kGet;
  std::string path;   // decoded, begins with '/', has no "." or ".." segment
  std::string query;  // as sent, without '?'
  Headers headers;
  std::string body;
  SocketAddress peer;
  std::string_view header(std::string_view name) const;  // any case; empty when absent
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  Headers headers;
};

using Handler = Function<Response(const Request&)>;

struct PeerInfo {
  SocketAddress address;
  std::string origin;  // empty when the client sent none
  std::string user_agent;
  Security security = Security::kPlain;
};

class WebListener {
 public:
  virtual ~WebListener() = default;
  virtual void on_open(ConnectionId connection, const PeerInfo& peer) = 0;
  virtual void on_text(ConnectionId connection, std::string_view text) = 0;
  // Once for every on_open, unless stopped. The code of the client's close frame (RFC 6455 7.4):
  // 1005 when it gave none, 1006 when there was no close frame.
  virtual void on_close(ConnectionId connection, uint16_t code) = 0;
};

struct Listen {
  SocketAddress address;  // port 0: the system chooses, see addresses()
  Security security = Security::kPlain;
};

enum class Sharing : uint8_t { kSameOrigin, kAnyOrigin };

struct Mount {
  std::string prefix;  // "/" or "/sdk/"
  std::filesystem::path folder;
  Sharing sharing = Sharing::kSameOrigin;  // kAnyOrigin: pages of other sites may load it
};

struct Limits {
  size_t connections = 10'000;
  size_t connections_per_address = 200;  // an office behind one NAT shares it
  size_t header_bytes = 16 * 1024;
  size_t body_bytes = 64 * 1024;
  size_t frame_bytes = 256 * 1024;
  size_t queue_bytes = 256 * 1024;  // unsent text of one WebSocket; above it: close 1013
  uint32_t control_frames = 100;    // pings of a client between two of its texts; above it: dropped
  Duration header_time = std::chrono::seconds(10);  // TLS handshake and header, each
  Duration idle_time = std::chrono::seconds(15);    // between two requests of a connection
  Duration write_time = std::chrono::seconds(20);   // one response
  Duration close_time = std::chrono::seconds(3);    // a closing handshake
};

struct ServerOptions {
  std::vector<Listen> listen;
  std::filesystem::path certificate;  // PEM, needed when a listener is kTls
  std::filesystem::path key;
  std::vector<Mount> mounts;                 // the longest prefix wins
  std::vector<std::string> allowed_origins;  // of a WebSocket; empty: every origin
  // Whose X-Forwarded-For is believed; their own connections are not limited per address.
  std::vector<IpAddress> trusted_proxies;
  Limits limits;
};

struct ServerCounts {
  size_t connections = 0;  // now, HTTP and WebSocket
  size_t websockets = 0;   // now
  uint64_t accepted = 0;
  uint64_t refused = 0;  // over a limit
  uint64_t timed_out = 0;
  uint64_t slow_readers = 0;  // closed because their queue was full
};

class Server {
 public:
  // listener may be null: then no upgrade is accepted. It and io outlive the server.
  Server(boost::asio::io_context& io, ServerOptions options, WebListener* listener);
  ~Server();  // as stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // An exact path, or every path below it when it ends with '/'. Before start(). A GET route
  // answers HEAD too. The handler runs on the control thread and must not block.
  void route(Method method, std::string path, Handler handler);

  Result<void> start();
  // Closes listeners and connections at once; no callback comes after it.
  void stop();
  // Closes the listeners only; who is connected stays.
  void stop_accepting();
  // Reads certificate and key again; new connections use them. On an error the old ones stay.
  Result<void> reload_certificate();
  // For handshakes to come.
  void set_trust(std::vector<std::string> allowed_origins, std::vector<IpAddress> trusted_proxies);
  std::vector<SocketAddress> addresses() const;  // where it listens, in the order of the options

  // Unknown ids are ignored.
  void send(ConnectionId connection, std::string text);
  void close(ConnectionId connection, uint16_t code, std::string_view reason);
  void close_all(uint16_t code, std::string_view reason);

  ServerCounts counts() const;

 private:
  std::shared_ptr<ServerCore> core_;  // its connections keep it until their last handler ran
};

}  // namespace patchcord::web
