// SPDX-License-Identifier: GPL-3.0-or-later
// The server over real loopback sockets: HTTP, WebSocket, TLS, limits and slow clients.
#include "web/server.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "client.h"
#include "web/certificate.h"

namespace patchcord::web {
namespace {

namespace fs = std::filesystem;

SocketAddress loopback() {
  return *SocketAddress::parse("127.0.0.1:0");
}

class Listening : public WebListener {
 public:
  void on_open(ConnectionId connection, const PeerInfo& peer) override {
    opened.push_back(connection);
    peers.push_back(peer);
  }
  void on_text(ConnectionId connection, std::string_view text) override {
    texts.emplace_back(text);
    if (echo_to) echo_to->send(connection, std::string(text));
  }
  void on_close(ConnectionId connection, uint16_t code) override {
    closed.push_back(connection);
    close_codes.push_back(code);
  }

  std::vector<ConnectionId> opened, closed;
  std::vector<uint16_t> close_codes;
  std::vector<PeerInfo> peers;
  std::vector<std::string> texts;
  Server* echo_to = nullptr;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options.listen = {{loopback(), Security::kPlain}};
    options.limits.header_time = 150ms;
    options.limits.idle_time = 150ms;
    options.limits.write_time = 150ms;
    options.limits.close_time = 150ms;
  }
  ~ServerTest() override {
    server.reset();
    io.restart();
    io.run_for(50ms);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  Server& start(WebListener* to) {
    server = std::make_unique<Server>(io, options, to);
    for (auto& [method, path, handler] : routes) server->route(method, path, std::move(handler));
    const auto started = server->start();
    EXPECT_TRUE(started.ok()) << started.error().text;
    return *server;
  }
  Server& start() {
    start(&listener);
    listener.echo_to = server.get();
    return *server;
  }
  SocketAddress at(size_t index = 0) const { return server->addresses().at(index); }
  bool connections_become(size_t n) {
    return run_until(io, [&] { return server->counts().connections == n; });
  }

  void write(const std::string& name, std::string_view text) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  void mount(Sharing sharing = Sharing::kSameOrigin) { options.mounts = {{"/", folder, sharing}}; }

  boost::asio::io_context io;
  ServerOptions options;
  Listening listener;
  std::vector<std::tuple<Method, std::string, Handler>> routes;
  std::unique_ptr<Server> server;
  const fs::path folder =
      fs::temp_directory_path() / ("patchcord-web-" + std::to_string(::getpid()));
};

// ---- HTTP
// -------------------------------------------------------------------------------------------

TEST_F(ServerTest, GivesAPageWithItsSecurityHeaders) {
  write("index.html", "<h1>phone</h1>");
  mount();
  start();
  const std::string answer = Client(io, at()).ask("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  for (const char* line :
       {"Content-Type: text/html", "Content-Length: 14\r\n", "ETag: \"",
        "Content-Security-Policy: ", "frame-ancestors 'none'", "X-Content-Type-Options: nosniff",
        "Cache-Control: no-cache", "Connection: close"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line;
  }
  EXPECT_TRUE(answer.ends_with("\r\n\r\n<h1>phone</h1>"));
}

TEST_F(ServerTest, HeadHasNoBodyAndAnEtagSavesOne) {
  write("app.js", "let a = 1;");
  mount();
  start();
  const std::string head = Client(io, at()).ask("HEAD /app.js HTTP/1.1\r\n");
  EXPECT_NE(head.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  const size_t tag = head.find("ETag: ") + 6;
  const std::string etag = head.substr(tag, head.find('\r', tag) - tag);
  const std::string again =
      Client(io, at()).ask("GET /app.js HTTP/1.1\r\nIf-None-Match: " + etag + "\r\n");
  EXPECT_TRUE(again.starts_with("HTTP/1.1 304 ")) << again;
  EXPECT_EQ(again.find("let a"), std::string::npos);
}

TEST_F(ServerTest, KeepsAConnectionForSeveralRequests) {
  write("a.txt", "one");
  mount();
  start();
  Client client(io, at());
  client.send("GET /a.txt HTTP/1.1\r\nHost: test\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_TRUE(run_until(io, [&] {
    client.wait_for("one", 1ms);
    const size_t first = client.received().find("\r\n\r\none");
    return first != std::string::npos &&
           client.received().find("\r\n\r\none", first + 1) != std::string::npos;
  }));
  EXPECT_EQ(server->counts().accepted, 1u);
}

TEST_F(ServerTest, NothingOutsideTheFolderIsRead) {
  write("page/index.html", "page");
  write("secret.txt", "SECRET");
  write("page/.env", "SECRET");
  fs::create_symlink(folder / "secret.txt", folder / "page/link.txt");
  options.mounts = {{"/", folder / "page"}};
  start();
  for (const char* target :
       {"/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt",
        "/..\\secret.txt", "/..%5csecret.txt", "/a/../../secret.txt", "/./../secret.txt", "/.env",
        "/link.txt", "//secret.txt", "/index.html%00.txt", "/%", "/%zz", "/nothing", "secret.txt",
        "http://test/../secret.txt"}) {
    const std::string answer = Client(io, at()).ask("GET " + std::string(target) + " HTTP/1.1\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 40")) << target << "\n" << answer;
    EXPECT_EQ(answer.find("SECRET"), std::string::npos) << target;
  }
  EXPECT_TRUE(Client(io, at()).ask("GET /%69ndex.html HTTP/1.1\r\n").ends_with("page"));
}

TEST_F(ServerTest, RefusesWhatItDoesNotSpeak) {
  write("index.html", "x");
  mount();
  start();
  const struct {
    const char* request;
    const char* status;
  } rows[] = {
      {"DELETE / HTTP/1.1\r\nHost: t\r\n\r\n", "405"},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "405"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},                        // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},  // two
      {"hello\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: t\r\nBad Header\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", "400"},
  };
  for (const auto& row : rows) {
    Client client(io, at());
    client.send(row.request);
    EXPECT_TRUE(client.wait_for(std::string("HTTP/1.1 ") + row.status))
        << row.request << client.received();
  }
}

TEST_F(ServerTest, AHeaderHasALimit) {
  start();
  Client client(io, at());
  client.send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(client.wait_for("HTTP/1.1 431 "));
}

TEST_F(ServerTest, RoutesAnswerByMethodAndPath) {
  routes.emplace_back(Method::kGet, "/healthz",
                      [](const Request&) { return Response{200, "text/plain", "ok", {}}; });
  routes.emplace_back(Method::kPost, "/api/", [](const Request& request) {
    return Response{200, "text/plain", request.path + "?" + request.query + "=" + request.body, {}};
  });
  start(nullptr);
  EXPECT_TRUE(Client(io, at()).ask("GET /healthz HTTP/1.1\r\n").ends_with("\r\n\r\nok"));
  EXPECT_TRUE(Client(io, at()).ask("HEAD /healthz HTTP/1.1\r\n").ends_with("\r\n\r\n"));
  const std::string wrong = Client(io, at()).ask("POST /healthz HTTP/1.1\r\n");
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 "));
  EXPECT_NE(wrong.find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_TRUE(Client(io, at())
                  .ask("POST /api/calls/7?x=1 HTTP/1.1\r\nContent-Length: 4\r\n", "body")
                  .ends_with("/api/calls/7?x=1=body"));
  EXPECT_TRUE(Client(io, at())
                  .ask("POST /api/x HTTP/1.1\r\nOrigin: https://evil.example\r\n")
                  .starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(Client(io, at()).ask("GET /other HTTP/1.1\r\n").starts_with("HTTP/1.1 404 "));
  Client upgrading(io, at());
  EXPECT_FALSE(upgrading.upgrade("/healthz")) << "no listener, no WebSocket";
}

// ---- WebSocket
// --------------------------------------------------------------------------------------

TEST_F(ServerTest, UpgradesOnAnyPathAndEchoes) {
  start();
  for (const char* path : {"/", "/websocket", "/any/path?x=1"}) {
    Client client(io, at());
    ASSERT_TRUE(client.upgrade(path, "Origin: https://app.example\r\nUser-Agent: test\r\n"))
        << path;
    EXPECT_NE(client.answer().find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    EXPECT_EQ(client.answer().find("Sec-WebSocket-Extensions"), std::string::npos);
    client.send_frame(FrameKind::kText, "h\xc3\xa9llo");
    const Frame frame = client.next_frame();
    EXPECT_EQ(frame.opcode, 1);
    EXPECT_EQ(frame.payload, "h\xc3\xa9llo");
  }
  EXPECT_EQ(listener.peers.back().origin, "https://app.example");
  EXPECT_EQ(listener.peers.back().user_agent, "test");
  EXPECT_EQ(listener.peers.back().address.ip(), loopback().ip());
  EXPECT_TRUE(run_until(io, [&] { return listener.closed.size() == 3; }));
  EXPECT_EQ(listener.closed, listener.opened);
  EXPECT_TRUE(connections_become(0));
}

TEST_F(ServerTest, ALongRequestHeadMayUpgrade) {
  start();
  Client client(io, at());
  EXPECT_TRUE(client.upgrade("/", "Cookie: " + std::string(9'000, 'c') + "\r\n"));
}

TEST_F(ServerTest, FragmentsBecomeOneText) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  client.send_frame(FrameKind::kText, "one ", false);
  client.send_frame(FrameKind::kPing, "between");
  client.send_frame(FrameKind::kContinuation, "text");
  EXPECT_EQ(client.next_frame().opcode, 10) << "the pong";
  EXPECT_EQ(client.next_frame().payload, "one text");
}

TEST_F(ServerTest, BadFramesCloseWithTheirCode) {
  start();
  const struct {
    const char* name;
    FrameKind kind;
    std::string payload;
    uint16_t code;
  } rows[] = {
      {"too large", FrameKind::kText, std::string(256 * 1024 + 1, 'x'), 1009},
      {"binary", FrameKind::kBinary, "bytes", 1003},
      {"not UTF-8", FrameKind::kText, "\xff\xfe", 1007},
      {"continuation of nothing", FrameKind::kContinuation, "x", 1002},
      {"normal close", FrameKind::kClose, std::string("\x03\xe8", 2), 1000},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Client client(io, at());
    ASSERT_TRUE(client.upgrade());
    client.send_frame(row.kind, row.payload);
    const Frame frame = client.next_frame();
    EXPECT_EQ(frame.opcode, 8);
    EXPECT_EQ(frame.close_code(), row.code);
  }
  EXPECT_TRUE(run_until(io, [&] { return listener.closed.size() == std::size(rows); }));
  EXPECT_TRUE(listener.texts.empty());
  EXPECT_TRUE(connections_become(0));
}

TEST_F(ServerTest, AnUnmaskedFrameIsRefused) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  client.send(std::string_view("\x81\x02hi", 4));
  EXPECT_EQ(client.next_frame().close_code(), 1002);
}

TEST_F(ServerTest, TheLargestFrameArrives) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  const std::string text(256 * 1024, 'x');
  client.send_frame(FrameKind::kText, text);
  EXPECT_EQ(client.next_frame().payload, text);
}

TEST_F(ServerTest, CloseComesAfterWhatWasSentBefore) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(run_until(io, [&] { return !listener.opened.empty(); }));
  server->send(listener.opened[0], "last words");
  server->send(listener.opened[0], "really");
  server->close(listener.opened[0], 4401, "refused");
  server->send(listener.opened[0], "too late");
  EXPECT_EQ(client.next_frame().payload, "last words");
  EXPECT_EQ(client.next_frame().payload, "really");
  const Frame frame = client.next_frame();
  EXPECT_EQ(frame.close_code(), 4401);
  EXPECT_EQ(frame.payload.substr(2), "refused");
  EXPECT_TRUE(run_until(io, [&] { return listener.closed.size() == 1; }))
      << "a client that does not answer the close is dropped";
}

TEST_F(ServerTest, EveryoneIsToldWhenItGoesAway) {
  start();
  Client one(io, at()), two(io, at());
  ASSERT_TRUE(one.upgrade());
  ASSERT_TRUE(two.upgrade());
  ASSERT_TRUE(run_until(io, [&] { return listener.opened.size() == 2; }));
  server->stop_accepting();
  server->close_all(1001, "over");
  EXPECT_EQ(one.next_frame().close_code(), 1001);
  EXPECT_EQ(two.next_frame().close_code(), 1001);
  EXPECT_TRUE(run_until(io, [&] { return server->counts().websockets == 0; }));
}

TEST_F(ServerTest, ASlowReaderIsClosedAndOthersAreNot) {
  options.limits.queue_bytes = 64 * 1024;
  start();
  Client slow(io, at(), 4096);
  ASSERT_TRUE(slow.upgrade());
  Client good(io, at());
  ASSERT_TRUE(good.upgrade());
  ASSERT_TRUE(run_until(io, [&] { return listener.opened.size() == 2; }));
  const std::string text(32 * 1024, 'x');
  EXPECT_TRUE(run_until(io, [&] {
    server->send(listener.opened[0], text);
    return listener.closed.size() == 1;
  }));
  EXPECT_EQ(server->counts().slow_readers, 1u);
  EXPECT_EQ(listener.closed[0], listener.opened[0]);
  good.send_frame(FrameKind::kText, "still here");
  EXPECT_EQ(good.next_frame().payload, "still here");
}

TEST_F(ServerTest, APingFloodIsDropped) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  for (int i = 0; i < 150 && listener.closed.empty(); ++i) client.send_frame(FrameKind::kPing, "");
  EXPECT_TRUE(run_until(io, [&] { return listener.closed.size() == 1; }));
}

TEST_F(ServerTest, BelievesOnlyATrustedProxyWhoTheClientIs) {
  const char* forwarded = "X-Forwarded-For: 203.0.113.9, 192.0.2.44\r\n";
  start();
  ASSERT_TRUE(Client(io, at()).upgrade("/", forwarded));
  EXPECT_EQ(listener.peers.back().address.ip(), loopback().ip()) << "nobody is trusted";

  options.trusted_proxies = {loopback().ip()};
  options.limits.connections_per_address = 1;
  start();
  Client first(io, at()), second(io, at()), third(io, at());
  ASSERT_TRUE(first.upgrade("/", forwarded));
  EXPECT_EQ(listener.peers.back().address.ip().to_string(), "192.0.2.44")
      << "the proxy's own word; what stands before it may be the client's";
  ASSERT_TRUE(second.upgrade("/", "X-Forwarded-For: <script>\r\n"));
  EXPECT_EQ(listener.peers.back().address.ip(), loopback().ip());
  ASSERT_TRUE(third.upgrade("/")) << "a proxy may have more connections than one address";
}

TEST_F(ServerTest, OnlyAllowedOriginsMayUpgrade) {
  options.allowed_origins = {"https://app.example"};
  start();
  EXPECT_TRUE(Client(io, at()).upgrade("/", "Origin: https://app.example\r\n"));
  for (const char* origin : {"Origin: https://evil.example\r\n", "Origin: null\r\n", ""}) {
    Client client(io, at());
    EXPECT_FALSE(client.upgrade("/", origin));
    EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 403 ")) << client.answer();
  }
}

// ---- TLS
// --------------------------------------------------------------------------------------------

TEST_F(ServerTest, SpeaksTlsWithItsOwnCertificate) {
  const auto files = ensure_self_signed(folder, {"gateway.example", "192.0.2.1"});
  ASSERT_TRUE(files.ok()) << files.error().text;
  EXPECT_EQ(fs::status(files->key).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  options.listen.push_back({loopback(), Security::kTls});
  options.certificate = files->certificate;
  options.key = files->key;
  start();
  Client client(io, at(1));
  EXPECT_EQ(client.start_tls(), "TLSv1.3");
  ASSERT_TRUE(client.upgrade());
  client.send_frame(FrameKind::kText, "secret");
  EXPECT_EQ(client.next_frame().payload, "secret");
  EXPECT_EQ(listener.peers[0].security, Security::kTls);
  EXPECT_EQ(Client(io, at(1)).start_tls(TLS1_2_VERSION), "TLSv1.2");
  EXPECT_EQ(Client(io, at(1)).start_tls(TLS1_1_VERSION), "");
  EXPECT_TRUE(server->reload_certificate().ok());
  EXPECT_EQ(Client(io, at(1)).start_tls(), "TLSv1.3");
}

TEST_F(ServerTest, AnExistingCertificateIsKept) {
  ASSERT_TRUE(ensure_self_signed(folder).ok());
  const auto before = fs::last_write_time(folder / "web.key");
  ASSERT_TRUE(ensure_self_signed(folder).ok());
  EXPECT_EQ(fs::last_write_time(folder / "web.key"), before);
}

TEST_F(ServerTest, SaysWhyItCannotStart) {
  options.listen.push_back({loopback(), Security::kTls});
  options.certificate = folder / "none.crt";
  options.key = folder / "none.key";
  Server without_certificate(io, options, nullptr);
  EXPECT_NE(without_certificate.start().error().text.find("none.crt"), std::string::npos);

  options.listen.pop_back();
  start();
  options.listen = {{at(), Security::kPlain}};
  Server second(io, options, nullptr);
  EXPECT_NE(second.start().error().text.find(at().to_string()), std::string::npos);
}

// ---- slow and many
// ----------------------------------------------------------------------------------

TEST_F(ServerTest, HalfOpenClientsTimeOut) {
  const auto files = ensure_self_signed(folder);
  options.listen.push_back({loopback(), Security::kTls});
  options.certificate = files->certificate;
  options.key = files->key;
  start();
  Client silent(io, at());
  Client half_a_head(io, at());
  half_a_head.send("GET / HTTP/1.1\r\nHo");
  Client half_a_body(io, at());
  half_a_body.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
  Client no_handshake(io, at(1));
  Client idle(io, at());
  idle.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  for (Client* client : {&silent, &half_a_head, &half_a_body, &no_handshake, &idle}) {
    EXPECT_TRUE(client->wait_closed(1s));
  }
  EXPECT_TRUE(connections_become(0));
  EXPECT_EQ(server->counts().timed_out, 5u);
}

TEST_F(ServerTest, AnOpenWebSocketHasNoDeadline) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  EXPECT_FALSE(client.wait_closed(500ms));
  client.send_frame(FrameKind::kText, "here");
  EXPECT_EQ(client.next_frame().payload, "here");
}

TEST_F(ServerTest, CountsConnectionsPerAddress) {
  options.limits.connections_per_address = 2;
  start();
  Client first(io, at());
  Client second(io, at());
  ASSERT_TRUE(first.upgrade());
  ASSERT_TRUE(second.upgrade());
  {
    Client third(io, at());
    EXPECT_TRUE(third.wait_closed());
  }
  EXPECT_EQ(server->counts().refused, 1u);
  EXPECT_EQ(server->counts().websockets, 2u);
  first.send_frame(FrameKind::kClose, "");
  EXPECT_TRUE(connections_become(1));
  EXPECT_TRUE(Client(io, at()).upgrade());
}

TEST_F(ServerTest, StopIsSilentAndAtOnce) {
  start();
  Client client(io, at());
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(run_until(io, [&] { return listener.opened.size() == 1; }));
  server->stop();
  EXPECT_TRUE(client.wait_closed());
  EXPECT_TRUE(connections_become(0));
  EXPECT_TRUE(listener.closed.empty());
}

}  // namespace
}  // namespace patchcord::web
