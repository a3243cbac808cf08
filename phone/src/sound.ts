// SPDX-License-Identifier: GPL-3.0-or-later
// Tones, made by Web Audio: nothing to download, and a cadence is a looped buffer, so a hidden tab whose
// timers run once a minute still rings in time. Frequencies and cadences: ITU-T E.180 supplement 2.

import { devices, type AudioOutput } from "@patchcord/websdk";
import { soundReady } from "./app_state";

export const COUNTRIES = ["us", "uk", "de", "fr"] as const;
export type Country = (typeof COUNTRIES)[number];

interface Tone {
  frequencies: number[];
  /** Seconds on, off, on, off ... */
  cadence: number[];
}

const RINGBACK: Record<Country, Tone> = {
  us: { frequencies: [440, 480], cadence: [2, 4] },
  uk: { frequencies: [400, 450], cadence: [0.4, 0.2, 0.4, 2] },
  de: { frequencies: [425], cadence: [1, 4] },
  fr: { frequencies: [440], cadence: [1.5, 3.5] },
};

const BUSY: Record<Country, Tone> = {
  us: { frequencies: [480, 620], cadence: [0.5, 0.5] },
  uk: { frequencies: [400], cadence: [0.375, 0.375] },
  de: { frequencies: [425], cadence: [0.48, 0.48] },
  fr: { frequencies: [440], cadence: [0.5, 0.5] },
};

/** ITU-T Q.23: row and column frequency of each key. */
const DTMF_ROWS = [697, 770, 852, 941];
const DTMF_COLUMNS = [1209, 1336, 1477];
const DTMF_KEYS = "123456789*0#";

const RATE = 16_000;
const EDGE_S = 0.008; // tones that start and stop hard click
const QUIET = 0.12;

type Place = "speaker" | "ringer";

let context: AudioContext | undefined;
const outputs: Partial<Record<Place, AudioOutput>> = {};
let looping: Playing | undefined;

function audio(): AudioContext {
  if (!context) {
    context = new AudioContext();
    context.onstatechange = () => (soundReady.value = context?.state === "running");
  }
  return context;
}

/** To be called from a click: only then may a page start to make sound. */
export async function enableSound(): Promise<void> {
  await audio()
    .resume()
    .catch(() => undefined);
  soundReady.value = audio().state === "running";
}

/** A short sign that sound works. */
export function chirp(): void {
  play("ringer", render({ frequencies: [880], cadence: [0.05] }), 0.15);
}

export function beep(digit: string): void {
  const key = DTMF_KEYS.indexOf(digit);
  const [row, column] = [DTMF_ROWS[Math.floor(key / 3)], DTMF_COLUMNS[key % 3]];
  if (row && column) play("speaker", render({ frequencies: [row, column], cadence: [0.09] }), QUIET);
}

export function busyTone(country: Country): void {
  const { frequencies, cadence } = BUSY[country];
  play("speaker", render({ frequencies, cadence: [...cadence, ...cadence, ...cadence] }), QUIET);
}

export function startRingback(country: Country): void {
  startLoop("speaker", render(RINGBACK[country]), QUIET);
}

/** Two soft bells, then a pause. */
export function startRinging(volume: number): void {
  startLoop("ringer", bells(), volume * 0.5);
}

/** The ring tone once, to hear how loud it is. */
export function tryRinging(volume: number): void {
  play("ringer", bells(), volume * 0.5);
}

export function stopLoop(): void {
  if (!looping || !context) return;
  const { source, gain } = looping;
  looping = undefined;
  gain.gain.setTargetAtTime(0, context.currentTime, EDGE_S);
  source.stop(context.currentTime + 0.1);
}

function startLoop(place: Place, buffer: AudioBuffer, volume: number): void {
  stopLoop();
  looping = play(place, buffer, volume, true);
}

interface Playing {
  source: AudioBufferSourceNode;
  gain: GainNode;
}

function play(place: Place, buffer: AudioBuffer, volume: number, loop = false): Playing {
  const source = new AudioBufferSourceNode(audio(), { buffer, loop });
  const gain = new GainNode(audio(), { gain: volume });
  source.connect(gain).connect(loudspeaker(place));
  source.start();
  return { source, gain };
}

/** Straight to where the system plays, unless the user chose another place. */
function loudspeaker(place: Place): AudioNode {
  if (devices.selection[place] === "default") return audio().destination;
  const output = (outputs[place] ??= devices.output(place, audio()));
  output.start().catch(() => (soundReady.value = false));
  return output.node;
}

function render({ frequencies, cadence }: Tone): AudioBuffer {
  const seconds = cadence.reduce((sum, part) => sum + part, 0);
  return draw(seconds, (put) => {
    let start = 0;
    cadence.forEach((length, index) => {
      if (index % 2 === 0)
        put(start, length, (t) => {
          const edge = Math.min(1, t / EDGE_S, (length - t) / EDGE_S);
          return (edge * sines(frequencies, t)) / frequencies.length;
        });
      start += length;
    });
  });
}

function bells(): AudioBuffer {
  const bell = (frequency: number) => (t: number) =>
    Math.min(1, t / EDGE_S) * Math.exp(-3.5 * t) * (sines([frequency], t) + 0.35 * sines([frequency * 2.01], t));
  return draw(3.2, (put) => {
    for (const [start, frequency] of [
      [0, 659.3],
      [0.22, 880],
      [0.9, 659.3],
      [1.12, 880],
    ] as const)
      put(start, 1.6, bell(frequency));
  });
}

function sines(frequencies: number[], t: number): number {
  return frequencies.reduce((sum, frequency) => sum + Math.sin(2 * Math.PI * frequency * t), 0);
}

type Put = (start: number, length: number, sample: (t: number) => number) => void;

function draw(seconds: number, paint: (put: Put) => void): AudioBuffer {
  const buffer = new AudioBuffer({ length: Math.ceil(seconds * RATE), sampleRate: RATE });
  const samples = buffer.getChannelData(0);
  paint((start, length, sample) => {
    const first = Math.round(start * RATE);
    const count = Math.min(Math.round(length * RATE), samples.length - first);
    for (let i = 0; i < count; i++) samples[first + i] = (samples[first + i] ?? 0) + sample(i / RATE);
  });
  return buffer;
}
