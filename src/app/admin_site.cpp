// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/admin_site.h"

#include "web/certificate.h"

namespace patchcord::app {
namespace {

web::ServerOptions options_for(const SocketAddress& address) {
  web::ServerOptions options;
  options.listen = {{address, web::Security::kPlain}};
  return options;
}

web::Response answer(int status, const char* content_type, std::string body) {
  return {.status = status,
          .content_type = content_type,
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

web::Response json(std::string body, int status = 200) {
  return answer(status, "application/json", std::move(body));
}

}  // namespace

AdminSite::AdminSite(boost::asio::io_context& io, const SocketAddress& address, Sources sources)
    : sources_(std::move(sources)), server_(io, options_for(address), nullptr) {
  using web::Method;
  const auto get = [this](const char* path, auto give) {
    server_.route(Method::kGet, path, [give](const web::Request&) { return give(); });
  };
  get("/healthz", [this] { return json(admin::health_json(sources_.gateway.health())); });
  get("/readyz", [this] { return readiness(); });
  get("/api/calls", [this] { return json(sources_.gateway.calls_json()); });
  get("/api/calls/ended", [this] { return json(sources_.ended.json()); });
  get("/metrics", [this] {
    return answer(200, "text/plain; version=0.0.4; charset=utf-8",
                  sources_.metrics.text(readings()));
  });
}

web::Response AdminSite::readiness() const {
  admin::Readiness now{.is_draining = sources_.gateway.health().is_draining,
                       .has_media_ports = sources_.gateway.engine().has_free_port_pair()};
  if (!sources_.certificate.empty()) {
    const Result<WallTime> end = web::certificate_end(sources_.certificate);
    now.certificate_left = end ? Duration(*end - sources_.clock.wall()) : Duration::zero();
  }
  return json(admin::readiness_json(now), now.is_ready() ? 200 : 503);
}

std::vector<admin::Reading> AdminSite::readings() const {
  using Kind = admin::Reading::Kind;
  std::vector<admin::Reading> all = sources_.gateway.readings();
  const auto add = [&all](const char* name, const char* help, Kind kind, uint64_t value) {
    all.push_back({name, help, kind, static_cast<double>(value)});
  };
  const web::ServerCounts web = sources_.pages.counts();
  add("patchcord_web_connections", "HTTP and WebSocket connections now.", Kind::kGauge,
      web.connections);
  add("patchcord_web_refused_total", "Connections refused over a limit.", Kind::kCounter,
      web.refused);
  add("patchcord_web_timed_out_total", "Connections that were too slow.", Kind::kCounter,
      web.timed_out);
  if (sources_.records) {
    const store::RecordFile::Counts records = sources_.records->counts();
    add("patchcord_records_written_total", "Call records written.", Kind::kCounter,
        records.written);
    add("patchcord_records_lost_total", "Call records the disk refused or was too slow for.",
        Kind::kCounter, records.failed + records.dropped);
  }
  for (admin::Reading& one : admin::process_readings()) all.push_back(std::move(one));
  return all;
}

}  // namespace patchcord::app
