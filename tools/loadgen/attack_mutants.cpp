// SPDX-License-Identifier: GPL-3.0-or-later
// Malformed RTP and RTCP and codec payload bombs, on live calls. Of four calls, one has a phone
// that sends them besides its sound, one a browser that sends them under its own SRTP keys, one is
// hit by a stranger, and one is a bystander. What comes from an end that sends such things is not
// judged; all the rest must sound as if nothing were.
#include <vector>

#include "attacks.h"
#include "call.h"
#include "forged_packet.h"

namespace patchcord::loadgen {
namespace {

using Bytes = std::vector<uint8_t>;

// Payloads that are short to send and long to work on (RFC 6716 3.2): 48 frames of 2.5 ms, 120 ms,
// lengths that run over the end, padding without end, DTX, nothing.
const std::vector<Bytes> kBombs{
    {0x83, 0x30},                    // code 3, 48 frames of 2.5 ms, all empty
    {0x1b, 0x06, 0x00, 0x00},        // 6 frames of 20 ms: 120 ms
    {0x1f, 0x3f},                    // 63 frames of 60 ms: forbidden
    {0xfb, 0xc1, 0xff, 0xff, 0xff},  // padding that is longer than the packet
    {0xfb, 0xbf, 0xfc, 0xff, 0xfc},  // VBR with lengths over the end
    {0xfa, 0xfd, 0xff},              // code 2, first length over the end
    {0xf8},                          // DTX
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    {},
};

// RTP packets whose header lies, without their sequence number, time and SSRC (which are filled
// in).
const std::vector<Bytes> kLiars{
    {0x80},                                                              // 1 byte
    {0x80, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0},                             // 11 bytes
    {0x8f, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},                    // 15 CSRCs, none there
    {0x90, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0xff, 0xff},  // extension of 256 kB
    {0x90, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1, 0xff, 0xff, 0xff, 0xff},  // id 15
    {0x90, 0x08, 0,    0,    0, 0, 0,    0,    0, 0,
     0,    0,    0x10, 0x00, 0, 1, 0x05, 0xff, 0, 0},                    // two-byte form
    {0xa0, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0},              // padding 0
    {0xa0, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 255},            // padding 255
    {0x00, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},                    // version 0
    {0x40, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},                    // version 1
    {0xc0, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},                    // version 3
    {0x80, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},                    // a type nobody knows
    {0x80, 0x65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x8a, 0xff, 0xff},  // event 255
};

// Compound RTCP that lies (RFC 3550 6, RFC 4585 6, RFC 3611).
const std::vector<Bytes> kRtcpLiars{
    {0x80, 0xc8, 0x00, 0x00},                                                  // an SR of one word
    {0x80, 0xc9, 0x00, 0x01, 1, 2, 3, 4, 0x80, 0xc9, 0, 0, 0x80, 0xc9, 0, 0},  // lengths of 0
    {0x9f, 0xc8, 0xff, 0xff, 1, 2, 3, 4},                                      // 31 reports, 256 kB
    {0x81, 0xca, 0x00, 0x02, 1, 2, 3, 4, 0x01, 0xff, 'a', 'b'},                // SDES over the end
    {0x9f, 0xcb, 0x00, 0x01, 9, 9, 9, 9},                                      // BYE for 31 others
    {0x81, 0xcd, 0x00, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0xff, 0xff},        // NACK of 17
    {0x8f, 0xce, 0x00, 0x04, 1, 2, 3, 4, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 255, 0xff, 0xff, 0xff},
    {0x81, 0xce, 0x00, 0x02, 1, 2, 3, 4, 5, 6, 7, 8},          // PLI
    {0x80, 0xcf, 0x00, 0x02, 1, 2, 3, 4, 4, 0, 0xff, 0xff},    // XR over the end
    {0x9f, 0xcc, 0x00, 0x02, 1, 2, 3, 4, 'e', 'v', 'i', 'l'},  // APP
    {0xe0, 0xc9, 0x00, 0x01, 1, 2, 3, 4},                      // version 3
    {0xa0, 0xc9, 0x00, 0x01, 1, 2, 3, 200},                    // padding of 200
};

class Mutants final : public Attack, private Ticking {
 public:
  explicit Mutants(const AttackGround& ground) : ground_(ground), stranger_(ground) {
    ground_.metronome.add(*this);
  }
  ~Mutants() override { ground_.metronome.remove(*this); }

  void on_call_invited(Call&) override {}
  void on_call_talking(Call& call) override { calls_.push_back(&call); }
  void on_call_over(Call& call) override { std::erase(calls_, &call); }
  bool spoils(const Call& call, Path path) const override {
    return (role(call) == Role::kPhone && path == Path::kToBrowser) ||
           (role(call) == Role::kBrowser && path == Path::kToPhone);
  }
  Counts counts() const override {
    return {{"byPhones", by_phones_},
            {"byBrowsers", by_browsers_},
            {"bombs", bombs_},
            {"byStrangers", stranger_.sent()},
            {"leaked", stranger_.received()}};
  }

 private:
  enum class Role : uint8_t { kBystander, kPhone, kBrowser, kStranger };
  static Role role(const Call& call) { return static_cast<Role>(call.number() % 4); }

  void on_tick(MonoTime) override {
    if (calls_.empty()) return;
    due_ += ground_.options.attack_rate / 50;
    for (size_t i = 0; due_ >= 1; due_ -= 1, ++i) {
      Call& call = *calls_[i % calls_.size()];
      if (call.is_talking()) hit(call);
    }
  }

  void hit(Call& call) {
    switch (role(call)) {
      case Role::kPhone:
        ++by_phones_;
        if (ground_.random.below(2) == 0) return call.phone().send_raw(rtp(call.phone().numbers()));
        return call.phone().send_rtcp(rtcp());
      case Role::kBrowser:
        return hit_as_browser(call.browser());
      case Role::kStranger:
        stranger_.send(rtp(call.phone().numbers()), call.phone().remote());
        return stranger_.send(rtcp(), call.browser().remote());
      case Role::kBystander:
        return;
    }
  }

  // Only what SRTP can carry gets through to the parsers behind it: a header that can be measured.
  void hit_as_browser(BrowserEnd& browser) {
    ++by_browsers_;
    switch (ground_.random.below(4)) {
      case 0:
        return browser.send_rtcp(rtcp());
      case 1:
        return browser.send_unprotected(rtp(browser.numbers()));
      case 2:
        return browser.send_rtp(rtp(browser.next_numbers()));
      default:
        ++bombs_;
        return browser.send(one_of(kBombs));
    }
  }

  const Bytes& one_of(const std::vector<Bytes>& seeds) {
    return seeds[ground_.random.below(static_cast<uint32_t>(seeds.size()))];
  }

  // A liar with the numbers the receiver waits for, changed at a few places, cut or drawn out.
  Bytes rtp(const Numbers& numbers) {
    Bytes packet = one_of(kLiars);
    if (packet.size() >= rtp::kFixedHeaderSize) {
      store_be16(&packet[2], static_cast<uint16_t>(numbers.sequence + ground_.random.below(3)));
      store_be32(&packet[4], numbers.timestamp);
      store_be32(&packet[8], numbers.ssrc.value());
    }
    return mutated(std::move(packet));
  }
  Bytes rtcp() {
    Bytes compound = one_of(kRtcpLiars);
    while (ground_.random.below(3) == 0) {  // several in one datagram
      const Bytes& more = one_of(kRtcpLiars);
      compound.insert(compound.end(), more.begin(), more.end());
    }
    return mutated(std::move(compound));
  }
  Bytes mutated(Bytes bytes) {
    Random& random = ground_.random;
    if (random.below(2) == 0) {
      const size_t more = random.below(40);
      Bytes tail(random.below(60) == 0 ? 1900 : more);
      random.fill(tail);
      bytes.insert(bytes.end(), tail.begin(), tail.end());
    }
    for (uint32_t changes = random.below(4); changes > 0 && !bytes.empty(); --changes) {
      bytes[random.below(static_cast<uint32_t>(bytes.size()))] = static_cast<uint8_t>(random.u32());
    }
    if (random.below(8) == 0) bytes.resize(random.below(static_cast<uint32_t>(bytes.size() + 1)));
    return bytes;
  }

  const AttackGround ground_;
  Stranger stranger_;
  std::vector<Call*> calls_;
  double due_ = 0;
  uint64_t by_phones_ = 0, by_browsers_ = 0, bombs_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_mutants(const AttackGround& ground) {
  return std::make_unique<Mutants>(ground);
}

}  // namespace patchcord::loadgen
