// SPDX-License-Identifier: MIT
// Devices: what there is, what is chosen, and what happens to a call when they change.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Devices, devices, type DeviceLost } from "../src/media/devices";
import { DEFAULT_DEVICE } from "../src/media/microphone";
import { FakeAudio, FakePeerConnection, FakeStream, FakeTrack, machine, microphone } from "./fakes";
import { permission, settle, useFakeBrowser } from "./fakes";
import { micIsOff, talking, type Watched } from "./stage";

useFakeBrowser();

const HEADSET: [string, string][] = [
  ["audioinput", "headset"],
  ["audiooutput", "headset"],
];
const BUILT_IN: [string, string][] = [
  ["audioinput", "built-in"],
  ["audiooutput", "built-in"],
  ["videoinput", "camera"],
];

const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);
const sending = (): FakeTrack => FakePeerConnection.last.sends as FakeTrack;

/** Plugs, and lets the debounce pass. */
async function plug(...list: [string, string][]): Promise<void> {
  machine.plug(...list);
  await vi.advanceTimersByTimeAsync(300);
}

describe("the lists", () => {
  it("are the real audio devices, and a ringer is a speaker", async () => {
    machine.plug(["audioinput", "default"], ["audioinput", "communications"], ...HEADSET, ...BUILT_IN);
    const list = await new Devices().open();
    expect([ids(list.microphones), ids(list.speakers), ids(list.ringers)]).toEqual([
      ["headset", "built-in"],
      ["headset", "built-in"],
      ["headset", "built-in"],
    ]);
    expect(list.microphones[0]).toEqual({ id: "headset", label: "label of headset", kind: "microphone" });
    list.close();
  });

  it("ask for the microphone where that is needed for labels, and let go of it", async () => {
    machine.plug(["audioinput", ""], ["audiooutput", ""]);
    microphone.open = () => {
      machine.plug(...HEADSET);
      return Promise.resolve(new FakeStream());
    };
    const list = await new Devices().open({ labels: true });
    expect([ids(list.microphones), microphone.streams.length, micIsOff()]).toEqual([["headset"], 1, true]);
    await list.open({ labels: true });
    expect(microphone.streams).toHaveLength(1);
    list.close();
  });

  it("say by name that the user refused, or that there is none", async () => {
    const list = new Devices();
    microphone.open = () => Promise.reject(new DOMException("x", "NotAllowedError"));
    await expect(list.open({ labels: true })).rejects.toMatchObject({ name: "MICROPHONE_BLOCKED", code: 4001 });
    microphone.open = () => Promise.reject(new DOMException("x", "NotFoundError"));
    await expect(list.open({ labels: true })).rejects.toMatchObject({ name: "MICROPHONE_MISSING", code: 4002 });
    vi.stubGlobal("isSecureContext", false);
    await expect(list.open()).rejects.toMatchObject({ name: "INSECURE_PAGE" });
    list.close();
  });

  it("one plug is one event, though the browser fires three", async () => {
    const list = await new Devices().open();
    const changed = vi.fn();
    list.on("changed", changed);
    machine.plug(...BUILT_IN);
    machine.plug(...BUILT_IN);
    await vi.advanceTimersByTimeAsync(200);
    machine.plug(...BUILT_IN);
    await vi.advanceTimersByTimeAsync(249);
    expect(changed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(changed.mock.calls).toEqual([[{ added: [...list.microphones, ...list.speakers], removed: [] }]]);
    await plug(...BUILT_IN);
    expect(changed).toHaveBeenCalledTimes(1);
    list.close();
    await plug(...HEADSET);
    expect(changed).toHaveBeenCalledTimes(1);
  });
});

describe("permission", () => {
  it("is a word and what to do, and tells when it changes", async () => {
    const list = await new Devices().open();
    const heard = vi.fn();
    list.on("permission", heard);
    expect(await list.permission()).toMatchObject({
      state: "prompt",
      hint: expect.stringContaining("Allow") as string,
    });
    permission.state = "denied";
    permission.dispatchEvent(new Event("change"));
    expect(heard).toHaveBeenLastCalledWith({ state: "denied", hint: expect.stringContaining("address bar") as string });
    permission.state = "granted";
    permission.dispatchEvent(new Event("change"));
    expect(heard).toHaveBeenLastCalledWith({ state: "granted", hint: "" });
    list.close();
  });

  it("is guessed from the labels where the browser does not tell", async () => {
    Object.assign(navigator, { permissions: undefined });
    const list = new Devices();
    expect((await list.permission()).state).toBe("prompt");
    machine.plug(...HEADSET);
    expect((await list.permission()).state).toBe("granted");
    list.close();
  });
});

describe("a call", () => {
  let watched: Watched | undefined;
  let lost: DeviceLost[];
  let back: DeviceLost[];
  beforeEach(async () => {
    lost = [];
    back = [];
    await devices.use({ mic: DEFAULT_DEVICE, speaker: DEFAULT_DEVICE, ringer: DEFAULT_DEVICE });
    devices.off("device-lost").off("device-back");
    devices.on("device-lost", (one) => lost.push(one)).on("device-back", (one) => back.push(one));
    machine.plug(...HEADSET, ...BUILT_IN);
    await devices.open();
  });
  afterEach(() => watched?.session.disconnect());
  const talk = async (): Promise<Watched> => {
    watched = await talking();
    FakePeerConnection.last.ontrack({ streams: [new FakeStream()], track: new FakeTrack() });
    return watched;
  };

  it("starts with what is chosen", async () => {
    await devices.use({ mic: "headset", speaker: "built-in" });
    await talk();
    await settle();
    expect([sending().deviceId, FakeAudio.all.at(-1)?.sink]).toEqual(["headset", "built-in"]);
  });

  it("changes in the middle, without a new description, and stays muted", async () => {
    const { call } = await talk();
    call.muteAudio();
    await devices.use({ mic: "headset", speaker: "headset" });
    expect([sending().deviceId, sending().enabled, FakeAudio.all.at(-1)?.sink]).toEqual(["headset", false, "headset"]);
    expect(microphone.streams[0]?.tracks[0]?.readyState).toBe("ended");
    expect(FakePeerConnection.last.remote).toHaveLength(1);
    await devices.use({ mic: DEFAULT_DEVICE, speaker: DEFAULT_DEVICE });
    expect([sending().deviceId, FakeAudio.all.at(-1)?.sink]).toEqual(["default", ""]);
  });

  it("keeps what it has when another cannot be opened", async () => {
    const { ends } = await talk();
    microphone.open = () => Promise.reject(new DOMException("x", "NotReadableError"));
    await expect(devices.use({ mic: "headset" })).rejects.toMatchObject({ name: "MICROPHONE_IN_USE", code: 4003 });
    expect([sending().deviceId, sending().readyState, devices.selection.mic]).toEqual(["default", "live", "default"]);
    await expect(devices.use({ speaker: "broken" })).rejects.toMatchObject({ name: "SPEAKER_UNAVAILABLE", code: 4004 });
    expect(ends).toEqual([]);
  });

  it("a chosen microphone that is not there at the start of a call is replaced", async () => {
    await devices.use({ mic: "headset" });
    const usual = microphone.open;
    microphone.open = (audio) =>
      typeof audio === "object" ? Promise.reject(new DOMException("x", "OverconstrainedError")) : usual(audio);
    await talk();
    expect(sending().deviceId).toBe("default");
  });

  it("the headset is pulled out: the system's choice stands in, and the headset is offered when it is back", async () => {
    await devices.use({ mic: "headset", speaker: "headset", ringer: "headset" });
    const { ends } = await talk();
    sending().break();
    await plug(...BUILT_IN);
    expect([sending().deviceId, sending().readyState, FakeAudio.all.at(-1)?.sink]).toEqual(["default", "live", ""]);
    expect(lost.map(({ role, device }) => `${role} ${device.label}`).sort()).toEqual([
      "mic label of headset",
      "ringer label of headset",
      "speaker label of headset",
    ]);
    expect(devices.selection).toEqual({ mic: "default", speaker: "default", ringer: "default" });
    expect(ends).toEqual([]);
    await plug(...HEADSET, ...BUILT_IN);
    expect(back.map(({ role }) => role).sort()).toEqual(["mic", "ringer", "speaker"]);
    for (const { role, device } of back) await devices.use({ [role]: device.id });
    expect([sending().deviceId, FakeAudio.all.at(-1)?.sink]).toEqual(["headset", "headset"]);
  });

  it("without any microphone left it goes on, and takes the next one that is plugged in", async () => {
    const { call, ends } = await talk();
    const usual = microphone.open;
    microphone.open = () => Promise.reject(new DOMException("x", "NotFoundError"));
    const warned = vi.fn();
    call.on("warning", ({ name }) => void warned(name));
    sending().break();
    await plug();
    expect(warned).toHaveBeenCalledWith("MICROPHONE_LOST");
    microphone.open = usual;
    await plug(...HEADSET);
    expect([sending().readyState, ends]).toEqual(["live", []]);
  });

  it("follows no more when it is over", async () => {
    const { call } = await talk();
    void call.hangup();
    const before = microphone.streams.length;
    await devices.use({ mic: "headset" });
    expect([microphone.streams.length, micIsOff()]).toEqual([before, true]);
  });
});

describe("sounds", () => {
  it("an output plays on the chosen ringer, and moves with the choice", async () => {
    const list = new Devices();
    await list.use({ ringer: "headset" });
    const output = list.output("ringer");
    await output.start();
    expect(FakeAudio.all.at(-1)?.sink).toBe("headset");
    await list.use({ ringer: "built-in" });
    expect(FakeAudio.all.at(-1)?.sink).toBe("built-in");
    output.close();
    await list.use({ ringer: "headset" });
    expect(FakeAudio.all.at(-1)?.sink).toBe("built-in");
    list.close();
  });

  it("a meter opens the chosen microphone, and lets go of it", async () => {
    const list = new Devices();
    await list.use({ mic: "headset" });
    const meter = await list.meter();
    expect([meter.read(), microphone.streams.at(-1)?.tracks[0]?.deviceId, micIsOff()]).toEqual([0, "headset", false]);
    meter.close();
    expect(micIsOff()).toBe(true);
    list.close();
  });
});
