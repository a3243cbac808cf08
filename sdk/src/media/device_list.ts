// SPDX-License-Identifier: MIT
// Lists of devices, as values: what the browser names, and what changed between two lists. Pure.

import { DEFAULT_DEVICE } from "./microphone";

export interface Device {
  readonly id: string;
  /** Empty until the user has allowed the microphone. */
  readonly label: string;
  readonly kind: "microphone" | "speaker";
}

export interface DeviceDiff {
  readonly added: readonly Device[];
  readonly removed: readonly Device[];
}

const KIND_OF: Readonly<Partial<Record<MediaDeviceKind, Device["kind"]>>> = {
  audioinput: "microphone",
  audiooutput: "speaker",
};
/** Chromium lists its shortcuts for "whatever the system uses" among the devices. */
const ALIASES: readonly string[] = ["", DEFAULT_DEVICE, "communications"];

/** The real audio devices among those of enumerateDevices(). */
export function audioDevices(infos: readonly MediaDeviceInfo[]): Device[] {
  return infos.flatMap(({ deviceId: id, label, kind: name }) => {
    const kind = KIND_OF[name];
    return kind && !ALIASES.includes(id) ? [{ id, label, kind }] : [];
  });
}

export function diff(before: readonly Device[], after: readonly Device[]): DeviceDiff {
  const missingIn = (list: readonly Device[]) => (one: Device) => !has(list, one);
  return { added: after.filter(missingIn(before)), removed: before.filter(missingIn(after)) };
}

export function has(list: readonly Device[], { id, kind }: Device): boolean {
  return list.some((one) => one.id === id && one.kind === kind);
}
