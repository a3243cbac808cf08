// SPDX-License-Identifier: GPL-3.0-or-later
// Fills a gap in decoded speech by repeating its last pitch periods, for codecs without a
// concealment of their own (G.711, G.722). It follows the idea of ITU-T G.711 Appendix I: find the
// pitch, repeat it, use more periods as the gap lasts, fade to silence within 60 ms, blend back
// into real sound. Unlike the Appendix it adds no delay: what was given out is never touched again.
// Thread: media. Owner: a Decoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace patchcord::codec {

class Concealment {
 public:
  explicit Concealment(uint32_t sample_rate);  // 8000 or 16000 Hz

  // Each piece of decoded sound, in order. Right after a gap its beginning is blended in place.
  void heard(std::span<int16_t> pcm);
  // Fills pcm with what may have been there; a gap may be filled in several calls.
  void fill(std::span<int16_t> pcm);
  void reset();

 private:
  static constexpr uint32_t kMaxRate = 16000;
  static constexpr size_t kHistory = kMaxRate * 50 / 1000;
  static constexpr size_t kMaxPeriods = 3;

  size_t ms(size_t milliseconds) const { return rate_ * milliseconds / 1000; }
  void begin_gap();
  size_t find_pitch() const;
  void use_periods(size_t count);
  int16_t next_sample();
  void remember(std::span<const int16_t> pcm);

  const size_t rate_;
  const size_t length_;                      // of the history in use, samples
  std::array<int16_t, kHistory> history_{};  // the newest at length_ - 1
  std::array<int16_t, kHistory> cycle_{};    // what is repeated
  size_t pitch_ = 0;                         // samples a period
  size_t cycle_length_ = 0;                  // one to three periods
  size_t at_ = 0;                            // in cycle_
  size_t lost_ = 0;                          // samples invented in this gap
  float step_ = 0;                           // what is left of the jump at the seam
};

}  // namespace patchcord::codec
