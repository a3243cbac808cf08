// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gateway.h"

#include <openssl/crypto.h>

#include "core/log.h"

namespace patchcord::app {
namespace {

// The protocol's own times (pings, grace) are whole seconds: a look four times a second keeps them.
constexpr std::chrono::milliseconds kTick{250};
// For BYE, CANCEL and un-REGISTER to be answered once draining is over.
constexpr std::chrono::seconds kGoodbye{2};

std::optional<SipTransport> transport_of(std::optional<sip::TransportKind> kind) {
  if (!kind) return std::nullopt;
  switch (*kind) {
    case sip::TransportKind::kUdp:
      return SipTransport::kUdp;
    case sip::TransportKind::kTcp:
      return SipTransport::kTcp;
    case sip::TransportKind::kTls:
      return SipTransport::kTls;
  }
  return std::nullopt;
}

legs::BrowserLimits browser_limits(const Config& config) {
  return {.sign_in = {.failures = config.limits.sign_in_failures,
                      .failures_of_account = config.limits.sign_in_failures_of_account,
                      .failures_of_address = config.limits.sign_in_failures_of_address,
                      .lock = config.limits.sign_in_lock},
          .sessions_per_account = config.limits.sessions_per_account};
}

Result<call::MediaPolicy> media_policy(const Config& config) {
  call::MediaPolicy policy;
  TRY(policy.browser, call::formats_of(config.codecs.browser));
  TRY(policy.sip, call::formats_of(config.codecs.sip));
  policy.inactivity = config.limits.media_inactivity;
  return policy;
}

call::CallLimits call_limits(const Config& config) {
  return {.ringing = config.limits.ringing,
          .longest = config.limits.call_duration,
          .resume = config.limits.resume};
}

call::AdmissionLimits admission_limits(const Config& config) {
  return {.calls = config.limits.calls,
          .per_user = config.limits.calls_per_user,
          .per_address = config.limits.calls_per_address,
          .per_minute = config.limits.calls_per_minute};
}

wcs::HubOptions hub_options(const Config& config) {
  wcs::HubOptions options;
  options.reload = config.limits.reload;
  options.resume = config.limits.resume;
  options.keep_alive = config.limits.keep_alive;
  return options;
}

registrar::Home make_home(const Config& config) {
  return {config.registrar.enabled ? registrar::Availability::kOn : registrar::Availability::kOff,
          call::NumberPlan{config.registrar.domain, config.registrar.numbers},
          config.registrar.users};
}

registrar::RegistrarSettings registrar_settings(const Config& config) {
  registrar::RegistrarSettings settings;
  settings.domain = config.registrar.domain;
  settings.algorithms.clear();
  for (const std::string& name : config.registrar.digest) {
    settings.algorithms.push_back(name == "md5" ? sip::DigestAlgorithm::kMd5
                                                : sip::DigestAlgorithm::kSha256);
  }
  if (config.registrar.trust_flows) settings.trust = registrar::FlowTrust::kCalls;
  return settings;
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::make(const Config& config, Ground ground) {
  TRY(rtc::Certificate certificate, rtc::Certificate::generate(ground.clock.wall()));
  TRY(call::MediaPolicy policy, media_policy(config));
  std::unique_ptr<Gateway> gateway(
      new Gateway(config, std::move(ground), std::move(certificate), std::move(policy)));
  TRY_VOID(gateway->build());
  return gateway;
}

Gateway::Gateway(const Config& config, Ground ground, rtc::Certificate certificate,
                 call::MediaPolicy policy)
    : config_(config),
      ground_(std::move(ground)),
      started_(ground_.control.now()),
      certificate_(std::move(certificate)),
      media_policy_(std::move(policy)),
      call_limits_(call_limits(config)),
      home_(make_home(config)) {}

Gateway::~Gateway() {
  ground_.control.cancel(tick_);
}

Result<void> Gateway::build() {
  media::EngineConfig media;
  media.rtc_addresses = config_.rtc.addresses;
  media.rtc_port = config_.rtc.port;
  media.rtc_tcp = config_.rtc.tcp;
  media.rtp_first = config_.rtp.first_port;
  media.rtp_last = config_.rtp.last_port;
  media.opus_complexity = config_.limits.opus_complexity;
  TRY(engine_, media::Engine::make(std::move(media), certificate_, ground_.wire,
                                   ground_.media_loops, ground_.control, ground_.random, *this));

  sip::UserAgentConfig agent;
  agent.product = "Patchcord/" PATCHCORD_VERSION;
  agent.max_ringing = config_.limits.ringing + std::chrono::seconds(30);
  agent.answer_limit = config_.limits.sip_answer;
  agent.max_dialogs = config_.limits.calls;
  sip::UserAgentPolicy policy;
  policy.may_send_to = [this](std::string_view host, uint16_t port,
                              std::optional<sip::TransportKind> transport) {
    return may_send_to(host, port, transport);
  };
  user_agent_ = std::make_unique<sip::UserAgent>(std::move(agent), std::move(policy), ground_.sip,
                                                 ground_.random, sip_events_);
  if (config_.registrar.enabled) {
    registrar_.emplace(registrar_settings(config_), home_.users(), ground_.sip, ground_.random);
    user_agent_->serve(&*registrar_);
  }
  sip_legs_ = std::make_unique<legs::SipLegs>(
      legs::SipLegs{*user_agent_, ground_.ways, ground_.control, {}, {}, 0});

  calls_ =
      std::make_unique<call::Registry>(call::CallServices{ground_.control, ground_.clock, *engine_,
                                                          media_policy_, call_limits_, *this},
                                       admission_limits(config_));
  const legs::Sides sides{.control = ground_.control,
                          .random = ground_.random,
                          .accounts = accounts_,
                          .browser_legs = browser_legs_,
                          .sip_legs = *sip_legs_,
                          .directory = home_,
                          .phones = registrar_ ? &*registrar_ : nullptr,
                          .calls = *calls_};
  browser_side_ = std::make_unique<legs::BrowserSide>(sides, browser_limits(config_));
  hub_ = std::make_unique<wcs::Hub>(hub_options(config_), ground_.browsers, *browser_side_,
                                    ground_.random);
  browser_side_->attach(*hub_);
  sip_side_ = std::make_unique<legs::SipSide>(
      sides, *browser_side_, *hub_, [this](const sip::Target& target) {
        return own_media_address(config_, ground_.sip.local_address(target).ip());
      });
  sip_events_.side = sip_side_.get();
  tick();
  return {};
}

void Gateway::tick() {
  hub_->on_time(ground_.control.now());
  if (is_stopping_) {
    const bool over = ground_.control.now() >= stop_deadline_;
    if (!has_said_goodbye_ && (calls_->size() == 0 || over)) {
      say_goodbye();
    } else if (has_said_goodbye_ && stopped_ &&
               (over || (calls_->size() == 0 && user_agent_->is_idle()))) {
      Function<void()> stopped = std::move(stopped_);
      stopped();
    }
  }
  tick_ = ground_.control.after(kTick, [this] { tick(); });
}

Result<void> Gateway::reload(const Config& fresh) {
  TRY(media_policy_, media_policy(fresh));
  take_over(config_, fresh);
  call_limits_ = call_limits(config_);
  calls_->set_limits(admission_limits(config_));
  browser_side_->set_sessions_per_account(config_.limits.sessions_per_account);
  hub_->set_options(hub_options(config_));
  home_.set_users(config_.registrar.users);
  return {};
}

void Gateway::stop(Function<void()> done) {
  is_stopping_ = true;
  stopped_ = std::move(done);
  calls_->refuse_new_calls();
  stop_deadline_ = ground_.control.now() + config_.limits.drain;
  log::info("gateway.stopping",
            {{"calls", calls_->size()}, {"drain_seconds", config_.limits.drain.count()}});
  if (calls_->size() == 0 || config_.limits.drain.count() == 0) say_goodbye();
}

void Gateway::say_goodbye() {
  has_said_goodbye_ = true;
  calls_->finish_all(call::Reason::kDraining);
  user_agent_->close_all(ground_.control.now());
  stop_deadline_ = ground_.control.now() + kGoodbye;
}

bool Gateway::may_send_to(std::string_view host, uint16_t port,
                          std::optional<sip::TransportKind> transport) const {
  return find_domain(config_.sip.domains, host, port, transport_of(transport)) != nullptr;
}

void Gateway::on_media_event(MediaId id, const media::MediaEvent& event) {
  if (calls_) calls_->on_media_event(id, event);
}

void Gateway::on_call_started(const call::Snapshot& call) {
  for (call::Observer* observer : ground_.observers) observer->on_call_started(call);
}

void Gateway::on_call_answered(const call::Snapshot& call) {
  for (call::Observer* observer : ground_.observers) observer->on_call_answered(call);
}

void Gateway::on_call_ended(const call::Snapshot& call) {
  for (call::Observer* observer : ground_.observers) observer->on_call_ended(call);
  for (const call::Side side : media::kSides) {
    const media::EndpointStats& stats = call.media.endpoints[media::index(side)];
    log::info("call.media", {{"call", call.id.value()},
                             {"id", call.legs[media::index(side)].protocol_id},
                             {"side", side == call::Side::kA ? "a" : "b"},
                             {"received", stats.packets_received},
                             {"sent", stats.packets_sent},
                             {"lost", stats.packets_lost},
                             {"dropped", stats.dropped},
                             {"pipe", call.media.pipes[media::index(side)]}});
  }
}

admin::Health Gateway::health() const {
  return {.version = PATCHCORD_VERSION,
          .openssl = OpenSSL_version(OPENSSL_VERSION_STRING),
          .uptime = ground_.control.now() - started_,
          .calls = calls_->size(),
          .sessions = hub_->size(),
          .registrations = user_agent_->registration_count(),
          .port_pairs = engine_->leased_port_pairs(),
          .is_draining = is_stopping_};
}

std::vector<admin::Reading> Gateway::readings() const {
  using Kind = admin::Reading::Kind;
  const media::SharedPortTotals ports = engine_->shared_ports();
  const auto gauge = [](const char* name, const char* help, size_t value) {
    return admin::Reading{name, help, Kind::kGauge, static_cast<double>(value)};
  };
  const auto dropped = [](const char* why, uint64_t value) {
    return admin::Reading{"patchcord_browser_datagrams_dropped_total",
                          "Datagrams at the browsers' ports that were not taken, by reason.",
                          Kind::kCounter,
                          static_cast<double>(value),
                          "reason",
                          why};
  };
  return {
      gauge("patchcord_calls", "Calls now.", calls_->size()),
      gauge("patchcord_sessions", "Browsers signed in or signing in.", hub_->size()),
      gauge("patchcord_sip_registrations", "Accounts registered at SIP servers or trying.",
            user_agent_->registration_count()),
      gauge("patchcord_sip_dialogs", "SIP calls now.", user_agent_->dialog_count()),
      gauge("patchcord_sip_transactions", "SIP transactions now.",
            user_agent_->transaction_count()),
      gauge("patchcord_rtp_port_pairs", "Port pairs leased towards SIP.",
            engine_->leased_port_pairs()),
      gauge("patchcord_draining", "1 while the gateway ends.", is_stopping_ ? 1 : 0),
      {"patchcord_browser_datagrams_received_total", "Datagrams at the browsers' ports.",
       Kind::kCounter, static_cast<double>(ports.received)},
      {"patchcord_browser_datagrams_sent_total", "Datagrams to browsers.", Kind::kCounter,
       static_cast<double>(ports.sent)},
      dropped("unknown_sender", ports.unknown_sender),
      dropped("unknown_ufrag", ports.unknown_ufrag),
      dropped("too_large", ports.too_large),
      {"patchcord_browser_datagrams_not_sent_total", "No room, no route, or forbidden.",
       Kind::kCounter, static_cast<double>(ports.not_sent)},
      {"patchcord_browser_tcp_accepted_total", "Connections at the media ports.", Kind::kCounter,
       static_cast<double>(ports.tcp_accepted)},
      {"patchcord_browser_tcp_turned_away_total", "Closed before they had proved whose they are.",
       Kind::kCounter, static_cast<double>(ports.tcp_turned_away)},
      {"patchcord_sip_messages_dropped_total", "SIP messages that were not taken.", Kind::kCounter,
       static_cast<double>(user_agent_->drops().total())},
      {"patchcord_browser_messages_total", "Texts of browsers.", Kind::kCounter,
       static_cast<double>(hub_->counters()[wcs::HubCount::kTexts])},
      {"patchcord_browser_messages_malformed_total", "Texts that were not of the protocol.",
       Kind::kCounter, static_cast<double>(hub_->counters()[wcs::HubCount::kMalformed])},
  };
}

}  // namespace patchcord::app
