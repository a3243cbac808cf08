// SPDX-License-Identifier: GPL-3.0-or-later
// Which microphone, speaker and ringer. Works during a call: the other side notices nothing.

import type { ComponentChildren, JSX } from "preact";
import type { Device, DeviceRole } from "@patchcord/websdk";
import { errorWords, t } from "../i18n";
import { choose, chosenDevices, deviceError, deviceLists } from "../sound_devices";

const LABELS = { mic: "sound.microphone", speaker: "sound.speaker", ringer: "sound.ringer" } as const;

interface DeviceChoiceProps {
  role: DeviceRole;
  /** What belongs beside the list: a test button, a meter. */
  children?: ComponentChildren;
}

export function DeviceChoice({ role, children }: DeviceChoiceProps): JSX.Element {
  const { microphones, speakers } = deviceLists.value;
  const list = role === "mic" ? microphones : speakers;
  const chosen = chosenDevices.value[role];
  return (
    <div class="device">
      <label>
        <span>{t(LABELS[role])}</span>
        <select
          data-testid={`device-${role}`}
          value={chosen}
          onChange={(event) => void choose(role, event.currentTarget.value)}
        >
          <option value="default">{t("sound.default")}</option>
          {list.map((device, index) => (
            <option key={device.id} value={device.id} selected={device.id === chosen}>
              {nameOf(device, index)}
            </option>
          ))}
        </select>
      </label>
      {children}
    </div>
  );
}

const nameOf = ({ label }: Device, index: number): string => label || t("sound.unnamed", { index: index + 1 });

export function DeviceProblem(): JSX.Element | null {
  if (!deviceError.value) return null;
  const { text, hint } = errorWords(deviceError.value);
  return (
    <p class="notice notice-warn" role="alert" data-testid="device-error" data-reason={deviceError.value.reason}>
      <span>
        {text} {hint}
      </span>
    </p>
  );
}
