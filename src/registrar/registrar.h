// SPDX-License-Identifier: GPL-3.0-or-later
// Registrar: the server of our own domain towards SIP phones: it takes their REGISTER, and says
// whose INVITE is whose. It routes no call: a phone's call goes the way of every other.
//
//   REGISTER ─▶ Gatekeeper ─user─▶ Bindings ─▶ 200 with what holds now
//   INVITE   ─▶ Gatekeeper ─user─▶ Admit
//
// A phone that has registered may have its flow believed for its calls too, if the configuration
// says so; else each call is challenged.
// Thread: control. Owner: app::Gateway. RFC 3261 10.3, RFC 3581, RFC 5626 5.
#pragma once

#include <string>
#include <vector>

#include "core/random.h"
#include "registrar/bindings.h"
#include "registrar/gatekeeper.h"
#include "sip/headers.h"
#include "sip/local_domain.h"

namespace patchcord::registrar {

enum class FlowTrust : uint8_t { kNone, kCalls };

struct RegistrarSettings {
  std::string domain;
  std::vector<sip::DigestAlgorithm> algorithms{sip::DigestAlgorithm::kSha256,
                                               sip::DigestAlgorithm::kMd5};
  FlowTrust trust = FlowTrust::kNone;
};

class Registrar final : public sip::LocalDomain {
 public:
  // `users` and `outside` outlive it. Our address as a phone reaches us will do for the domain.
  Registrar(RegistrarSettings settings, const Users& users, sip::Outside& outside, Random& random);

  bool claims(const sip::Message& request, const sip::Target& from, MonoTime now) const override;
  sip::Admission receive(const sip::Message& request, const sip::Target& from,
                         MonoTime now) override;
  std::vector<sip::Phone> phones_of(std::string_view user, MonoTime now) const override;
  void on_flow_lost(const sip::Target& flow) override { bindings_.drop_flow(flow); }

 private:
  bool is_ours(const sip::Uri& uri, const sip::Target& from) const;
  sip::Admission on_register(const sip::Message& request, const sip::Target& from, MonoTime now);
  // An answer to a user who has proved who he is.
  sip::Admission answer(const sip::Message& request, int status,
                        sip::Header header = sip::Header::kOther,
                        std::string_view value = {}) const;
  sip::Admission current(const std::string& user, const sip::Message& request,
                         const sip::Target& from, MonoTime now) const;

  const std::string domain_;
  const FlowTrust trust_;
  sip::Outside& outside_;
  Gatekeeper gatekeeper_;
  Bindings bindings_;
  const uint64_t tag_key_;
};

}  // namespace patchcord::registrar
