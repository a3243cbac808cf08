// SPDX-License-Identifier: GPL-3.0-or-later
#include "registrar/bindings.h"

#include <algorithm>

namespace patchcord::registrar {
namespace {

// One phone, wherever it is now; else one Contact.
bool are_same(const Binding& a, const Binding& b) {
  if (!a.instance.empty() && a.instance == b.instance) return true;
  return a.contact.equivalent(b.contact);
}

bool is_older(const Binding& known, std::string_view call_id, uint32_t cseq) {
  return known.call_id == call_id && cseq <= known.cseq;
}

}  // namespace

Bindings::Wrote Bindings::write(const std::string& user, const std::vector<Binding>& wanted,
                                MonoTime now) {
  std::vector<Binding> next = of(user, now);
  for (const Binding& one : wanted) {
    const auto known = std::find_if(next.begin(), next.end(),
                                    [&](const Binding& other) { return are_same(one, other); });
    if (known != next.end() && is_older(*known, one.call_id, one.cseq)) return Wrote::kOutOfOrder;
    const bool stays = one.expires > now;
    if (known == next.end()) {
      if (stays) next.insert(next.begin(), one);
    } else if (stays) {
      const MonoTime since = known->since;
      *known = one;
      known->since = since;
    } else {
      next.erase(known);
    }
  }
  if (next.size() > kMaxPerUser) return Wrote::kFull;
  if (next.empty()) {
    users_.erase(user);
  } else {
    users_[user] = std::move(next);
  }
  return Wrote::kYes;
}

Bindings::Wrote Bindings::clear(const std::string& user, std::string_view call_id, uint32_t cseq) {
  const auto found = users_.find(user);
  if (found == users_.end()) return Wrote::kYes;
  const bool out_of_order =
      std::any_of(found->second.begin(), found->second.end(),
                  [&](const Binding& one) { return is_older(one, call_id, cseq); });
  if (out_of_order) return Wrote::kOutOfOrder;
  users_.erase(found);
  return Wrote::kYes;
}

std::vector<Binding> Bindings::of(std::string_view user, MonoTime now) const {
  std::vector<Binding> live;
  const auto found = users_.find(user);
  if (found == users_.end()) return live;
  std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(live),
               [now](const Binding& one) { return one.expires > now; });
  std::stable_sort(live.begin(), live.end(),
                   [](const Binding& a, const Binding& b) { return a.since > b.since; });
  return live;
}

bool Bindings::has_flow(std::string_view user, const sip::Target& flow, MonoTime now) const {
  const auto found = users_.find(user);
  return found != users_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const Binding& one) { return one.expires > now && one.flow == flow; });
}

// A datagram that could not be sent says little of a phone; a connection that ended says all.
void Bindings::drop_flow(const sip::Target& flow) {
  if (!sip::is_reliable(flow.transport)) return;
  for (auto user = users_.begin(); user != users_.end();) {
    std::erase_if(user->second, [&](const Binding& one) { return one.flow == flow; });
    user = user->second.empty() ? users_.erase(user) : std::next(user);
  }
}

}  // namespace patchcord::registrar
