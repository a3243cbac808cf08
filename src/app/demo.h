// SPDX-License-Identifier: GPL-3.0-or-later
// Demo: what `patchcord demo` runs with, and what it says to who started it. Two people and a
// mobile phone that is a second page; nobody outside is given a door. Ports that are taken are no
// reason not to start: the next free ones are used, and said. Thread: any; it asks the system which
// ports are free.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace patchcord::app {

// What was given on the command line; empty: the usual port, or the next that is free.
struct DemoPorts {
  std::string http, https, admin;  // "127.0.0.1:8080", or a port alone
  std::string rtc;                 // a port
};

struct Demo {
  Config config;
  std::vector<std::string> moved;  // "https is at 8444: 8443 is taken"
};

// Users demo1, demo2 and mobile, +1 555 0100, the services; no SIP server.
Config demo_config();
// Errors: kMalformed names the option that is no port or address.
Result<Demo> make_demo(const DemoPorts& ports);
// The three lines that say what to do.
std::string demo_text(const Demo& demo);

}  // namespace patchcord::app
