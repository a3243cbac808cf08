// SPDX-License-Identifier: GPL-3.0-or-later
#include "sdp/offer_answer.h"

#include <algorithm>

namespace patchcord::sdp {
namespace {

uint8_t meant_channels(const Codec& codec) {
  return equals_ignoring_case(codec.name, "opus") ? 2 : codec.channels;
}

}  // namespace

Result<std::vector<MediaPair>> pair_media(const Session& offer, const Session& answer) {
  if (answer.media.size() > offer.media.size()) {
    return Error{ErrorCode::kMalformed, "the answer has more m= lines than the offer"};
  }
  std::vector<MediaPair> pairs;
  pairs.reserve(offer.media.size());
  for (size_t i = 0; i < offer.media.size(); ++i) {
    const Media* answered = i < answer.media.size() ? &answer.media[i] : nullptr;
    if (answered && answered->type != offer.media[i].type) {
      return Error{ErrorCode::kMalformed, "the m= lines of the answer are not those of the offer"};
    }
    if (answered && (answered->is_rejected() || offer.media[i].is_rejected())) answered = nullptr;
    pairs.push_back({&offer.media[i], answered});
  }
  return pairs;
}

Media rejection_of(const Media& offered) {
  Media media;
  media.type = offered.type;
  media.protocol = offered.protocol;
  media.formats = offered.formats;
  media.codecs = offered.codecs;
  for (Codec& codec : media.codecs) {
    codec.fmtp.clear();
    codec.feedback.clear();
  }
  // The grammar wants a format even where scripts have taken all away; it is not used.
  if (media.codecs.empty() && media.formats.empty()) media.formats.emplace_back("0");
  media.mid = offered.mid;
  media.direction = Direction::kInactive;
  return media;
}

bool is_same_codec(const Codec& a, const Codec& b) {
  return !a.name.empty() && equals_ignoring_case(a.name, b.name) && a.clock_rate == b.clock_rate &&
         meant_channels(a) == meant_channels(b);
}

std::vector<CodecMatch> match_codecs(std::span<const Codec> offered, std::span<const Codec> ours,
                                     CodecOrder order, FmtpMatch fmtp_match) {
  std::vector<CodecMatch> matches;
  for (const Codec& offer : offered) {
    const auto fits = [&](const Codec& own) {
      return is_same_codec(offer, own) && fmtp_match(offer, own) &&
             std::ranges::find(matches, &own, &CodecMatch::ours) == matches.end();
    };
    const auto found = std::ranges::find_if(ours, fits);
    if (found != ours.end()) matches.push_back({&offer, &*found});
  }
  if (order == CodecOrder::kOurs) std::ranges::sort(matches, {}, &CodecMatch::ours);
  return matches;
}

std::vector<Codec> answer_codecs(std::span<const CodecMatch> matches) {
  std::vector<Codec> codecs;
  codecs.reserve(matches.size());
  for (const CodecMatch& match : matches) {
    Codec codec = *match.offered;
    codec.fmtp = match.ours->fmtp;
    std::erase_if(codec.feedback, [&](const std::string& feedback) {
      return std::ranges::find(match.ours->feedback, feedback) == match.ours->feedback.end();
    });
    codecs.push_back(std::move(codec));
  }
  return codecs;
}

bool sends(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kSendOnly;
}

bool receives(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kRecvOnly;
}

Direction direction_from(bool sends, bool receives) {
  if (sends) return receives ? Direction::kSendRecv : Direction::kSendOnly;
  return receives ? Direction::kRecvOnly : Direction::kInactive;
}

Direction reversed(Direction direction) {
  return direction_from(receives(direction), sends(direction));
}

Direction meant_direction(const Session& session, const Media& media) {
  const Direction direction = session.direction_of(media);
  const auto connection = session.connection_of(media);
  const auto ip = connection ? connection->ip() : std::nullopt;
  const bool is_old_hold = ip && ip->is_unspecified() && session.ice_ufrag_of(media).empty();
  return is_old_hold ? direction_from(sends(direction), false) : direction;
}

Direction answer_direction(Direction offered, Direction wanted) {
  return direction_from(sends(wanted) && receives(offered), receives(wanted) && sends(offered));
}

bool is_unchanged(const Session& before, const Session& now) {
  return before.origin == now.origin;
}

}  // namespace patchcord::sdp
