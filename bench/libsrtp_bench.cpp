// SPDX-License-Identifier: GPL-3.0-or-later
// libsrtp as installed, on the same packets and with the same streams as rtc_bench.cpp, to compare
// within one run.
#include <benchmark/benchmark.h>
#include <srtp2/srtp.h>

#include <array>
#include <memory>
#include <type_traits>
#include <vector>

#include "core/bytes.h"
#include "rtc/srtp.h"

namespace patchcord::bench {
namespace {

constexpr size_t kPacket = 12 + 80;  // 20 ms of Opus at 32 kb/s
using Packet = std::array<uint8_t, kPacket + SRTP_MAX_TRAILER_LEN>;

Packet packet_of(uint32_t sequence) {
  Packet packet{0x80, 111};
  store_be16(&packet[2], static_cast<uint16_t>(sequence));
  return packet;
}

struct Close {
  void operator()(srtp_ctx_t* session) const { srtp_dealloc(session); }
};
using Session = std::unique_ptr<srtp_ctx_t, Close>;

Session session_of(rtc::SrtpSuite suite, srtp_ssrc_type_t direction) {
  static const bool is_ready = srtp_init() == srtp_err_status_ok;
  std::array<uint8_t, 64> key{1, 2, 3};
  srtp_policy_t policy{};
  policy.ssrc.type = direction;
  policy.key = key.data();
  policy.window_size = 128;
  switch (suite) {
    case rtc::SrtpSuite::kAeadAes128Gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      break;
    case rtc::SrtpSuite::kAeadAes256Gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
      break;
    case rtc::SrtpSuite::kAes128CmSha1_80:
      srtp_crypto_policy_set_rtp_default(&policy.rtp);
      break;
  }
  policy.rtcp = policy.rtp;
  srtp_t session = nullptr;
  if (!is_ready || srtp_create(&session, &policy) != srtp_err_status_ok) return {};
  return Session(session);
}

std::vector<Session> sessions_of(const benchmark::State& state, srtp_ssrc_type_t direction) {
  std::vector<Session> sessions;
  for (int64_t i = 0; i < state.range(1); ++i) {
    sessions.push_back(session_of(static_cast<rtc::SrtpSuite>(state.range(0)), direction));
  }
  return sessions;
}

void protect(benchmark::State& state) {
  const auto sessions = sessions_of(state, ssrc_any_outbound);
  if (!sessions[0]) return state.SkipWithError("libsrtp was built without this suite");
  uint16_t sequence = 0;
  size_t turn = 0;
  for (auto _ : state) {
    if (turn == sessions.size()) turn = 0;
    if (turn == 0) ++sequence;
    Packet packet = packet_of(sequence);
    int size = kPacket;
    benchmark::DoNotOptimize(srtp_protect(sessions[turn++].get(), packet.data(), &size));
  }
}

void unprotect(benchmark::State& state) {
  auto sessions = sessions_of(state, ssrc_any_inbound);
  const Session sender = session_of(static_cast<rtc::SrtpSuite>(state.range(0)), ssrc_any_outbound);
  if (!sender) return state.SkipWithError("libsrtp was built without this suite");
  std::vector<Packet> sealed;
  int sealed_size = 0;
  for (uint32_t i = 0; i < 65536 * 2; ++i) {
    sealed.push_back(packet_of(i));
    sealed_size = kPacket;
    srtp_protect(sender.get(), sealed.back().data(), &sealed_size);
  }
  size_t at = 0, turn = 0;
  for (auto _ : state) {
    if (turn == sessions.size()) {
      turn = 0;
      if (++at == sealed.size()) {
        at = 0;
        sessions = sessions_of(state, ssrc_any_inbound);
      }
    }
    Packet packet = sealed[at];
    int size = sealed_size;
    benchmark::DoNotOptimize(srtp_unprotect(sessions[turn++].get(), packet.data(), &size));
  }
}

void suites(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"suite", "streams"});
  for (const int suite : {0, 1, 2}) {
    for (const int streams : {1, 500}) bench->Args({suite, streams});
  }
}
BENCHMARK(protect)->Name("libsrtp_protect")->Apply(suites);
BENCHMARK(unprotect)->Name("libsrtp_unprotect")->Apply(suites);

}  // namespace
}  // namespace patchcord::bench
