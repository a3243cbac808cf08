// SPDX-License-Identifier: GPL-3.0-or-later
// Options: what the load generator was told to do, as one value.
// Thread: any (a value).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/audio_codec.h"
#include "core/address.h"
#include "script.h"

namespace patchcord::loadgen {

struct Weighted {
  Script script;
  unsigned weight;
};

struct Options {
  // The gateway.
  SocketAddress web;                   // its WebSocket
  std::optional<SocketAddress> admin;  // its /healthz
  pid_t process = 0;                   // to be watched; 0: not
  // The far ends.
  SocketAddress phones;  // where the phones take SIP; the gateway must be allowed to call it
  codec::AudioCodec browser_codec = codec::AudioCodec::kOpus;
  codec::AudioCodec phone_codec = codec::AudioCodec::kPcma;
  // The load.
  size_t at_once = 10;  // pages, each with one call at a time
  size_t calls = 0;     // 0: until `duration` is over
  std::chrono::milliseconds duration{0};
  std::chrono::milliseconds talk{2000};  // the mean; a call draws from half to one and a half of it
  double rate = 20;                      // calls begun a second, at most
  std::vector<Weighted> mix{{Script::kTalk, 1}};
  // What is well.
  std::chrono::milliseconds longest_gap{0};  // 0: gaps are told, not judged
  double lost_percent = 1;                   // of the frames of a call, one way
  double rss_slope = 0;                      // kB a minute; 0: told, not judged
  int64_t rss_growth = 0;                    // kB, from before to after; 0: told, not judged
  // How it is told.
  std::string json;    // a file for the result; "": standard output
  std::string attack;  // what happens besides; "": nothing
  double attack_rate = 0;
};

}  // namespace patchcord::loadgen
