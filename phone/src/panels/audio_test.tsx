// SPDX-License-Identifier: GPL-3.0-or-later
// Does the microphone hear, does the speaker play, does the ringer ring: before the first call.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { microphoneUnasked } from "../app_state";
import { browserKind } from "../browser_kind";
import { t } from "../i18n";
import { preferences } from "../preferences";
import { enableSound, tryRinging } from "../sound";
import { chosenDevices, deviceError, nameDevices, playTestSound } from "../sound_devices";
import { DeviceChoice, DeviceProblem } from "./device_choices";
import { MicrophoneMeter } from "./meter";
import "../styles/devices.css";

export function AudioTest(): JSX.Element {
  return (
    <div class="audio-test" data-testid="audio-test">
      <DeviceChoice role="mic">
        <Level />
      </DeviceChoice>
      <DeviceChoice role="speaker">
        <button
          type="button"
          class="secondary"
          data-testid="test-speaker"
          onClick={() => void enableSound().then(() => playTestSound("speaker"))}
        >
          {t("sound.test")}
        </button>
      </DeviceChoice>
      <DeviceChoice role="ringer">
        <button
          type="button"
          class="secondary"
          data-testid="test-ringer"
          onClick={() => void enableSound().then(() => tryRinging(preferences.value.ringVolume))}
        >
          {t("sound.test")}
        </button>
      </DeviceChoice>
      <DeviceProblem />
      {deviceError.value?.reason === "microphone_blocked" && (
        <p class="small">{t(`allow.${browserKind(navigator.userAgent)}`)}</p>
      )}
    </div>
  );
}

/** The microphone is asked for only after it was said why. */
function Level(): JSX.Element {
  const wanted = useSignal(!microphoneUnasked.peek());
  const failed = deviceError.value?.reason.startsWith("microphone");
  if (wanted.value && !failed)
    return (
      <div class="level">
        <MicrophoneMeter device={chosenDevices.value.mic} />
        <p class="small">{t("sound.speak")}</p>
      </div>
    );
  const start = async (): Promise<void> => {
    await enableSound();
    await nameDevices();
    wanted.value = true;
  };
  return (
    <div class="level">
      {microphoneUnasked.value && <p class="small">{t("sound.explain")}</p>}
      <button type="button" class="secondary" data-testid="start-microphone" onClick={() => void start()}>
        {t("sound.start")}
      </button>
    </div>
  );
}
