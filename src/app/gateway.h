// SPDX-License-Identifier: GPL-3.0-or-later
// Gateway: the whole house, built and wired, without the ground it stands on: no socket, no thread,
// no clock of its own. app/server gives it real ones; the house tests give it a simulated network.
//
//   Gateway owns ─┬─ hub       browsers by session            (wcs)
//                 ├─ user agent  dialogs and registrations    (sip)
//                 ├─ registry    calls, each with two legs    (call, legs)
//                 ├─ engine      the media workers' face      (media)
//                 └─ home, registrar  own users, services, their phones (registrar)
//
// Children refer to what was built before them; stop() ends calls, then registrations.
// Thread: control.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/api.h"
#include "admin/metrics.h"
#include "app/config.h"
#include "call/registry.h"
#include "legs/sip_side.h"
#include "media/engine.h"
#include "net/wire.h"
#include "registrar/home.h"
#include "registrar/registrar.h"
#include "rtc/certificate.h"
#include "sip/user_agent.h"
#include "wcs/hub.h"

namespace patchcord::app {

// What the gateway stands on; all outlive it.
struct Ground {
  Executor& control;
  const Clock& clock;
  Random& random;
  net::Wire& wire;
  std::vector<net::Loop*> media_loops;
  sip::Outside& sip;
  legs::WayFinder& ways;
  wcs::ConnectionSink& browsers;
  std::vector<call::Observer*> observers{};  // records, metrics
};

class Gateway final : private call::Observer, private media::EngineListener {
 public:
  // Errors: kNetwork when a media port cannot be bound; kUnsupported for a codec.
  static Result<std::unique_ptr<Gateway>> make(const Config& config, Ground ground);
  ~Gateway() override;

  wcs::Hub& hub() { return *hub_; }
  sip::UserAgent& user_agent() { return *user_agent_; }
  call::Registry& calls() { return *calls_; }
  const media::Engine& engine() const { return *engine_; }

  admin::Health health() const;
  std::vector<admin::Reading> readings() const;  // for the metrics
  std::string calls_json() const { return admin::calls_json(calls_->snapshots()); }

  // Takes over what can be; calls in progress keep what they began with. Errors: kUnsupported for a
  // codec, and then nothing has changed.
  Result<void> reload(const Config& fresh);

  // New calls are refused from here on; `done` comes when the last call has ended and every
  // registration is withdrawn, or after `limits.drain` and a few seconds for the goodbyes.
  void stop(Function<void()> done);

 private:
  Gateway(const Config& config, Ground ground, rtc::Certificate certificate,
          call::MediaPolicy policy);
  Result<void> build();
  void tick();
  void end_calls();
  void say_goodbye();
  bool may_send_to(std::string_view host, uint16_t port,
                   std::optional<sip::TransportKind> transport) const;

  void on_media_event(MediaId id, const media::MediaEvent& event) override;
  void on_call_started(const call::Snapshot& call) override;
  void on_call_answered(const call::Snapshot& call) override;
  void on_call_ended(const call::Snapshot& call) override;

  Config config_;
  Ground ground_;
  const MonoTime started_;
  const rtc::Certificate certificate_;
  call::MediaPolicy media_policy_;
  call::CallLimits call_limits_;
  registrar::Home home_;
  legs::Accounts accounts_;
  legs::BrowserLegs browser_legs_;
  std::unique_ptr<media::Engine> engine_;
  std::optional<registrar::Registrar> registrar_;  // of phones; none: they are no business of ours
  std::unique_ptr<sip::UserAgent> user_agent_;
  std::unique_ptr<legs::SipLegs> sip_legs_;
  std::unique_ptr<call::Registry> calls_;
  std::unique_ptr<legs::BrowserSide> browser_side_;
  std::unique_ptr<wcs::Hub> hub_;
  std::unique_ptr<legs::SipSide> sip_side_;
  // The user agent is built before the side that listens to it.
  struct SipEvents final : sip::UserAgentListener {
    void on_event(const sip::Event& event) override {
      if (side) side->on_event(event);
    }
    legs::SipSide* side = nullptr;
  } sip_events_;

  TimerId tick_;
  bool is_stopping_ = false;
  bool has_said_goodbye_ = false;
  MonoTime stop_deadline_ = kNever;
  Function<void()> stopped_;
};

}  // namespace patchcord::app
