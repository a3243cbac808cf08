// SPDX-License-Identifier: GPL-3.0-or-later
// Resolver against a name server of our own on the loopback: names, SRV, NXDOMAIN, SERVFAIL,
// silence and garbage.
#include "sip/resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/udp.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "test_loop.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr uint16_t kTypeA = 1, kTypeAaaa = 28, kTypeSrv = 33, kTypeNaptr = 35;

std::string be16(uint16_t v) {
  return {static_cast<char>(v >> 8), static_cast<char>(v)};
}
std::string dns_name(const std::string& dotted) {
  std::string out;
  for (size_t at = 0; at < dotted.size();) {
    const size_t dot = std::min(dotted.find('.', at), dotted.size());
    out += static_cast<char>(dot - at);
    out += dotted.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

class NameServer {
 public:
  explicit NameServer(asio::io_context& io)
      : socket_(io, {asio::ip::make_address("127.0.0.1"), 0}) {
    receive();
  }
  SocketAddress address() const {
    return {IpAddress::v4(127, 0, 0, 1), socket_.local_endpoint().port()};
  }
  void a(const std::string& name, const std::string& ip, int ttl = 60) {
    const auto bytes = IpAddress::parse(ip)->bytes();
    records[{name, kTypeA}].emplace_back(std::string(bytes.begin(), bytes.begin() + 4), ttl);
  }
  void srv(const std::string& name, uint16_t priority, uint16_t port, const std::string& host) {
    records[{name, kTypeSrv}].emplace_back(be16(priority) + be16(0) + be16(port) + dns_name(host),
                                           60);
  }
  void naptr(const std::string& name, uint16_t order, const std::string& service,
             const std::string& replacement) {
    const auto text = [](const std::string& s) { return static_cast<char>(s.size()) + s; };
    records[{name, kTypeNaptr}].emplace_back(
        be16(order) + be16(50) + text("s") + text(service) + text("") + dns_name(replacement), 60);
  }

  std::map<std::pair<std::string, uint16_t>, std::vector<std::pair<std::string, int>>> records;
  uint8_t failure = 0;  // RCODE for everything
  bool is_silent = false;
  bool is_garbage = false;
  int questions = 0;

 private:
  void receive() {
    socket_.async_receive_from(asio::buffer(buffer_), from_, [this](auto error, size_t size) {
      if (error) return;
      answer(std::string(buffer_.data(), size));
      receive();
    });
  }
  void answer(const std::string& question) {
    ++questions;
    if (is_silent) return;
    if (is_garbage) {
      socket_.send_to(asio::buffer(question.substr(0, 2) + std::string(60, '\xc0')), from_);
      return;
    }
    std::string name;
    size_t at = 12;
    for (; question[at] != 0; at += static_cast<size_t>(question[at]) + 1) {
      if (!name.empty()) name += '.';
      name += question.substr(at + 1, static_cast<size_t>(question[at]));
    }
    const size_t end = at + 5;
    const auto type = load_be16(reinterpret_cast<const uint8_t*>(question.data()) + at + 1);
    const auto found = records.find({name, type});
    const bool is_known = records.lower_bound({name, 0}) != records.end() &&
                          records.lower_bound({name, 0})->first.first == name;
    const uint8_t rcode = failure != 0 ? failure : is_known ? uint8_t{0} : uint8_t{3};
    const auto count = static_cast<uint16_t>(found == records.end() ? 0 : found->second.size());
    std::string out = question.substr(0, 2) + be16(static_cast<uint16_t>(0x8180 | rcode)) +
                      be16(1) + be16(count) + be16(0) + be16(0) + question.substr(12, end - 12);
    for (int i = 0; i < count; ++i) {
      const auto& [data, ttl] = found->second[static_cast<size_t>(i)];
      out += be16(0xc00c) + be16(type) + be16(1) + be16(0) + be16(static_cast<uint16_t>(ttl)) +
             be16(static_cast<uint16_t>(data.size())) + data;
    }
    socket_.send_to(asio::buffer(out), from_);
  }

  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint from_;
  std::array<char, 2048> buffer_;
};

struct ResolverTest : testing::Test {
  Result<Targets> ask(const ResolveQuery& query) { return ask(resolver, query); }
  Result<Targets> ask(Resolver& asked, const ResolveQuery& query) {
    std::optional<Result<Targets>> answer;
    asked.resolve(query, [&](Result<Targets> found) { answer = std::move(found); });
    EXPECT_FALSE(answer);  // never from inside the call
    loop.run_until([&] { return answer.has_value(); });
    if (!answer) return Error{ErrorCode::kState, "never answered"};
    return std::move(*answer);
  }
  static std::string text(const Result<Targets>& found) {
    if (!found.ok()) return "error " + std::to_string(static_cast<int>(found.error().code));
    std::string out;
    for (const Target& target : *found) {
      if (!out.empty()) out += ' ';
      out += std::string(to_string(target.transport)) + "/" + target.address.to_string();
    }
    return out;
  }

  TestLoop loop;
  NameServer server{loop.io};
  SeededRandom random{3};
  Resolver resolver{loop.io, loop, random, {.servers = {server.address()}}};
  Resolver impatient{loop.io, loop, random, {.servers = {server.address()}, .limit = 300ms}};
};

TEST_F(ResolverTest, ANumericHostNeedsNoQuestion) {
  EXPECT_EQ(text(ask({.host = "192.0.2.1"})), "UDP/192.0.2.1:5060");
  EXPECT_EQ(text(ask({.host = "[2001:db8::1]", .port = 5070})), "UDP/[2001:db8::1]:5070");
  EXPECT_EQ(text(ask({.host = "192.0.2.1", .is_sips = true})), "TLS/192.0.2.1:5061");
  EXPECT_EQ(server.questions, 0);
}

TEST_F(ResolverTest, APortMeansThatHostOnly) {
  server.a("sip.test", "192.0.2.5");
  server.srv("_sip._udp.sip.test", 1, 5080, "other.test");
  EXPECT_EQ(text(ask({.host = "sip.test", .port = 5070})), "UDP/192.0.2.5:5070");
}

TEST_F(ResolverTest, SrvByPriorityThenTheAddressesOfEachHost) {
  server.srv("_sip._tcp.sip.test", 20, 5082, "b.test");
  server.srv("_sip._tcp.sip.test", 10, 5081, "a.test");
  server.a("a.test", "192.0.2.11");
  server.a("b.test", "192.0.2.12");
  EXPECT_EQ(text(ask({.host = "sip.test", .transport = TransportKind::kTcp})),
            "TCP/192.0.2.11:5081 TCP/192.0.2.12:5082");
}

TEST_F(ResolverTest, ASrvHostWithoutAnAddressIsPassedOver) {
  server.srv("_sip._udp.sip.test", 1, 5081, "gone.test");
  server.srv("_sip._udp.sip.test", 2, 5082, "b.test");
  server.a("b.test", "192.0.2.12");
  EXPECT_EQ(text(ask({.host = "sip.test"})), "UDP/192.0.2.12:5082");
}

TEST_F(ResolverTest, WithoutSrvTheAddressOfTheName) {
  server.a("sip.test", "192.0.2.5");
  EXPECT_EQ(text(ask({.host = "sip.test"})), "UDP/192.0.2.5:5060");
}

TEST_F(ResolverTest, NaptrChoosesTheTransportByItsOrder) {
  server.naptr("sip.test", 20, "SIP+D2U", "_sip._udp.far.test");
  server.naptr("sip.test", 10, "SIPS+D2T", "_sips._tcp.far.test");
  server.naptr("sip.test", 5, "SIP+D2S", "_sip._sctp.far.test");
  server.srv("_sips._tcp.far.test", 1, 5081, "a.test");
  server.srv("_sip._udp.far.test", 1, 5082, "a.test");
  server.a("a.test", "192.0.2.11");
  const auto found = ask({.host = "sip.test"});
  EXPECT_EQ(text(found), "TLS/192.0.2.11:5081 UDP/192.0.2.11:5082");
  EXPECT_EQ(found->front().name, "sip.test");  // not far.test: RFC 5922 4
}

TEST_F(ResolverTest, ASipsUriIsTlsWhateverNaptrSays) {
  server.naptr("sip.test", 10, "SIP+D2U", "_sip._udp.far.test");
  server.srv("_sips._tcp.sip.test", 1, 5081, "a.test");
  server.a("a.test", "192.0.2.11");
  EXPECT_EQ(text(ask({.host = "sip.test", .transport = TransportKind::kTls, .is_sips = true})),
            "TLS/192.0.2.11:5081");
}

TEST_F(ResolverTest, WithoutNaptrTheFirstTransportThatHasSrv) {
  server.srv("_sip._tcp.sip.test", 1, 5083, "a.test");
  server.a("a.test", "192.0.2.11");
  EXPECT_EQ(text(ask({.host = "sip.test"})), "TCP/192.0.2.11:5083");
}

TEST_F(ResolverTest, ANameIsAskedOnceForAllWhoWait) {
  server.a("sip.test", "192.0.2.5");
  int answers = 0;
  for (int i = 0; i < 20; ++i) {
    resolver.resolve({.host = "sip.test", .port = 5060}, [&](auto found) {
      EXPECT_TRUE(found.ok());
      ++answers;
    });
  }
  ASSERT_TRUE(loop.run_until([&] { return answers == 20; }));
  EXPECT_LE(server.questions, 2);  // A and AAAA
}

TEST_F(ResolverTest, NoSuchName) {
  EXPECT_EQ(ask({.host = "nowhere.test"}).error().code, ErrorCode::kNotFound);
}

TEST_F(ResolverTest, AnswersAreKept) {
  server.a("sip.test", "192.0.2.5");
  ASSERT_TRUE(ask({.host = "sip.test", .port = 5060}).ok());
  const int asked = server.questions;
  EXPECT_TRUE(ask({.host = "sip.test", .port = 5060}).ok());
  EXPECT_EQ(server.questions, asked);
}

TEST_F(ResolverTest, AServerThatFails) {
  server.failure = 2;
  const auto found = ask({.host = "sip.test", .port = 5060});
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().code, ErrorCode::kState);
}

TEST_F(ResolverTest, AServerThatIsSilent) {
  server.is_silent = true;
  const MonoTime begin = loop.now();
  const auto found = ask(impatient, {.host = "sip.test", .port = 5060});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kTimeout);
  EXPECT_LE(loop.now() - begin, 1s);
}

TEST_F(ResolverTest, AServerThatTalksGarbage) {
  server.is_garbage = true;
  const auto found = ask(impatient, {.host = "sip.test", .port = 5060});
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().code, ErrorCode::kState);
}

TEST_F(ResolverTest, ThereIsALimitOfQuestions) {
  Resolver small(loop.io, loop, random, {.servers = {server.address()}, .max_pending = 1});
  int answers = 0;
  ErrorCode refused = ErrorCode::kState;
  small.resolve({.host = "a.test", .port = 1}, [&](auto) { ++answers; });
  small.resolve({.host = "b.test", .port = 1}, [&](auto found) {
    refused = found.error().code;
    ++answers;
  });
  ASSERT_TRUE(loop.run_until([&] { return answers == 2; }));
  EXPECT_EQ(refused, ErrorCode::kExhausted);
}

TEST_F(ResolverTest, DestroyedWithAQuestionOpen) {
  server.is_silent = true;
  {
    Resolver gone(loop.io, loop, random, {.servers = {server.address()}});
    gone.resolve({.host = "a.test", .port = 1}, [](auto) { FAIL(); });
    loop.run_until([&] { return server.questions > 0; });
  }
}

TEST(OrderSrv, ByPriorityAndWeight) {
  SeededRandom random(1);
  int heavy_first = 0;
  for (int i = 0; i < 1000; ++i) {
    std::vector<SrvRecord> records = {
        {2, 0, 3, "c"}, {1, 10, 1, "light"}, {1, 90, 2, "heavy"}, {1, 0, 4, "zero"}};
    order_srv(records, random);
    ASSERT_EQ(records[3].host, "c");
    heavy_first += records[0].host == "heavy";
  }
  EXPECT_GT(heavy_first, 800);
  EXPECT_LT(heavy_first, 970);
}

}  // namespace
}  // namespace patchcord::sip
