// SPDX-License-Identifier: GPL-3.0-or-later
// Two voices that can be told apart, and the judge who listens.
//
// A voice is like speech to a codec: harmonics under moving formants, in a syllable's rhythm, never quite
// silent. The browser's pitch is 200 Hz, the phone's 250 Hz, within 300 to 3400 Hz and without the
// harmonics they would share: so the noise a codec puts at the pitch of one is not taken for the other. A
// filter that subtracts what was 5 ms ago removes the one, 4 ms the other: every 10 ms can be asked who is
// heard.

export const BROWSER = "browser";
export const PHONE = "phone";

const VOICES = {
  [BROWSER]: { pitch: 200, syllables: 4, seed: 1 },
  [PHONE]: { pitch: 250, syllables: 3.7, seed: 2 },
};
const SHARED = 1000; // Hz: the least common multiple of the two pitches
/** A voice repeats itself after so long. */
export const TILE_SECONDS = 10;
const LEVEL_DB = -20;
/** Each vowel: three formants in Hz. */
const VOWELS = [
  [550, 1500, 2500],
  [750, 1150, 2700],
];

const otherOf = (name) => (name === BROWSER ? PHONE : BROWSER);

function lines({ pitch }) {
  const harmonics = Array.from({ length: Math.floor(3400 / pitch) }, (_, i) => (i + 1) * pitch);
  return harmonics.filter((frequency) => frequency >= 300 && frequency % SHARED !== 0);
}

// A small generator of its own, so that the signal is the same everywhere and always.
function randoms(seed) {
  let state = seed * 2654435761;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

function formantGain(frequency, formants) {
  const peaks = formants.map((center, i) => 1 / (1 + i) / (1 + ((frequency - center) / 160) ** 2));
  return 0.12 + Math.max(...peaks);
}

/** `seconds` of a voice at -20 dBFS, sampled at `rate` (8000 or 48000). */
export function voice(name, rate, seconds = TILE_SECONDS) {
  const { syllables, seed } = VOICES[name];
  const random = randoms(seed);
  const tile = new Float32Array(rate * TILE_SECONDS);
  for (const frequency of lines(VOICES[name])) {
    const phase = random() * 2 * Math.PI;
    const [a, b] = VOWELS.map((formants) => formantGain(frequency, formants));
    for (let i = 0; i < tile.length; ++i) {
      const t = i / rate;
      const mix = 0.5 + 0.5 * Math.sin(2 * Math.PI * (syllables / 2) * t);
      tile[i] += (a * mix + b * (1 - mix)) * Math.sin(2 * Math.PI * frequency * t + phase);
    }
  }
  for (let i = 0; i < tile.length; ++i) {
    tile[i] *= 0.35 + 0.65 * Math.sin(Math.PI * syllables * (i / rate)) ** 2;
  }
  const gain = 10 ** (LEVEL_DB / 20) / Math.sqrt(power(tile));
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => tile[i % tile.length] * gain);
}

/**
 * What is heard in `samples`: the voice `name` over `seconds`, from half a second after its first sound.
 *   levelDb      against the voice as it was made
 *   otherDb      the other voice against this one, here
 *   longestGapMs without this voice
 *   problems     why this is not a good telephone call; empty: it is one
 */
export function judge(samples, rate, name, { seconds = 10, levelDb = 2, otherDb = -30, gapMs = 40 } = {}) {
  const other = otherOf(name);
  const heard = frames(samples, rate, VOICES[other].pitch);
  // A frame holds the voice when it is not 17 dB below the usual; the voice's own valleys are 9 dB deep.
  const usual = median(heard.filter((value) => value > SILENCE));
  const isVoice = (value) => value > SILENCE && value > usual * 0.02;
  const begin = heard.findIndex(isVoice);
  if (begin < 0)
    return { levelDb: -Infinity, otherDb: 0, longestGapMs: seconds * 1000, problems: [`no ${name} voice at all`] };

  const from = begin + 50;
  const wanted = heard.slice(from, from + seconds * 100);
  const part = samples.subarray(from * rate * FRAME_SECONDS, (from + wanted.length) * rate * FRAME_SECONDS);
  const verdict = {
    levelDb: decibel(linePower(part, rate, name) / referencePower(name)),
    // Looked at for longer, the noise of a codec, which is everywhere, counts for less than a voice.
    otherDb: decibel(
      linePower(part, rate, other, LONG_WINDOW_SECONDS) / linePower(part, rate, name, LONG_WINDOW_SECONDS),
    ),
    longestGapMs: longestRun(wanted, (value) => !isVoice(value)) * 10,
    seconds: wanted.length / 100,
    problems: [],
  };
  const say = (text) => verdict.problems.push(text);
  if (verdict.seconds < seconds) say(`only ${verdict.seconds} s of sound, ${seconds} wanted`);
  if (!(Math.abs(verdict.levelDb) <= levelDb)) say(`level ${verdict.levelDb.toFixed(1)} dB off, ${levelDb} allowed`);
  if (!(verdict.otherDb <= otherDb))
    say(`the other voice is heard too: ${verdict.otherDb.toFixed(1)} dB, ${otherDb} allowed`);
  if (verdict.longestGapMs > gapMs) say(`a gap of ${verdict.longestGapMs} ms, ${gapMs} allowed`);
  return verdict;
}

/** How loud `samples` are, in dB against full scale. */
export function rmsDb(samples) {
  return decibel(power(samples));
}

const FRAME_SECONDS = 0.01;
/** -60 dBFS, as power: the noise of a codec is below, a voice is far above. */
const SILENCE = 1e-6;
const WINDOW_SECONDS = 0.2;
const LONG_WINDOW_SECONDS = 1;

/** The power of what is not of the pitch, in frames of 10 ms. */
function frames(samples, rate, pitch) {
  const lag = rate / pitch;
  const size = rate * FRAME_SECONDS;
  const out = [];
  for (let begin = 0; begin + size <= samples.length; begin += size) {
    let sum = 0;
    for (let i = Math.max(begin, lag); i < begin + size; ++i) {
      const value = (samples[i] - samples[i - lag]) / 2;
      sum += value * value;
    }
    out.push(sum / size);
  }
  return out;
}

/** Mean power at the lines of a voice, by Goertzel's algorithm under Hann windows. */
function linePower(samples, rate, name, window = WINDOW_SECONDS) {
  const size = rate * window;
  const hann = Float32Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  let sum = 0;
  let count = 0;
  for (let begin = 0; begin + size <= samples.length; begin += size / 2, ++count) {
    for (const frequency of lines(VOICES[name])) {
      const k = 2 * Math.cos((2 * Math.PI * frequency) / rate);
      let s1 = 0;
      let s2 = 0;
      for (let i = 0; i < size; ++i) [s1, s2] = [samples[begin + i] * hann[i] + k * s1 - s2, s1];
      sum += (2 * (s1 * s1 + s2 * s2 - k * s1 * s2)) / (size / 2) ** 2;
    }
  }
  return count === 0 ? 0 : sum / count;
}

const references = new Map();
function referencePower(name) {
  if (!references.has(name)) references.set(name, linePower(voice(name, 8000), 8000, name));
  return references.get(name);
}

function power(samples) {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return sum / samples.length;
}

function decibel(ratio) {
  return 10 * Math.log10(Math.max(ratio, 1e-12));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function longestRun(values, predicate) {
  let longest = 0;
  let run = 0;
  for (const value of values) longest = Math.max(longest, (run = predicate(value) ? run + 1 : 0));
  return longest;
}
