// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/redirection.h"

#include <algorithm>
#include <utility>

#include "sip/headers.h"

namespace patchcord::sip {

namespace {

constexpr int kUseProxy = 305;
constexpr int kFullQuality = 1000;

// "0.7" as 700; what is no quality counts as the best (RFC 3261 20.10).
int quality_of(const NameAddr& contact) {
  const std::string q = contact.params.text("q");
  if (!q.starts_with("0")) return kFullQuality;
  int quality = 0;
  for (size_t i = 2; i < 5; ++i) {
    const bool is_digit = i < q.size() && q[i] >= '0' && q[i] <= '9';
    quality = quality * 10 + (is_digit ? q[i] - '0' : 0);
  }
  return quality;
}

}  // namespace

void Redirection::take(const Message& response, const DialogBench& bench) {
  auto contacts = addresses_of(response, Header::kContact);
  if (!contacts) return;
  std::stable_sort(contacts->begin(), contacts->end(), [](const NameAddr& a, const NameAddr& b) {
    return quality_of(a) > quality_of(b);
  });
  for (auto contact = contacts->rbegin(); contact != contacts->rend(); ++contact) {
    Uri& uri = contact->uri;
    uri.clear_headers();
    uri.params().remove("method");
    if (!bench.may_send_to(uri) || seen_.contains(uri.to_string())) continue;
    waiting_.push_front({uri, response.status() == kUseProxy});
  }
}

std::optional<Redirection::Step> Redirection::next() {
  while (!waiting_.empty() && steps_ < kMaxSteps) {
    Step step = std::move(waiting_.front());
    waiting_.pop_front();
    if (!seen_.insert(step.uri.to_string()).second) continue;
    ++steps_;
    return step;
  }
  return std::nullopt;
}

}  // namespace patchcord::sip
