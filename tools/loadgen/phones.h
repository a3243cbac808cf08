// SPDX-License-Identifier: GPL-3.0-or-later
// Phones: the telephone network as one SIP port: any number of lines at once, each with one call
// that the gateway makes. A Line does what its user says: ring, answer, refuse, hang up, or vanish.
// Responses are kept and sent again when the gateway asks again; a 200 is sent until its ACK, a BYE
// until its answer. It registers nobody and knows no media.
// Thread: that of the loop. RFC 3261 section 13.3, 15, 17.2.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/random.h"
#include "metronome.h"
#include "net/wire.h"
#include "sip/message.h"

namespace patchcord::loadgen {

class Phones;

class Line {
 public:
  Line(Phones& phones, sip::Message invite, std::string tag);

  const std::string& call_id() const { return call_id_; }
  // Where the gateway's offer wants the media; not set if it does not say.
  SocketAddress media() const;

  void ring() { respond(180); }
  void refuse(int status) { respond(status); }
  void answer(std::string sdp);
  void hang_up();  // BYE
  void vanish();   // from here on nothing is sent, and nothing received

 private:
  friend class Phones;
  enum class State : uint8_t { kRinging, kAnswered, kUp, kRefused, kHangingUp, kOver };

  void respond(int status);
  void send(std::string text, MonoTime again);
  void on_time(MonoTime now);

  Phones& phones_;
  const sip::Message invite_;
  const std::string call_id_, tag_;
  State state_ = State::kRinging;
  bool has_vanished_ = false;
  std::string last_;  // what is sent again
  MonoTime again_ = kNever;
  MonoTime forget_ = kNever;
};

// Who a number belongs to. Called on the loop; may use the line, but not give itself up.
class LineUser {
 public:
  virtual void on_invited(Line& line) = 0;
  virtual void on_acknowledged() = 0;
  // The gateway cancelled or hung up, or took our refusal or BYE: the line is free.
  virtual void on_line_ended() = 0;

 protected:
  ~LineUser() = default;
};

class Phones final : private Ticking {
 public:
  // Errors: kNetwork.
  static Result<std::unique_ptr<Phones>> open(const SocketAddress& local, net::Wire& wire,
                                              net::Loop& loop, Metronome& metronome,
                                              Random& random);
  Phones(std::unique_ptr<net::Port> port, net::Loop& loop, Metronome& metronome, Random& random);
  ~Phones();

  const SocketAddress& local() const { return port_->local(); }
  // From here to leave() the number is answered by `user`.
  void join(const std::string& number, LineUser& user) { users_[number] = &user; }
  void leave(const std::string& number);
  size_t lines() const { return lines_.size(); }

 private:
  friend class Line;
  struct Place {
    std::unique_ptr<Line> line;
    std::string number;
  };

  void on_datagram(const net::Datagram& datagram);
  void on_invite(sip::Message invite);
  void on_request(Place& place, const sip::Message& request);
  void end(Place& place);
  LineUser* user_of(const Place& place);
  void reply(const sip::Message& request, int status, const std::string& tag);
  void send(std::string_view text, const SocketAddress& to);
  void on_tick(MonoTime now) override;

  std::unique_ptr<net::Port> port_;
  net::Loop& loop_;
  Metronome& metronome_;
  Random& random_;
  std::unordered_map<std::string, LineUser*> users_;  // by number
  std::unordered_map<std::string, Place> lines_;      // by Call-ID
};

}  // namespace patchcord::loadgen
