// SPDX-License-Identifier: GPL-3.0-or-later
// Two user agents over a network that loses up to 60 %, doubles and reorders, on a virtual clock.
// Whatever it does: every call ends once for each owner that was told of it, nothing is left, and
// on a good network both agree on what happened.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "core/random.h"
#include "sip/user_agent.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSdpOf[] = {"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\n",
                                  "v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\n",
                                  "v=0\r\no=- 1 3 IN IP4 10.0.0.1\r\n"};

struct Bad {
  uint32_t loss;  // per cent
  uint32_t twice;
  uint32_t late;  // of the messages get up to 2 s more
};

class Net {
 public:
  class Phone : public Outside, public UserAgentListener {
   public:
    Phone(Net& net, SocketAddress address)
        : net_(net),
          address_(address),
          ua({}, {[](auto, auto, auto) { return true; }, [](const Target&) { return true; }}, *this,
             net.random, *this) {}

    void send(const Target& target, ByteSpan bytes) override {
      net_.carry(address_, target, bytes);
    }
    void resolve(ResolveTicket, const ResolveQuery&) override { ADD_FAILURE(); }
    SocketAddress local_address(const Target&) override { return address_; }
    void wake_at(MonoTime) override {}
    void on_event(const Event& event) override {
      std::visit([this](const auto& e) { on(e); }, event);
    }

    void on(const IncomingCall& call) {
      calls[call.dialog];
      const uint32_t mood = net_.random.below(10);
      if (mood < 8)
        net_.after(net_.random.below(4000), [this, id = call.dialog] { ua.ring(id, net_.now); });
      net_.after(net_.random.below(8000), [this, mood, id = call.dialog] {
        if (mood == 9) return ua.reject(id, 486, {}, net_.now);
        ua.answer(id, kSdpOf[0], net_.now);
      });
    }
    void on(const Answered& answered) {
      ++calls[answered.dialog].answered;
      act_on(answered.dialog);
    }
    void on(const Acknowledged& acknowledged) {
      ++calls[acknowledged.dialog].answered;
      act_on(acknowledged.dialog);
    }
    void on(const Reoffered& reoffered) {
      if (net_.random.below(2) == 0) {
        ua.answer_reoffer(reoffered.dialog, kSdpOf[2], net_.now);
      } else {
        ua.refuse_reoffer(reoffered.dialog, 488, net_.now);
      }
    }
    void on(const Ended& ended) { ++calls[ended.dialog].ended; }
    template <class T>
    void on(const T&) {}

    void call(const Phone& other) {
      Account account;
      account.aor = Uri::sip("a", other.address_);
      const DialogId id = ua.invite({account, account.aor, kSdpOf[0], {}, {}}, net_.now);
      calls[id];
      if (net_.random.below(4) != 0) return;
      net_.after(net_.random.below(6000), [this, id] { ua.hangup(id, {}, net_.now); });
    }

    struct Call {
      int answered = 0;
      int ended = 0;
    };
    std::map<DialogId, Call> calls;

   private:
    void act_on(DialogId id) {
      net_.after(net_.random.below(3000),
                 [this, id] { ua.reoffer(id, kSdpOf[1 + net_.random.below(2)], net_.now); });
      net_.after(net_.random.below(20000), [this, id] { ua.hangup(id, {}, net_.now); });
    }
    Net& net_;
    SocketAddress address_;

   public:
    UserAgent ua;
  };

  Net(uint64_t seed, Bad bad_) : random(seed), bad(bad_) {}

  void after(uint32_t milliseconds, Function<void()> act) {
    agenda_.emplace(now + milliseconds * 1ms, std::move(act));
  }
  void carry(const SocketAddress& from, const Target& to, ByteSpan bytes) {
    const int copies = random.below(100) < bad.loss ? 0 : random.below(100) < bad.twice ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const uint32_t delay =
          10 + random.below(20) + (random.below(100) < bad.late ? random.below(2000) : 0);
      after(delay, [this, from, to, text = std::string(as_text(bytes))] {
        Phone& phone = to.address == a.ua_address ? a.phone : b.phone;
        phone.ua.on_message(as_bytes(text), {TransportKind::kUdp, from, {}}, now);
      });
    }
  }
  void run_for(Duration length) {
    const MonoTime end = now + length;
    while (true) {
      MonoTime next = std::min(a.phone.ua.next_deadline(), b.phone.ua.next_deadline());
      if (!agenda_.empty()) next = std::min(next, agenda_.begin()->first);
      if (next > end) break;
      now = std::max(now, next);
      if (!agenda_.empty() && agenda_.begin()->first <= now) {
        auto act = std::move(agenda_.extract(agenda_.begin()).mapped());
        act();
      }
      if (a.phone.ua.next_deadline() <= now) a.phone.ua.on_time(now);
      if (b.phone.ua.next_deadline() <= now) b.phone.ua.on_time(now);
    }
    now = end;
  }

  struct Place {
    Place(Net& net, const char* address)
        : ua_address(*SocketAddress::parse(address)), phone(net, ua_address) {}
    SocketAddress ua_address;
    Phone phone;
  };
  MonoTime now{1000s};
  SeededRandom random;
  Bad bad;
  Place a{*this, "192.0.2.1:5060"};
  Place b{*this, "192.0.2.2:5060"};

 private:
  std::multimap<MonoTime, Function<void()>> agenda_;
};

void expect_clean(Net& net) {
  for (Net::Place* place : {&net.a, &net.b}) {
    EXPECT_EQ(place->phone.ua.dialog_count(), 0u);
    EXPECT_EQ(place->phone.ua.transaction_count(), 0u);
    EXPECT_EQ(place->phone.ua.next_deadline(), kNever);
    for (const auto& [id, call] : place->phone.calls) {
      EXPECT_EQ(call.ended, 1);
      EXPECT_LE(call.answered, 1);
    }
  }
}

TEST(BadNetwork, EveryCallEndsOnceAndNothingIsLeft) {
  for (uint32_t loss = 0; loss <= 60; loss += 10) {
    for (uint64_t seed = 1; seed <= 2; ++seed) {
      SCOPED_TRACE("loss " + std::to_string(loss) + " seed " + std::to_string(seed));
      Net net(seed * 1000 + loss, {loss, loss / 4, loss / 2});
      for (int i = 0; i < 25; ++i) {
        net.a.phone.call(net.b.phone);
        net.b.phone.call(net.a.phone);
        net.run_for(net.random.below(500) * 1ms);
      }
      net.run_for(60s);
      net.a.phone.ua.close_all(net.now);
      net.b.phone.ua.close_all(net.now);
      net.run_for(150s);
      expect_clean(net);
      EXPECT_EQ(net.a.phone.calls.size() + net.b.phone.calls.size() > 60, loss <= 60);
    }
  }
}

TEST(BadNetwork, OnAGoodNetworkBothSidesAgree) {
  Net net(5, {0, 0, 0});
  for (int i = 0; i < 100; ++i) net.a.phone.call(net.b.phone);
  net.run_for(200s);
  expect_clean(net);
  int answered_a = 0, answered_b = 0;
  for (const auto& [id, call] : net.a.phone.calls) answered_a += call.answered;
  for (const auto& [id, call] : net.b.phone.calls) answered_b += call.answered;
  EXPECT_EQ(net.b.phone.calls.size(), 100u);
  EXPECT_GT(answered_a, 40);
  // A 200 that crosses our CANCEL is ACKed without being told to our owner.
  EXPECT_LE(answered_a, answered_b);
  EXPECT_GE(answered_a + 10, answered_b);
}

}  // namespace
}  // namespace patchcord::sip
