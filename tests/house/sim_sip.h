// SPDX-License-Identifier: GPL-3.0-or-later
// The SIP half of the simulated world. SimSipGround gives a user agent its outside over a simulated
// UDP port; FarSide is a SIP server and the phone behind it on one host: it takes registrations
// with digest, and calls in and out with a second user agent of ours, real bytes either way.
// Thread: that of the world.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "legs/sip_leg.h"
#include "sip/digest.h"
#include "sip/user_agent.h"
#include "support/media_peers.h"
#include "support/sim_net.h"

namespace patchcord::test {

class SimSipGround final : public sip::Outside, public legs::WayFinder {
 public:
  SimSipGround(SimWorld& world, SimLoop& loop, net::Wire& wire, const SocketAddress& local);
  ~SimSipGround() override;
  void attach(sip::UserAgent& user_agent) { user_agent_ = &user_agent; }
  // Sees a datagram before the user agent; true: it was for it.
  void set_filter(Function<bool(ByteSpan, const sip::Target&)> filter) {
    filter_ = std::move(filter);
  }

  void send(const sip::Target& target, ByteSpan bytes) override;
  void resolve(sip::ResolveTicket ticket, const sip::ResolveQuery& query) override;
  SocketAddress local_address(const sip::Target&) override { return port_->local(); }
  void wake_at(MonoTime when) override;
  void find(const sip::ResolveQuery& query, Answer answer) override;

 private:
  SimLoop& loop_;
  std::unique_ptr<net::Port> port_;
  sip::UserAgent* user_agent_ = nullptr;
  Function<bool(ByteSpan, const sip::Target&)> filter_;
  TimerId alarm_;
};

// How the phone behind the server treats a call.
struct PhoneManners {
  enum class Answer : uint8_t { kAnswer, kRingOnly, kReject, kSilent } answer = Answer::kAnswer;
  int status = 486;  // of a rejection
  Duration ringing = std::chrono::milliseconds(200);
  bool early_media = false;  // 183 with SDP before the answer
  bool hangs_up = false;     // after `talking`
  Duration talking = std::chrono::seconds(2);
  bool sends_sound = true;
};

class FarSide final : public sip::UserAgentListener {
  SimWorld& world_;
  SimLoop& loop_;
  SimWire wire_;  // before the phone, which is bound on it

 public:
  // The phone's media may have an address of its own, of either family.
  FarSide(SimWorld& world, SimLoop& loop, const IpAddress& address, const IpAddress& media,
          Random& random);
  ~FarSide() override;

  void on_event(const sip::Event& event) override;

  // Calls the newest contact of `user`; nobody if there is none. sdp_in_invite false: a delayed
  // offer.
  sip::DialogId call(const std::string& user, bool sdp_in_invite = true);
  // Calls as that account, by its own way.
  sip::DialogId dial(sip::Account account, const std::string& uri);
  void hangup();
  void reoffer(const std::string& direction);  // re-INVITE with "sendonly", "inactive", ...
  void send_sound(bool on) { sends_sound_ = on; }

  PhoneManners manners;
  std::string password = "secret";                           // of every user
  std::map<std::string, std::vector<std::string>> contacts;  // user to Contact URIs, newest last
  int registrations = 0;  // REGISTERs accepted with expires over 0
  int unregistrations = 0;
  int invites = 0;
  std::vector<sip::Event> told;  // of its own registrations
  std::vector<sip::Ended> ended;
  bool is_up = false;
  std::string last_offer;   // the gateway's SDP
  std::string last_answer;  // likewise
  PhonePeer phone;
  sip::UserAgent& user_agent() { return user_agent_; }
  size_t live_dialogs() const { return user_agent_.dialog_count(); }

 private:
  bool on_datagram(ByteSpan bytes, const sip::Target& from);
  void on_register(const sip::Message& request, const sip::Target& from);
  void take_call(const sip::IncomingCall& call);
  void answer_later();
  void learn(const std::string& sdp);
  std::string sdp(const std::string& direction = "sendrecv");
  void tick();

  Random& random_;
  const IpAddress address_;  // of its SIP
  SimSipGround ground_;
  sip::UserAgent user_agent_;
  sip::DialogId dialog_;
  SocketAddress media_to_;
  bool sends_sound_ = false;
  uint64_t sdp_version_ = 1;
  TimerId tick_;
};

}  // namespace patchcord::test
