// SPDX-License-Identifier: GPL-3.0-or-later
// Microphone, speaker and ringer: what there is, what the user chose (kept for the next time), and what
// happened when one was unplugged. The SDK's `devices` does the work and never ends a call over it.

import { signal } from "@preact/signals";
import { devices, PhoneError, type Device, type DeviceLost, type DeviceRole } from "@patchcord/websdk";
import { ended, microphoneUnasked } from "./app_state";
import { prefer, preferences } from "./preferences";

export interface DeviceLists {
  microphones: readonly Device[];
  speakers: readonly Device[];
}

export const deviceLists = signal<DeviceLists>({ microphones: [], speakers: [] });
export const chosenDevices = signal(devices.selection);
/** A device in use was unplugged; `isBack` when it can be had again. */
export const lostDevice = signal<(DeviceLost & { isBack: boolean }) | null>(null);
export const deviceError = signal<PhoneError | null>(null);

/** `onAllowed`: the microphone was allowed again after a call had failed for it. */
export function followDevices(onAllowed: () => void): void {
  const read = (): void => {
    deviceLists.value = { microphones: devices.microphones, speakers: devices.speakers };
  };
  devices
    .on("changed", ({ added }) => {
      read();
      if (added.length > 0) void useChosen();
    })
    .on("selected", (selection) => (chosenDevices.value = selection))
    .on("device-lost", (lost) => (lostDevice.value = { ...lost, isBack: false }))
    .on("device-back", (lost) => (lostDevice.value = { ...lost, isBack: true }))
    .on("permission", ({ state }) => {
      microphoneUnasked.value = state === "prompt";
      if (state === "granted" && ended.peek()?.end.reason === "microphone_blocked") onAllowed();
    });
  void devices.permission().then(({ state }) => (microphoneUnasked.value = state === "prompt"));
  void devices
    .open()
    .then(read)
    .catch(() => undefined); // an insecure page has no devices; the first call says so
}

/** Asks for the microphone where names of devices are secret without it. */
export async function nameDevices(): Promise<void> {
  await tell(devices.open({ labels: true }));
  deviceLists.value = { microphones: devices.microphones, speakers: devices.speakers };
}

export async function choose(role: DeviceRole, id: string): Promise<void> {
  if (lostDevice.peek()?.role === role) lostDevice.value = null;
  prefer({ [role]: id });
  await tell(devices.use({ [role]: id }));
}

export function switchBack(): void {
  const lost = lostDevice.peek();
  if (lost) void choose(lost.role, lost.device.id);
}

export function playTestSound(role: "speaker" | "ringer"): Promise<void> {
  return tell(devices.testSound(role));
}

/** What was chosen the last time, as soon as it is there. A loss in use is the user's to undo. */
async function useChosen(): Promise<void> {
  if (lostDevice.peek()) return;
  const { mic, speaker, ringer } = preferences.peek();
  const has = (list: readonly Device[], id: string): string => (list.some((one) => one.id === id) ? id : "default");
  const wanted = {
    mic: has(devices.microphones, mic),
    speaker: has(devices.speakers, speaker),
    ringer: has(devices.ringers, ringer),
  };
  const { selection } = devices;
  if (wanted.mic !== selection.mic || wanted.speaker !== selection.speaker || wanted.ringer !== selection.ringer)
    await tell(devices.use(wanted));
}

async function tell(work: Promise<unknown>): Promise<void> {
  deviceError.value = null;
  try {
    await work;
  } catch (error) {
    if (!(error instanceof PhoneError)) throw error;
    deviceError.value = error;
  }
}

const METER_MS = 100;

/** Tells the level of the chosen microphone, 0 to 1, until the returned function is called. */
export function watchMicrophone(onLevel: (level: number) => void): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  let done = false;
  const opening = devices.meter();
  void tell(
    opening.then((meter) => {
      if (done) return;
      timer = setInterval(() => onLevel(meter.read()), METER_MS);
    }),
  );
  return () => {
    done = true;
    clearInterval(timer);
    opening.then((meter) => meter.close()).catch(() => undefined); // why it did not open is told already
  };
}
