// SPDX-License-Identifier: MIT
// How a call sounds: the estimate, the warnings, and what a call tells of both.
import { describe, expect, it, vi } from "vitest";
import { levelOf } from "../src/media/levels";
import { mosOf, qualityOf } from "../src/quality/mos";
import { Warnings, type Sample } from "../src/quality/warnings";
import {
  documentFake,
  FakePeerConnection,
  FakeStream,
  FakeTrack,
  loudness,
  microphone,
  statistics,
  useFakeBrowser,
} from "./fakes";
import { outgoing, talking, tell } from "./stage";

useFakeBrowser();

describe("the estimate", () => {
  it.each([
    // round trip, jitter, loss, MOS, bars
    [20, 1, 0, 4.39, 5],
    [200, 10, 0, 4.36, 5],
    [100, 5, 5, 3.98, 4],
    [100, 5, 10, 3.42, 3],
    [100, 5, 15, 2.78, 2],
    [100, 5, 20, 2.14, 1],
    [600, 40, 10, 2.12, 1],
    [2000, 100, 30, 1, 1],
  ])("%i ms, %i ms jitter, %i %% loss: %f", (roundTripMs, jitterMs, lossPercent, mos, level) => {
    const quality = qualityOf({ roundTripMs, jitterMs, lossPercent });
    expect(quality.mos).toBeCloseTo(mos, 1);
    expect(quality.level).toBe(level);
  });

  it("stays on its scale whatever the network does", () => {
    for (const lossPercent of [0, 100])
      for (const roundTripMs of [null, 1e6]) {
        const mos = mosOf({ roundTripMs, jitterMs: roundTripMs ?? 0, lossPercent });
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
      }
  });
});

describe("warnings", () => {
  const good: Sample = {
    ...qualityOf({ roundTripMs: 50, jitterMs: 2, lossPercent: 0 }),
    atMs: 0,
    received: 0,
    sent: 0,
    expects: { in: true, out: true },
  };

  /** Plays seconds, each a change to the good one, and says what was raised (+) and cleared (-), and when. */
  function play(seconds: Partial<Sample>[]): string[] {
    const warnings = new Warnings();
    return seconds.flatMap((second, index) => {
      const sample = { ...good, atMs: 1000 * (index + 1), received: index * 50, sent: index * 50, ...second };
      const { raised, cleared } = warnings.add(sample);
      return [...raised.map((name) => `${index} +${name}`), ...cleared.map((name) => `${index} -${name}`)];
    });
  }
  const times = (count: number, second: Partial<Sample>): Partial<Sample>[] =>
    Array.from({ length: count }, () => second);

  it.each([
    ["low_mos", { mos: 2.9 }],
    ["high_rtt", { roundTripMs: 401 }],
    ["high_jitter", { jitterMs: 31 }],
    ["high_loss", { lossPercent: 1.1 }],
  ] as const)("%s: three bad of five raise, five good clear", (name, bad) => {
    expect(play([bad, {}, bad, {}, {}, {}])).toEqual([]);
    expect(play([bad, {}, bad, {}, bad, ...times(5, {})])).toEqual([`4 +${name}`, `9 -${name}`]);
  });

  it.each([
    ["mos", { mos: 3 }],
    ["rtt", { roundTripMs: 400 }],
    ["jitter", { jitterMs: 30 }],
    ["loss", { lossPercent: 1 }],
  ] as const)("%s on its threshold is good", (_name, edge) => {
    expect(play(times(8, edge))).toEqual([]);
  });

  it("high_loss: also by the average of seven seconds, in bursts that the five do not see", () => {
    expect(play([{ lossPercent: 30 }, ...times(5, {}), {}, ...times(3, {})])).toEqual(["6 +high_loss", "7 -high_loss"]);
  });

  it("no_audio: after five seconds without a packet, and over with the first one", () => {
    expect(play([{ received: 9 }, ...times(5, { received: 9 }), { received: 10 }])).toEqual([
      "5 +no_audio_in",
      "6 -no_audio_in",
    ]);
    expect(play([{ sent: 9 }, ...times(5, { sent: 9 }), { sent: 10 }])).toEqual(["5 +no_audio_out", "6 -no_audio_out"]);
  });

  it("no_audio: not while nothing is to come, and five seconds from when it is again", () => {
    const held = { received: 9, expects: { in: false, out: true } };
    expect(play([...times(20, held), ...times(4, { received: 9 })])).toEqual([]);
    expect(play([...times(20, held), ...times(5, { received: 9 })])).toEqual(["24 +no_audio_in"]);
  });
});

describe("a call that talks", () => {
  const report = (received: number, lost: number): Map<string, unknown> =>
    new Map<string, unknown>([
      ["in", { type: "inbound-rtp", kind: "audio", packetsReceived: received, packetsLost: lost, jitter: 0.004 }],
      ["out", { type: "outbound-rtp", kind: "audio", packetsSent: received }],
      ["pair", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 }],
    ]);

  it("tells its quality each second, and at the end what it all was", async () => {
    let received = 0;
    let lost = 0;
    statistics.next = () => report((received += 50), lost);
    const { call, ends } = await talking();
    const heard: number[] = [];
    call.on("quality", ({ level }) => heard.push(level));
    await vi.advanceTimersByTimeAsync(4000);
    lost = 50;
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard).toEqual([5, 5, 5, 1]);
    void call.hangup();
    tell("finish", call, { status: "FINISH", reason: "hangup" });
    await vi.advanceTimersByTimeAsync(5000);
    expect(heard).toHaveLength(4);
    expect(ends[0]?.quality).toMatchObject({ roundTripMs: 50, jitterMs: 4, lossPercent: 20, packetsReceived: 250 });
    expect(ends[0]?.quality?.lowestMos).toBeLessThan(2);
  });

  it("warns of silence with a name, a sentence and advice, and says when it is over", async () => {
    let received = 0;
    statistics.next = () => report(received, 0);
    const { call } = await talking();
    const heard: string[] = [];
    call.on("warning", ({ name, message, hint }) => heard.push(name, message, hint));
    call.on("warning-cleared", ({ name }) => heard.push(`no more ${name}`));
    await vi.advanceTimersByTimeAsync(8000);
    expect(heard.filter((word) => word.startsWith("NO_AUDIO"))).toEqual(["NO_AUDIO_IN", "NO_AUDIO_OUT"]);
    expect(heard.every((word) => word.length > 5)).toBe(true);
    received = 10;
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard.slice(-2)).toEqual(["no more NO_AUDIO_IN", "no more NO_AUDIO_OUT"]);
  });

  it("a muted, a held and a listening call are meant to be silent", async () => {
    statistics.next = () => report(7, 0);
    const warned = vi.fn();
    const muted = await talking();
    muted.call.muteAudio();
    tell("hold", muted.call, { status: "HOLD" });
    const listening = await talking(outgoing({ constraints: { audio: false } }));
    for (const { call } of [muted, listening]) call.on("warning", ({ name }) => void warned(name));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(warned.mock.calls).toEqual([["NO_AUDIO_IN"]]); // the listening one hears nothing indeed
  });

  it("has no quality where it was too short", async () => {
    const { call, ends } = await talking();
    void call.hangup();
    tell("finish", call, { status: "FINISH" });
    expect(ends[0]).not.toHaveProperty("quality");
  });
});

describe("levels", () => {
  it("are decibels from -60 to 0", () => {
    const of = (value: number): number => levelOf(new Float32Array(100).fill(value));
    expect([of(0), of(0.001), of(1), of(2)]).toEqual([0, expect.closeTo(0, 3), expect.closeTo(1, 3), 1]);
    expect(of(0.1)).toBeCloseTo(2 / 3, 3);
  });

  it("come ten times a second, only while somebody listens, and from both sides", async () => {
    const { call } = await talking();
    FakePeerConnection.last.ontrack({ streams: [new FakeStream()], track: new FakeTrack() });
    expect(loudness.analysers).toBe(0);
    loudness.value = 1;
    const heard = vi.fn();
    call.on("levels", heard);
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard).toHaveBeenCalledTimes(10);
    expect(heard.mock.lastCall).toEqual([{ mic: expect.closeTo(1, 3) as number, far: expect.closeTo(1, 3) as number }]);
    call.off("levels", heard);
    await vi.advanceTimersByTimeAsync(1000);
    expect([heard.mock.calls.length, loudness.analysers]).toEqual([10, 0]);
  });

  it("measure a muted microphone too, and let go at the end of the call", async () => {
    const { call } = await talking();
    call.muteAudio();
    const heard = vi.fn();
    call.on("levels", heard);
    loudness.value = 1;
    await vi.advanceTimersByTimeAsync(100);
    expect(heard).toHaveBeenLastCalledWith({ mic: expect.closeTo(1, 3) as number, far: 0 });
    expect(microphone.streams[0]?.tracks[0]?.enabled).toBe(false);
    void call.hangup();
    await vi.advanceTimersByTimeAsync(1000);
    expect([heard.mock.calls.length, loudness.analysers]).toEqual([1, 0]);
  });

  it("begin with the first click where the browser holds sound back until then", async () => {
    class Held {
      static asked = 0;
      state = "suspended";
      resume(): Promise<void> {
        Held.asked++;
        return Promise.resolve();
      }
    }
    vi.stubGlobal("AudioContext", Held);
    vi.resetModules();
    const { audioContext } = await import("../src/media/audio_context");
    const context = audioContext() as unknown as Held;
    documentFake.dispatchEvent(new Event("pointerdown"));
    expect(Held.asked).toBe(2);
    context.state = "running";
    documentFake.dispatchEvent(new Event("keydown"));
    documentFake.dispatchEvent(new Event("keydown"));
    expect(Held.asked).toBe(3);
  });
});
