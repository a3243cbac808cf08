// SPDX-License-Identifier: GPL-3.0-or-later
// What is parsed, built again and parsed again, must be the same message; and without the password
// no bytes may pass for signed.
#include <array>
#include <cstdlib>

#include "core/random.h"
#include "rtc/stun.h"

using namespace patchcord;
using namespace patchcord::rtc;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

ByteSpan rebuild(const StunMessage& message, MutableByteSpan buffer) {
  StunBuilder builder(buffer, static_cast<StunType>(message.type), message.transaction);
  if (message.username) builder.username(*message.username);
  if (message.priority) builder.priority(*message.priority);
  if (message.controlling) builder.controlling(*message.controlling);
  if (message.controlled) builder.controlled(*message.controlled);
  if (message.use_candidate) builder.use_candidate();
  if (message.mapped) builder.xor_mapped(*message.mapped);
  if (message.error_code != 0) builder.error(message.error_code, "");
  return builder.seal("password");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string kPassword = [] {
    SystemRandom random;
    return random.token(24);
  }();
  const ByteSpan datagram(data, size);
  const auto message = parse_stun(datagram);
  check(message.has_value() || !ufrag_of(datagram));
  if (!message) return 0;
  check(!has_integrity(datagram, *message, kPassword));

  std::array<uint8_t, kStunMaxSize> buffer;
  const ByteSpan bytes = rebuild(*message, buffer);
  const auto again = parse_stun(bytes);
  check(again.has_value() && again->type == message->type &&
        again->transaction == message->transaction && again->username == message->username &&
        again->priority == message->priority && again->controlling == message->controlling &&
        again->controlled == message->controlled &&
        again->use_candidate == message->use_candidate && again->mapped == message->mapped &&
        again->error_code == message->error_code && again->unknown_count == 0);
  check(has_integrity(bytes, *again, "password"));
  return 0;
}
