// SPDX-License-Identifier: GPL-3.0-or-later
// A transport under datagrams of a stranger, then of a peer whose address is proved (the first byte
// says which). Nobody without the password gets an answer, nobody without the certificate a
// connection. Format: mode, then any number of: length (two bytes), datagram.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "rtc/stun.h"
#include "rtc/transport.h"

using namespace patchcord;
using namespace patchcord::rtc;

namespace {

struct CountingSink final : DatagramSink {
  void send(ByteSpan, const TransportAddress&) override { ++sent; }
  size_t sent = 0;
};

void check(bool condition) {
  if (!condition) std::abort();
}

const DtlsContext& context() {
  static const auto kContext = [] {
    const auto certificate = Certificate::generate(WallTime(std::chrono::hours(24 * 20000)));
    return DtlsContext::create(*certificate);
  }();
  return *kContext;
}

void prove(Transport& transport, const IceCredentials& ours, const SocketAddress& from,
           MonoTime now, DatagramSink& sink) {
  std::array<uint8_t, 200> buffer;
  StunBuilder builder(buffer, StunType::kBindingRequest, {});
  const ByteSpan check = builder.username(ours.ufrag + ":peer").use_candidate().seal(ours.pwd);
  std::vector<uint8_t> bytes(check.begin(), check.end());
  transport.receive(bytes, from, now, sink);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static SystemRandom random;
  const bool proved = (data[0] & 1) != 0;
  const SocketAddress peer(IpAddress::v4(192, 0, 2, 2), 20000);
  const IceCredentials ours{"ufrag", random.token(24)};
  Transport transport(context(), IceRole::kLite, ours, random);
  CountingSink sink;
  MonoTime now{};
  const RemoteParameters remote{
      .ice = {"peer", "peerpeerpeerpeerpeerpeer"},
      .fingerprints = {"sha-256 " +
                       [] {
                         std::string zeros = "00";
                         for (int i = 1; i < 32; ++i) zeros += ":00";
                         return zeros;
                       }()},
      .our_role = (data[0] & 2) != 0 ? DtlsRole::kClient : DtlsRole::kServer,
      .candidate = {}};
  transport.set_remote(remote, now, sink);
  if (proved) prove(transport, ours, peer, now, sink);

  const size_t before = sink.sent;
  Reader reader(ByteSpan(data + 1, size - 1));
  while (reader.remaining() > 2) {
    const ByteSpan bytes = reader.bytes(std::min<size_t>(reader.u16(), reader.remaining()));
    std::vector<uint8_t> datagram(bytes.begin(), bytes.end());
    check(transport.receive(datagram, peer, now, sink).kind == Received::Kind::kNothing);
    now += std::chrono::milliseconds(10);
    transport.on_time(now, sink);
  }
  check(!transport.is_connected());
  check(proved || sink.sent == before);
  return 0;
}
