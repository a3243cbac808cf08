// SPDX-License-Identifier: GPL-3.0-or-later
// How loud the microphone is, drawn while it is on the screen. The bar is set outside of rendering: ten new
// widths a second are nothing a view needs to know.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { watchMicrophone } from "../sound_devices";

export function MicrophoneMeter({ device }: { device: string }): JSX.Element {
  const meter = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      watchMicrophone((level) => {
        meter.current?.style.setProperty("--level", String(level));
        meter.current?.setAttribute("aria-valuenow", String(Math.round(level * 100)));
      }),
    [device],
  );
  return (
    <div
      ref={meter}
      class="meter"
      data-testid="meter"
      role="meter"
      aria-label={t("sound.level")}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    />
  );
}
