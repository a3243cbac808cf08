// SPDX-License-Identifier: GPL-3.0-or-later
// AdminSite: what the operator's address serves: health, readiness, calls now and lately, metrics.
// It reads; it changes nothing. It has no password: the address belongs on the loopback. Thread:
// control. Owner: Server.
#pragma once

#include <filesystem>

#include "admin/metrics.h"
#include "app/gateway.h"
#include "store/recent.h"
#include "store/record_file.h"
#include "web/server.h"

namespace patchcord::app {

class AdminSite {
 public:
  struct Sources {  // all outlive the site
    const Gateway& gateway;
    const web::Server& pages;
    const admin::Metrics& metrics;
    const store::Recent& ended;
    const store::RecordFile* records;  // none are kept: null
    const Clock& clock;
    std::filesystem::path certificate;  // of the pages; empty: they have none
  };

  AdminSite(boost::asio::io_context& io, const SocketAddress& address, Sources sources);
  // Errors: kNetwork when the address cannot be bound.
  Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }

 private:
  web::Response readiness() const;
  std::vector<admin::Reading> readings() const;

  const Sources sources_;
  web::Server server_;
};

}  // namespace patchcord::app
