// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of browsers whom no UDP reaches, and who else comes to that door.
#include <gmock/gmock.h>

#include "engine_fixture.h"
#include "media/tcp_flows.h"
#include "rtc/stun.h"

namespace patchcord::media {
namespace {

const IpAddress kHome = IpAddress::v4(203, 0, 113, 5);
const IpAddress kElsewhere = IpAddress::v4(198, 51, 100, 66);

class TcpFlowsTest : public EngineFixture {
 protected:
  std::unique_ptr<net::Port> connection_from(const IpAddress& ip) {
    return outside.connect({ip, 0}, {gateway_ip, 10000}).value();
  }
  void connect_over_tcp(const Reservation& call) {
    browser.use(connection_from(kHome));
    connect(browser, call.local[0]);
  }
  Reservation echo_call_over_tcp() {
    const Reservation call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kEcho}).value();
    engine->open(call.id, both_ways(plan_of(browser), EchoPlan{}, kPcma));
    connect_over_tcp(call);
    EXPECT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
    return call;
  }
  size_t echoed(int packets) {
    browser.heard.clear();
    for (int i = 0; i < packets; ++i) {
      const uint8_t payload[] = {0xd5, static_cast<uint8_t>(i), 0xd5, 0xd5};
      browser.send(kPcma.payload_type, payload);
      world.run_for(milliseconds(20));
    }
    return static_cast<size_t>(
        std::count_if(browser.heard.begin(), browser.heard.end(),
                      [](const test::HeardPacket& p) { return p.payload.size() == 4; }));
  }
  SharedPortTotals totals() {
    world.run_for(seconds(2));
    const auto one_more = connection_from(kElsewhere);  // totals are told in turns that happen
    world.run_for(milliseconds(10));
    return engine->shared_ports();
  }
  // A check for the call's ufrag under this password.
  std::vector<uint8_t> check_for(const Reservation& call, std::string_view password) {
    std::array<uint8_t, 300> buffer;
    rtc::StunBuilder builder(buffer, rtc::StunType::kBindingRequest, {1, 2, 3});
    builder.username(std::get<WebrtcLocal>(call.local[0]).ufrag + ":stranger").priority(1);
    const ByteSpan sealed = builder.controlling(1).seal(password);
    return {sealed.begin(), sealed.end()};
  }
  void send(net::Port& port, ByteSpan bytes) {
    const net::Outgoing one{bytes, {}, {}};
    port.send(std::span(&one, 1));
  }
};

TEST_F(TcpFlowsTest, AWholeCallGoesOverTcp) {
  const Reservation call = echo_call_over_tcp();
  EXPECT_EQ(echoed(50), 50U);
  world.run_for(seconds(1));
  const Stats stats = all<Stats>(call.id).back();
  EXPECT_EQ(stats.endpoints[0].protocol, TransportProtocol::kTcp);
  EXPECT_EQ(stats.endpoints[0].transport, "connected");
  EXPECT_EQ(stats.endpoints[0].remote.ip(), kHome);
  EXPECT_EQ(media.watched(), 2U);

  engine->close(call.id);
  world.run_for(milliseconds(100));
  EXPECT_THAT(browser.events, testing::Contains(rtc::TransportEvent::kClosedByPeer));
  expect_empty();
}

TEST_F(TcpFlowsTest, CandidatesNameTheSamePortForBoth) {
  const Reservation call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kEcho}).value();
  const auto& local = std::get<WebrtcLocal>(call.local[0]);
  EXPECT_EQ(local.tcp_candidates, local.candidates);
}

TEST_F(TcpFlowsTest, AConnectionThatBreaksIsReplacedByTheNextOne) {
  const Reservation call = echo_call_over_tcp();
  browser.use(connection_from(kHome));  // closes the old one
  world.run_for(milliseconds(10));
  EXPECT_EQ(media.watched(), 2U);
  world.run_for(seconds(3));  // until the next check
  EXPECT_EQ(echoed(10), 10U);
  EXPECT_TRUE(all<Failed>(call.id).empty());
  engine->close(call.id);
  expect_empty();
}

TEST_F(TcpFlowsTest, WithoutAnotherConnectionTheCallEndsByConsent) {
  const Reservation call = echo_call_over_tcp();
  auto apart = connection_from(kElsewhere);
  browser.use(outside.bind({kHome, 40001}, net::PortKind::kCall).value());
  world.set_quality(kHome, gateway_ip, {.loss = 1});
  world.run_for(seconds(29));
  EXPECT_TRUE(all<Failed>(call.id).empty());
  world.run_for(seconds(2));
  const auto failed = all<Failed>(call.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].what, Failed::What::kConsent);
  engine->close(call.id);
  expect_empty();
}

TEST_F(TcpFlowsTest, WhoSaysNothingIsClosedInFiveSeconds) {
  const auto silent = connection_from(kElsewhere);
  world.run_for(TcpFlows::kProofLimit - seconds(1));
  EXPECT_EQ(media.watched(), 2U);
  EXPECT_FALSE(silent->is_broken());
  world.run_for(seconds(2));
  EXPECT_EQ(media.watched(), 1U);
  EXPECT_TRUE(silent->is_broken());
  EXPECT_EQ(totals().tcp_turned_away, 1U);
}

TEST_F(TcpFlowsTest, WhoSaysAnythingButACheckForACallOfOursIsClosedAtOnce) {
  const std::vector<std::vector<uint8_t>> wrong{
      {0},                                         // nothing
      {0x16, 0xfe, 0xfd, 0, 0, 0},                 // a handshake
      {0x80, 0x08, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1},  // sound
      {'G', 'E', 'T', ' ', '/'},
  };
  for (const auto& bytes : wrong) {
    const auto port = connection_from(kElsewhere);
    send(*port, bytes);
    world.run_for(milliseconds(10));
    EXPECT_TRUE(port->is_broken());
  }
  EXPECT_EQ(media.watched(), 1U);
  EXPECT_EQ(totals().tcp_turned_away, wrong.size());
}

TEST_F(TcpFlowsTest, AStrangerWhoKnowsTheNameButNotThePasswordGetsNoAnswerAndIsClosed) {
  const Reservation call = echo_call_over_tcp();
  const auto stranger_port = connection_from(kElsewhere);
  net::ReceiveSlab slab;
  send(*stranger_port, check_for(call, "not the password of it"));
  world.run_for(seconds(1));
  EXPECT_TRUE(stranger_port->receive(slab).empty());
  world.run_for(TcpFlows::kProofLimit);
  EXPECT_TRUE(stranger_port->is_broken());
  EXPECT_EQ(echoed(10), 10U);
  engine->close(call.id);
  expect_empty();
}

TEST_F(TcpFlowsTest, AFullDoorLetsTheLongestWaitingGoAndTheBrowserIn) {
  std::vector<std::unique_ptr<net::Port>> silent;
  for (size_t i = 0; i < 3 * TcpFlows::kMaxWaitingOfAddress; ++i) {
    silent.push_back(connection_from(kHome));
    world.run_for(milliseconds(1));
  }
  EXPECT_EQ(media.watched(), 1 + TcpFlows::kMaxWaitingOfAddress);
  const Reservation call = echo_call_over_tcp();
  EXPECT_EQ(echoed(10), 10U);
  engine->close(call.id);
  silent.clear();
  expect_empty();
}

TEST_F(TcpFlowsTest, AProvedConnectionWithoutChecksIsClosedWithItsConsent) {
  const Reservation call = echo_call_over_tcp();
  const auto second = connection_from(kHome);
  send(*second, check_for(call, std::get<WebrtcLocal>(call.local[0]).password));
  world.run_for(seconds(29));
  EXPECT_FALSE(second->is_broken());
  world.run_for(seconds(3));
  EXPECT_TRUE(second->is_broken());
  EXPECT_EQ(echoed(10), 10U);
  engine->close(call.id);
  expect_empty();
}

TEST_F(TcpFlowsTest, OneCallHoldsAFewConnectionsOnly) {
  const Reservation call = echo_call_over_tcp();
  std::vector<std::unique_ptr<net::Port>> more;
  for (size_t i = 0; i < 3 * TcpFlows::kMaxOfSeat; ++i) {
    more.push_back(connection_from(kHome));
    send(*more.back(), check_for(call, std::get<WebrtcLocal>(call.local[0]).password));
    world.run_for(milliseconds(10));
  }
  EXPECT_EQ(media.watched(), 1 + TcpFlows::kMaxOfSeat);
  engine->close(call.id);
  world.run_for(milliseconds(100));
  EXPECT_TRUE(std::all_of(more.begin(), more.end(), [](const auto& p) { return p->is_broken(); }));
  expect_empty();
}

}  // namespace
}  // namespace patchcord::media
