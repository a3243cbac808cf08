// SPDX-License-Identifier: GPL-3.0-or-later
// SimHouse: the whole gateway in one process over a simulated network and a virtual clock, with a
// far side (SIP server and phone) and as many browsers as wanted. FakeBrowser speaks the browser
// protocol's real texts and ICE, DTLS and SRTP's real bytes.
// When a house is torn down it checks that nothing is left: no call, dialog, transaction, port,
// timer or session.
// Thread: that of the world.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/gateway.h"
#include "house/sim_sip.h"
#include "support/media_peers.h"
#include "support/sim_net.h"
#include "wcs/messages.h"

namespace patchcord::test {

class SimHouse;

// The SDP of a browser, offer or answer, and what a browser does with the gateway's.
std::string browser_sdp(const rtc::IceCredentials& ice, const std::string& fingerprint,
                        const std::string& setup);
void connect_to(BrowserPeer& peer, const std::string& remote_sdp);

struct FakeCall {                  // what the page knows of a call
  std::vector<std::string> story;  // "trying", "sdp", "ring", "ring_media", "talk", "finish", ...
  std::optional<wcs::Finish> finish;
  std::string remote_sdp;
  std::unique_ptr<BrowserPeer> media;
  bool incoming = false;
  bool answered = false;
  bool told(const std::string& what) const;
};

class FakeBrowser {
 public:
  FakeBrowser(SimHouse& house, int number);
  ~FakeBrowser();

  void sign_in(const std::string& login, const std::string& password, const std::string& domain,
               bool register_required = true);
  std::string call(const std::string& callee, bool with_media = true);
  void answer(const std::string& call_id);
  void hangup(const std::string& call_id);
  void digits(const std::string& call_id, const std::string& digits);
  void say(const wcs::ClientMessage& message);
  void leave();  // the socket closes, as meant
  void lose();   // the socket is torn away; media goes on
  // On a new socket, with the token it was given last: as our SDK does, or as the vendor's.
  enum class As : uint8_t { kOurs, kVendors };
  void come_back(As as);
  void vanish() { vanished_ = true; }  // the machine is gone: no text and no packet any more

  void hear(std::string text);
  void hear_close(uint16_t code) { closed_with = code; }
  void tick();  // 20 ms of microphone

  std::map<std::string, FakeCall> calls;
  std::vector<std::string> incoming;  // ids, oldest first
  std::vector<wcs::Fail> fails;
  wcs::GetUserData user_data;  // the last
  bool is_established = false, is_registered = false;
  std::optional<uint16_t> closed_with;
  bool wrong_fingerprint = false;
  bool no_ice = false;
  bool answers_pings = true;
  bool keep_alive = false;  // to be asked for at sign-in

 private:
  friend class SimHouse;
  void take(const wcs::ServerMessage& message);
  ConnectionId connect();  // a new socket
  void connect(FakeCall& call);
  std::string sdp_of(FakeCall& call, const std::string& setup);
  FakeCall& open(const std::string& call_id);

  SimHouse& house_;
  const int number_;
  const IpAddress address_;
  SimWire wire_;
  bool is_open_ = false;
  ConnectionId connection_;
  wcs::Connection signed_in_with_;
  bool vanished_ = false;
  int last_call_ = 0;
  uint16_t last_port_ = 5000;
};

struct SimHouseOptions {
  uint64_t seed = 1;
  SimQuality quality{};
  int media_loops = 2;
  IpAddress phone_media{};  // of the far side; not set: that of its SIP
  Function<void(app::Config&)> configure{};
};

class SimHouse final : private wcs::ConnectionSink {
 public:
  explicit SimHouse(SimHouseOptions options = {});
  ~SimHouse() override;

  FakeBrowser& browser();                            // a new one
  FakeBrowser& signed_in(const std::string& login);  // a new one, registered at the far side
  void run(Duration time) { world.run_for(time); }
  bool until(Function<bool()> condition, Duration limit = std::chrono::seconds(30)) {
    return world.run_until(std::move(condition), limit);
  }
  // Closes every browser and waits until all is quiet; then nothing may be left. Empty: good.
  std::string leftovers();

  SimWorld world;
  SeededRandom random;
  SimLoop control;
  SimWire wire;
  std::vector<std::unique_ptr<SimLoop>> media_loops;
  SimSipGround sip;
  std::unique_ptr<app::Gateway> gateway;
  SimLoop outside;  // everybody else's
  FarSide far;
  std::vector<std::unique_ptr<FakeBrowser>> browsers;

 private:
  friend class FakeBrowser;
  void send(ConnectionId connection, std::string text) override;
  void close(ConnectionId connection, uint16_t code, std::string_view reason) override;
  FakeBrowser* find(ConnectionId connection);
  void tick();

  size_t ports_at_rest_ = 0;
  uint64_t last_connection_ = 0;
};

}  // namespace patchcord::test
