// SPDX-License-Identifier: GPL-3.0-or-later
// Call: one call through the gateway, played at both of its ends by a script, and judged.
//
//   kCalling --INVITE--> kRinging --we answer, ACK, talk--> kTalking --time--> kEnding --> kOver
//
// It is over when every end has been told: the page by its finish, the phone by CANCEL, BYE or the
// ACK of its refusal. A call that goes on for too long is a problem of its own.
// Thread: that of the loop. Owner: Load.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attack.h"
#include "media_ends.h"
#include "page.h"
#include "phones.h"
#include "sound_path.h"
#include "stage.h"

namespace patchcord::loadgen {

inline constexpr PayloadType kEventType(101);  // telephone-event, at both ends

class Call final : private Ticking, private PageUser, private LineUser {
 public:
  Call(Stage& stage, uint64_t number, Script script, Page& page);
  ~Call();

  void begin();
  bool is_over() const { return state_ == State::kOver; }
  uint64_t number() const { return number_; }
  Script script() const { return script_; }
  const std::string& problem() const { return problem_; }  // when it is over; "": all was well

  // For attacks: the media ends, where they are.
  bool is_talking() const { return state_ == State::kTalking; }
  BrowserEnd& browser() { return browser_; }
  PhoneEnd& phone() { return phone_; }
  uint64_t events_at_phone() const { return events_at_phone_; }  // telephone-events, each once

 private:
  enum class State : uint8_t { kCalling, kRinging, kTalking, kEnding, kOver };

  // PageUser, LineUser, Ticking
  void on_answer_sdp(const std::string& sdp) override;
  void on_talk() override;
  void on_finish(const wcs::Finish& finish) override;
  void on_page_gone() override;
  void on_invited(Line& line) override;
  void on_acknowledged() override;
  void on_line_ended() override;
  void on_tick(MonoTime now) override;

  std::string offer() const;
  std::string phone_sdp() const;
  void act(MonoTime now);
  void speak(MonoTime now);
  void begin_talk(MonoTime now);
  void end_talk();
  void stop_listening();
  void check_over(MonoTime now);
  void hear_at_browser(const rtp::Packet& packet);
  void hear_at_phone(const rtp::Packet& packet);
  void judge();
  void judge(Path which);
  void blame(std::string problem);

  Stage& stage_;
  const uint64_t number_;
  const Script script_;
  Page& page_;
  const std::string name_;  // the number dialled and the page's call id
  State state_ = State::kCalling;

  SoundPath to_phone_, to_browser_;
  BrowserEnd browser_;
  PhoneEnd phone_;
  Line* line_ = nullptr;  // until it has ended
  uint64_t events_at_phone_ = 0;
  std::optional<uint32_t> last_event_;  // its RTP timestamp

  MonoTime called_at_, answer_at_ = kNever, cancel_at_ = kNever, end_at_ = kNever;
  MonoTime give_up_at_ = kNever;
  std::optional<MonoTime> acknowledged_at_;
  bool was_invited_ = false, is_line_over_ = false, is_page_over_ = false;
  bool is_connected_ = false, has_talk_ = false;
  std::string reason_;  // of the finish
  std::string problem_;
};

}  // namespace patchcord::loadgen
