// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "app/admin_site.h"
#include "app/control_loop.h"
#include "app/gateway.h"
#include "app/sip_ground.h"
#include "core/log.h"
#include "net/epoll_loop.h"
#include "net/udp_socket.h"
#include "store/recorder.h"
#include "web/certificate.h"
#include "web/server.h"

namespace patchcord::app {
namespace {

constexpr uint16_t kNormalClosure = 1000, kGoingAway = 1001, kNoStatus = 1005;  // RFC 6455 7.4.1
constexpr Duration kGoodbye = std::chrono::seconds(1);
constexpr Duration kGoodbyeStep = std::chrono::milliseconds(20);

// Where the built page lies: configured, or beside the program in a source tree or a package.
Result<std::filesystem::path> page_root(const Config& config) {
  if (!config.web.root.empty()) {
    if (std::filesystem::exists(config.web.root / "index.html")) return config.web.root;
    return {ErrorCode::kNotFound, "web.root has no index.html: " + config.web.root.string()};
  }
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& root : {program / "../../phone/dist", program / "../share/patchcord/page"}) {
    if (std::filesystem::exists(root / "index.html", error)) return root.lexically_normal();
  }
  return {ErrorCode::kNotFound,
          "the page is not built: run `tools/node.sh npm run build`, or set web.root"};
}

// In the demo, who has a number is the mobile phone; all others are people.
admin::PageFacts page_facts(const Config& config, const ServerOptions& options) {
  const auto& registrar = config.registrar;
  admin::PageFacts facts{.is_demo = options.is_demo, .domain = {}, .users = {}};
  if (registrar.enabled) facts.domain = registrar.domain;
  if (!options.is_demo) return facts;
  for (const auto& [number, login] : registrar.numbers) {
    facts.mobile = {number, login, registrar.users.at(login)};
  }
  for (const auto& [login, password] : registrar.users) {
    if (!facts.mobile || facts.mobile->login != login) facts.users.emplace_back(login, password);
  }
  return facts;
}

std::vector<std::string> own_names(const Config& config) {
  std::vector<std::string> names;
  for (const IpAddress& ip : config.rtc.addresses) names.push_back(ip.to_string());
  return names;
}

// SIP over TLS without any certificate has the self-signed one of the page.
Result<void> complete_sip_tls(Config& config) {
  const bool listens =
      std::any_of(config.sip.listen.begin(), config.sip.listen.end(),
                  [](const SipListen& listen) { return listen.transport == SipTransport::kTls; });
  if (!listens || !config.sip.tls.certificate.empty() || !config.tls.certificate.empty()) return {};
  TRY(const auto files, web::ensure_self_signed(config.state, own_names(config)));
  config.tls = {files.certificate, files.key};
  return {};
}

// Texts of web sockets go to the hub, the hub's to the web sockets. They know only ids.
class Browsers final : public web::WebListener, public wcs::ConnectionSink {
 public:
  explicit Browsers(const Executor& control) : control_(control) {}
  void attach(wcs::Hub& hub, web::Server& server) {
    hub_ = &hub;
    server_ = &server;
  }

  void on_open(ConnectionId connection, const web::PeerInfo& peer) override {
    hub_->on_open(connection,
                  {.address = peer.address,
                   .origin = peer.origin,
                   .user_agent = peer.user_agent,
                   .security = peer.security == web::Security::kTls ? wcs::Security::kTls
                                                                    : wcs::Security::kPlain},
                  control_.now());
  }
  void on_text(ConnectionId connection, std::string_view text) override {
    hub_->on_text(connection, text, control_.now());
  }
  void on_close(ConnectionId connection, uint16_t code) override {
    const bool is_meant = code == kNormalClosure || code == kNoStatus;
    hub_->on_close(connection, is_meant ? wcs::SocketEnd::kMeant : wcs::SocketEnd::kLost,
                   control_.now());
  }

  void send(ConnectionId connection, std::string text) override {
    if (server_) server_->send(connection, std::move(text));
  }
  void close(ConnectionId connection, uint16_t code, std::string_view reason) override {
    if (server_) server_->close(connection, code, reason);
  }

 private:
  const Executor& control_;
  wcs::Hub* hub_ = nullptr;
  web::Server* server_ = nullptr;
};

}  // namespace

struct Server::Parts {
  Parts(ConfigResult read, ServerOptions options_)
      : stated(std::move(read)),
        config(stated.config),
        options(std::move(options_)),
        control(io, clock),
        browsers(control),
        sip(io, config, control, random),
        signals(io, SIGTERM, SIGINT, SIGHUP) {}
  ~Parts() { stop_media(); }

  Result<void> build();
  Result<void> build_observers();
  Result<void> build_media();
  Result<void> build_web();
  Result<void> build_admin();
  void stop_media();
  void wait_for_signals();
  void reload();
  bool take_over_file();
  void reload_certificates();
  void end();
  void leave(MonoTime deadline);

  ConfigResult stated;  // what the file said when it was last taken over
  Config config;        // in force
  const ServerOptions options;
  SystemClock clock;
  SystemRandom random;
  boost::asio::io_context io{1};
  ControlLoop control;
  net::SystemWire wire;
  std::vector<std::unique_ptr<net::EpollLoop>> loops;
  std::vector<std::thread> threads;
  Browsers browsers;
  SipGround sip;
  admin::Metrics metrics{PATCHCORD_VERSION};
  std::unique_ptr<store::RecordFile> records;
  std::optional<store::Recorder> recorder;
  store::Recent recent;
  std::vector<call::Observer*> observers;
  std::unique_ptr<Gateway> gateway;
  std::unique_ptr<web::Server> web;
  std::unique_ptr<AdminSite> admin;
  std::filesystem::path page_certificate;  // empty: the page has none
  boost::asio::signal_set signals;
  bool is_stopping = false;
};

Result<void> Server::Parts::build() {
  TRY_VOID(build_observers());
  TRY_VOID(build_media());
  TRY_VOID(build_web());
  TRY_VOID(build_admin());
  return sip.start(gateway->user_agent(), options.trace);
}

Result<void> Server::Parts::build_observers() {
  observers = {&metrics, &recent};
  if (config.records.file.empty()) return {};
  TRY(records, store::RecordFile::open(config.records.file));
  recorder.emplace(*records);
  observers.push_back(&*recorder);
  return {};
}

Result<void> Server::Parts::build_media() {
  const unsigned workers = config.rtc.workers != 0
                               ? config.rtc.workers
                               : std::max(1u, std::thread::hardware_concurrency());
  std::vector<net::Loop*> media_loops;
  for (unsigned i = 0; i < workers; ++i) {
    TRY(auto loop, net::EpollLoop::make(clock));
    media_loops.push_back(loop.get());
    loops.push_back(std::move(loop));
  }
  TRY(gateway, Gateway::make(config, {control, clock, random, wire, media_loops, sip, sip, browsers,
                                      observers}));
  for (const auto& loop : loops) threads.emplace_back([&loop] { loop->run(); });
  return {};
}

Result<void> Server::Parts::build_web() {
  web::ServerOptions page;
  page.certificate = config.tls.certificate;
  page.key = config.tls.key;
  if (config.listen.http) page.listen.push_back({*config.listen.http, web::Security::kPlain});
  if (config.listen.https) {
    page.listen.push_back({*config.listen.https, web::Security::kTls});
    if (page.certificate.empty()) {
      TRY(const auto files, web::ensure_self_signed(config.state, own_names(config)));
      page.certificate = files.certificate;
      page.key = files.key;
    }
    page_certificate = page.certificate;
  }
  TRY(const auto root, page_root(config));
  page.mounts = {{"/", root, web::Sharing::kSameOrigin},
                 {"/sdk/", root / "sdk", web::Sharing::kAnyOrigin}};
  page.allowed_origins = config.web.allowed_origins;
  page.trusted_proxies = config.web.trusted_proxies;
  page.limits.connections = config.limits.connections;
  page.limits.connections_per_address = config.limits.connections_per_address;
  web = std::make_unique<web::Server>(io, std::move(page), &browsers);
  browsers.attach(gateway->hub(), *web);
  web->route(web::Method::kGet, "/config.json",
             [text = admin::page_json(page_facts(config, options))](const web::Request&) {
               return web::Response{
                   .status = 200, .content_type = "application/json", .body = text, .headers = {}};
             });
  return web->start();
}

Result<void> Server::Parts::build_admin() {
  if (!config.listen.admin) return {};
  admin = std::make_unique<AdminSite>(
      io, *config.listen.admin,
      AdminSite::Sources{*gateway, *web, metrics, recent, records.get(), clock, page_certificate});
  return admin->start();
}

void Server::Parts::wait_for_signals() {
  signals.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload();
    } else {
      end();
    }
    wait_for_signals();
  });
}

void Server::Parts::reload() {
  if (options.config_file.empty() || !take_over_file()) return log::warn("config.kept");
  reload_certificates();
  if (records) records->reopen();
  log::info("config.reloaded", {{"file", options.config_file.string()}});
}

bool Server::Parts::take_over_file() {
  ConfigResult fresh = read_config_file(options.config_file);
  for (const ConfigProblem& problem : fresh.problems) {
    log::error(
        "config.wrong",
        {{"file", options.config_file.string()}, {"line", problem.line}, {"what", problem.text}});
  }
  if (!fresh.problems.empty()) return false;
  if (const Result<void> taken = gateway->reload(fresh.config); !taken) {
    log::error("config.wrong", {{"what", taken.error().text}});
    return false;
  }
  for (const ConfigChange& change : changes_between(stated, fresh)) {
    log::info("config.changed", {{"key", change.key},
                                 {"from", change.from},
                                 {"to", change.to},
                                 {"effective", change.needs_restart ? "after a restart" : "now"}});
  }
  take_over(config, fresh.config);
  web->set_trust(config.web.allowed_origins, config.web.trusted_proxies);
  log::set_level(config.log_level);
  stated = std::move(fresh);
  return true;
}

void Server::Parts::reload_certificates() {
  const auto tell = [](const Result<void>& reloaded) {
    if (!reloaded) log::error("certificate.kept", {{"why", reloaded.error().text}});
  };
  if (!page_certificate.empty()) tell(web->reload_certificate());
  tell(sip.reload_tls());
}

void Server::Parts::end() {
  if (is_stopping) {
    log::warn("server.stopped_at_once");
    io.stop();
    return;
  }
  is_stopping = true;
  gateway->stop([this] {
    web->stop_accepting();
    web->close_all(kGoingAway, "the gateway ends");
    leave(control.now() + kGoodbye);
  });
}

// Ends the loop once every page has taken its leave, or the time for it is over.
void Server::Parts::leave(MonoTime deadline) {
  if (web->counts().websockets == 0 || control.now() >= deadline) return io.stop();
  control.after(kGoodbyeStep, [this, deadline] { leave(deadline); });
}

void Server::Parts::stop_media() {
  for (const auto& loop : loops) loop->stop();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

Result<std::unique_ptr<Server>> Server::make(ConfigResult config, ServerOptions options) {
  TRY_VOID(complete_sip_tls(config.config));
  auto parts = std::make_unique<Parts>(std::move(config), std::move(options));
  TRY_VOID(parts->build());
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

void Server::run() {
  parts_->wait_for_signals();
  parts_->io.run();
  if (parts_->web) parts_->web->stop();
  if (parts_->admin) parts_->admin->stop();
  parts_->stop_media();
  log::info("server.stopped");
}

}  // namespace patchcord::app
