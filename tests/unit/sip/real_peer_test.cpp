// SPDX-License-Identifier: GPL-3.0-or-later
// The user agent on real sockets against a peer that is not ours: sipp as the callee and as the
// caller, over UDP and TCP, on the loopback. A real registrar is met in tests/peers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "sip/resolver.h"
#include "sip/transport.h"
#include "sip/user_agent.h"
#include "test_loop.h"

extern char** environ;

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";
const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);

// Ended by its pid when the test is over.
class Child {
 public:
  explicit Child(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Child() {
    if (pid_ <= 0 || has_ended()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  bool started() const { return pid_ > 0; }
  bool has_ended() {
    if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }
  int exit_status() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

struct RealPeer : testing::Test, Outside, TransportListener, UserAgentListener {
  RealPeer() {
    for (const auto kind : {TransportKind::kUdp, TransportKind::kTcp}) {
      EXPECT_TRUE(transport.listen({kind, {kLoopback, 0}, {}}).ok());
    }
  }
  // Outside
  void send(const Target& target, ByteSpan bytes) override { transport.send(target, bytes); }
  void resolve(ResolveTicket ticket, const ResolveQuery& query) override {
    resolver.resolve(query, [this, ticket](Result<Targets> found) {
      ua.on_resolved(ticket, std::move(found), loop.now());
    });
  }
  SocketAddress local_address(const Target& target) override {
    return transport.local_address(target);
  }
  void wake_at(MonoTime when) override {
    loop.cancel(alarm);
    if (when == kNever) return;
    alarm =
        loop.after(std::max(Duration(0), when - loop.now()), [this] { ua.on_time(loop.now()); });
  }
  // TransportListener
  void on_received(ByteSpan bytes, const Target& from) override {
    ua.on_message(bytes, from, loop.now());
  }
  void on_transport_error(const Target& target, const TransportFault& fault) override {
    ua.on_transport_error(target, fault, loop.now());
  }
  void on_event(const Event& event) override { events.push_back(event); }

  template <class T>
  const T* await(Duration limit = 5s) {
    const auto find = [&]() -> const T* {
      for (const Event& event : events) {
        if (const T* found = std::get_if<T>(&event)) return found;
      }
      return nullptr;
    };
    loop.run_until([&] { return find() != nullptr; }, limit);
    return find();
  }

  uint16_t free_port() {
    Transport probe(loop.io, loop, *this);
    EXPECT_TRUE(probe.listen({TransportKind::kUdp, {kLoopback, 0}, {}}).ok());
    const uint16_t port = probe.bound(TransportKind::kUdp).port();
    loop.io.poll();
    return port;
  }

  static UserAgentPolicy everything() {
    return {[](std::string_view, uint16_t, std::optional<TransportKind>) { return true; },
            [](const Target&) { return true; }};
  }

  TestLoop loop;
  SystemRandom random;
  std::deque<Event> events;
  TimerId alarm;
  Transport transport{loop.io, loop, *this};
  Resolver resolver{loop.io, loop, random, {}};
  UserAgent ua{{}, everything(), *this, random, *this};
};

struct ByTransport : RealPeer, testing::WithParamInterface<TransportKind> {
  bool is_tcp() const { return GetParam() == TransportKind::kTcp; }
};

TEST_P(ByTransport, WeCallSipp) {
  const std::string port = std::to_string(free_port());
  Child sipp({"sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", port, "-m", "1", "-nostdin", "-t",
              is_tcp() ? "t1" : "u1"});
  ASSERT_TRUE(sipp.started()) << "sipp (Debian's sip-tester) is needed";
  loop.run_until([] { return false; }, 500ms);  // sipp opens its socket; UDP would retransmit
  Account account;
  account.aor = *Uri::parse("sip:1001@localhost:" + port + (is_tcp() ? ";transport=tcp" : ""));
  const DialogId id =
      ua.invite({account, *Uri::sip("service", "127.0.0.1"), kSdp, {}, {}}, loop.now());
  const Answered* answered = await<Answered>();
  ASSERT_NE(answered, nullptr);
  EXPECT_NE(answered->sdp.find("m=audio"), std::string::npos);
  EXPECT_NE(await<Ringing>(), nullptr);
  ua.hangup(id, {480, "Q.850;cause=16"}, loop.now());
  ASSERT_NE(await<Ended>(), nullptr);
  EXPECT_TRUE(loop.run_until([&] { return ua.dialog_count() == 0; }));  // the BYE was answered
}

TEST_P(ByTransport, SippCallsUs) {
  const std::string us = transport.bound(GetParam()).to_string();
  Child sipp({"sipp", us, "-sn", "uac", "-i", "127.0.0.1", "-p", std::to_string(free_port()), "-m",
              "3", "-r", "50", "-d", "100", "-nostdin", "-t", is_tcp() ? "t1" : "u1"});
  ASSERT_TRUE(sipp.started()) << "sipp (Debian's sip-tester) is needed";
  size_t ended = 0;
  ASSERT_TRUE(loop.run_until(
      [&] {
        while (!events.empty()) {
          const Event event = std::move(events.front());
          events.pop_front();
          if (const auto* call = std::get_if<IncomingCall>(&event)) {
            ua.ring(call->dialog, loop.now());
            ua.answer(call->dialog, kSdp, loop.now());
          }
          ended += std::holds_alternative<Ended>(event);
        }
        return sipp.has_ended();
      },
      10s));
  EXPECT_EQ(sipp.exit_status(), 0);
  EXPECT_EQ(ended, 3u);
  EXPECT_EQ(ua.dialog_count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(RealPeer, ByTransport,
                         testing::Values(TransportKind::kUdp, TransportKind::kTcp),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

}  // namespace
}  // namespace patchcord::sip
