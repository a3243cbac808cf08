// SPDX-License-Identifier: MIT
// Lists of devices in the older API's shape.

import { MEDIA_DEVICE_KIND } from "./constants";

export interface ListedDevice {
  id: string;
  label: string;
  type: "mic" | "speaker" | "camera";
}

export interface DeviceLists {
  audio: ListedDevice[];
  video: ListedDevice[];
}

const TYPES: Readonly<Record<MediaDeviceKind, ListedDevice["type"]>> = {
  audioinput: "mic",
  audiooutput: "speaker",
  videoinput: "camera",
};
const STAND_IN = { mic: "microphone", speaker: "speaker", camera: "camera" } as const;

/** `labels` asks for the microphone where the browser hides them without it. */
export async function getMediaDevices(
  _mediaProvider?: string | null,
  labels?: boolean,
  kind: string = MEDIA_DEVICE_KIND.INPUT,
): Promise<DeviceLists> {
  if (labels) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    stream.getTracks().forEach((track) => track.stop());
  }
  return listed(await navigator.mediaDevices.enumerateDevices(), kind);
}

export function listed(infos: readonly MediaDeviceInfo[], kind: string): DeviceLists {
  const lists: DeviceLists = { audio: [], video: [] };
  const counts = { mic: 0, speaker: 0, camera: 0 };
  for (const { deviceId: id, label, kind: found } of infos) {
    if ((kind !== MEDIA_DEVICE_KIND.ALL && !found.endsWith(kind)) || id === "communications") continue;
    const type = TYPES[found];
    const list = type === "camera" ? lists.video : lists.audio;
    list.push({ id, label: label || `${STAND_IN[type]}${++counts[type]}`, type });
  }
  return lists;
}
