// SPDX-License-Identifier: GPL-3.0-or-later
// Bindings: at which flows the phones of each user are. It is kept in memory only: after a restart
// every phone is found again by its next REGISTER. It reads no message and decides nothing of who
// may write to it. Thread: control. Owner: Registrar. RFC 3261 10.3, RFC 5626 5.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "sip/outside.h"
#include "sip/uri.h"

namespace patchcord::registrar {

struct Binding {
  sip::Uri contact{};
  sip::Target flow{};
  std::string instance{};  // +sip.instance, which outlives a change of address
  std::string q{};         // as given
  std::string call_id{};   // of the REGISTER that wrote it
  uint32_t cseq = 0;
  MonoTime expires{};
  MonoTime since{};
};

class Bindings {
 public:
  static constexpr size_t kMaxPerUser = 10;

  enum class Wrote : uint8_t {
    kYes,
    kOutOfOrder,  // an older REGISTER than the one that wrote what is there (10.3, step 7)
    kFull,
  };
  // What one REGISTER says, all of it or nothing. A binding that expires at or before `now` is
  // taken away.
  Wrote write(const std::string& user, const std::vector<Binding>& wanted, MonoTime now);
  // "Contact: *"
  Wrote clear(const std::string& user, std::string_view call_id, uint32_t cseq);

  // Those that hold at `now`, the latest come first.
  std::vector<Binding> of(std::string_view user, MonoTime now) const;
  bool has_flow(std::string_view user, const sip::Target& flow, MonoTime now) const;
  void drop_flow(const sip::Target& flow);

 private:
  std::map<std::string, std::vector<Binding>, std::less<>> users_;
};

}  // namespace patchcord::registrar
