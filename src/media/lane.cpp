// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/lane.h"

#include <algorithm>
#include <array>
#include <utility>

namespace patchcord::media {

Lane::Lane(const StreamStart& start, const PipeSettings& settings, PacketSink& destination)
    : start_(start), settings_(settings), destination_(destination) {}

void Lane::set_plan(const AudioPlan& plan, MonoTime now) {
  if (plan == plan_) return;
  const AudioPlan before = std::exchange(plan_, plan);
  if (!plan_.to.empty()) renew_stream(plan_.to.front().clock_rate, now);
  renew_events(before);
  renew_pipe(now);
}

// Another clock rate needs another rewriter; it takes up where the old one is.
void Lane::renew_stream(uint32_t clock_rate, MonoTime now) {
  if (stream_ && stream_->clock_rate() == clock_rate) return;
  rtp::Rewriter::Stream stream{start_.ssrc, start_.sequence, start_.timestamp, clock_rate};
  if (stream_ && stream_->has_started()) {
    stream.first_sequence = stream_->insert(now);
    stream.first_timestamp = stream_->timestamp_at(now);
  }
  pipe_.reset();
  stream_.emplace(stream);
}

void Lane::renew_pipe(MonoTime now) {
  pipe_.reset();
  if (plan_.to.empty()) return;
  pipe_ = make_pipe(plan_, settings_, *stream_);
  if (!pipe_) return;
  pipe_->set_packet_loss(packet_loss_);
  if (sent_events_ && sent_events_->is_sending()) pipe_->set_output(Pipe::Output::kHeldBack);
  if (is_started_) pipe_->start(now);
}

// A digit that is under way survives a change that leaves its format alone.
void Lane::renew_events(const AudioPlan& before) {
  if (plan_.event_from != before.event_from || !heard_events_) {
    heard_events_.reset();
    if (plan_.event_from) heard_events_.emplace(plan_.event_from->clock_rate);
  }
  if (plan_.event_to != before.event_to || !sent_events_) {
    sent_events_.reset();
    if (plan_.event_to) sent_events_.emplace(plan_.event_to->clock_rate);
  }
}

void Lane::start(MonoTime now) {
  if (is_started_) return;
  is_started_ = true;
  if (pipe_) pipe_->start(now);
}

std::optional<char> Lane::forward(rtp::Packet& packet, MonoTime now) {
  const std::optional<char> digit = hear_event(packet, now);
  if (pipe_) pipe_->push(packet, now, destination_);
  return digit;
}

std::optional<char> Lane::hear_event(const rtp::Packet& packet, MonoTime now) {
  if (!heard_events_ || packet.payload_type() != plan_.event_from->payload_type) {
    return std::nullopt;
  }
  return heard_events_->receive(packet, now);
}

bool Lane::send_digit(char digit, Duration tone) {
  return sent_events_ && stream_ && sent_events_->queue(digit, tone);
}

void Lane::on_time(MonoTime now) {
  if (sent_events_ && is_started_ && sent_events_->next_time() <= now) {
    while (const auto event = sent_events_->next(now, stream_->timestamp_at(now))) {
      send_event(*event, now);
    }
    if (pipe_) {
      pipe_->set_output(sent_events_->is_sending() ? Pipe::Output::kHeldBack : Pipe::Output::kOpen);
    }
  }
  if (pipe_ && pipe_->next_deadline() <= now) pipe_->on_time(now, destination_);
}

void Lane::send_event(const rtp::TelephoneEventSender::Event& event, MonoTime now) {
  std::array<uint8_t, rtp::kFixedHeaderSize + rtp::TelephoneEvent::kSize + kTailroom> buffer;
  const rtp::Header header{plan_.event_to->payload_type, stream_->insert(now), event.timestamp,
                           stream_->ssrc(), event.marker};
  const size_t size = rtp::write_header(buffer, header);
  std::copy(event.payload.begin(), event.payload.end(), buffer.begin() + rtp::kFixedHeaderSize);
  auto packet = rtp::Packet::parse(MutableByteSpan(buffer).first(size + event.payload.size()));
  if (packet) destination_.send(*packet, now);
}

MonoTime Lane::next_deadline() const {
  MonoTime next = pipe_ ? pipe_->next_deadline() : kNever;
  if (sent_events_ && is_started_) next = std::min(next, sent_events_->next_time());
  return next;
}

void Lane::set_packet_loss(int percent) {
  if (percent == packet_loss_) return;
  packet_loss_ = percent;
  if (pipe_) pipe_->set_packet_loss(percent);
}

std::string Lane::describe() const {
  return pipe_ ? pipe_->describe() : "nothing";
}

}  // namespace patchcord::media
