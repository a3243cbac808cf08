// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/early_dialogs.h"

#include <utility>

#include "sip/dialog_bench.h"

namespace patchcord::sip {

namespace {

constexpr int kEarlyDialogTerminated = 199;

// RFC 3262 4: reliable is what says so and has a number.
std::optional<uint32_t> rseq_of(const Message& response) {
  if (!lists_token(response, Header::kRequire, "100rel")) return std::nullopt;
  const auto number = parse_number(response.header(Header::kRSeq));
  return number && *number > 0 ? number : std::nullopt;
}

Prack prack_of(const std::string& tag, EarlyDialog& dialog, uint32_t invite_cseq) {
  RequestDraft draft = dialog.state.request(Method::kPrack);
  draft.headers.push_back({"RAck", RAck{dialog.rseq, invite_cseq, "INVITE"}.to_string()});
  return {tag, std::move(draft), dialog.state.next_hop()};
}

}  // namespace

EarlyDialogs::News EarlyDialogs::take(const RequestDraft& invite, const Uri& next_hop,
                                      const Message& response) {
  const std::string tag(to_tag(response));
  EarlyDialog* dialog = open(invite, next_hop, response);
  if (!dialog) return {.is_ringing = response.status() != kEarlyDialogTerminated};
  News news;
  const auto rseq = rseq_of(response);
  std::optional<Prack> prack;
  if (rseq) {
    // A repetition, or one that overtook another: it will come again in its turn.
    if (dialog->rseq != 0 && *rseq != dialog->rseq + 1) return {};
    dialog->rseq = *rseq;
    prack = prack_of(tag, *dialog, invite.cseq);
  }
  std::string sdp = sdp_of(response);
  if (response.status() == kEarlyDialogTerminated) {
    news = end(tag);
  } else if (sdp.empty() || dialog->is_agreed) {
    news.is_ringing = sdp.empty();
  } else {
    dialog->is_agreed = rseq.has_value();
    if (sdp != dialog->sdp) news = hear(tag, dialog->sdp = std::move(sdp));
  }
  news.prack = std::move(prack);
  return news;
}

EarlyDialog* EarlyDialogs::find(std::string_view tag) {
  const auto found = by_tag_.find(tag);
  return found == by_tag_.end() ? nullptr : &found->second;
}

std::optional<EarlyDialog> EarlyDialogs::extract(const std::string& tag) {
  auto node = by_tag_.extract(tag);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

EarlyDialog* EarlyDialogs::open(const RequestDraft& invite, const Uri& next_hop,
                                const Message& response) {
  const std::string tag(to_tag(response));
  if (EarlyDialog* known = find(tag)) return known;
  if (by_tag_.size() >= kMaxDialogs) return nullptr;
  auto state = DialogState::as_caller(invite, next_hop, response);
  if (!state) return nullptr;
  return &by_tag_.emplace(tag, EarlyDialog{.state = std::move(*state)}).first->second;
}

// RFC 6228: nothing more comes of this one. Was it the one heard, another that has a session is.
EarlyDialogs::News EarlyDialogs::end(const std::string& tag) {
  by_tag_.erase(tag);
  if (tag != heard_) return {};
  heard_.clear();
  for (const auto& [other, dialog] : by_tag_) {
    if (!dialog.sdp.empty()) return hear(other, dialog.sdp);
  }
  return {};
}

// The newest session is the one to be heard: a fork that begins to speak has something to say.
EarlyDialogs::News EarlyDialogs::hear(const std::string& tag, const std::string& sdp) {
  if (++changes_ > kMaxChanges) return {};
  heard_ = tag;
  return {.sdp = sdp};
}

}  // namespace patchcord::sip
