// SPDX-License-Identifier: GPL-3.0-or-later
// A headset was unplugged: the call goes on with what the system has, and one click takes the headset back.

import type { JSX } from "preact";
import { t } from "../i18n";
import { lostDevice, switchBack } from "../sound_devices";
import { CloseIcon } from "./icons";

export function LostDevice(): JSX.Element | null {
  const lost = lostDevice.value;
  if (!lost) return null;
  const device = lost.device.label || t(lost.role === "mic" ? "sound.microphone" : `sound.${lost.role}`);
  return (
    <div class="notice notice-warn" role="alert" data-testid="device-lost" data-role={lost.role}>
      <span>{lost.isBack ? t("sound.back", { device }) : t("sound.lost", { device })}</span>
      {lost.isBack && (
        <button type="button" class="link" data-testid="switch-back" onClick={switchBack}>
          {t("sound.switch_back")}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={t("ended.dismiss")}
        onClick={() => (lostDevice.value = null)}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
