// SPDX-License-Identifier: GPL-3.0-or-later
// The sound of the call that is going on: how loud, through which devices, how good, and the id to tell an
// operator.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ActiveCall } from "../app_state";
import { t } from "../i18n";
import { heardCodec, setVolume } from "../phone_call";
import { preferences } from "../preferences";
import { CopyButton } from "./copy_button";
import { DeviceChoice, DeviceProblem } from "./device_choices";
import "../styles/devices.css";

export function CallSound({ call }: { call: ActiveCall }): JSX.Element {
  return (
    <div class="call-sound" data-testid="call-sound">
      <div class="device">
        <label>
          <span>{t("call.volume")}</span>
          <input
            type="range"
            data-testid="volume"
            min="0"
            max="100"
            step="5"
            value={preferences.value.callVolume}
            onInput={(event) => setVolume(event.currentTarget.valueAsNumber)}
          />
        </label>
      </div>
      <DeviceChoice role="mic" />
      <DeviceChoice role="speaker" />
      <DeviceProblem />
      <Numbers call={call} />
      <CopyButton label={t("call.copy_id")} text={() => call.id} testId="copy-call-id" />
    </div>
  );
}

function Numbers({ call }: { call: ActiveCall }): JSX.Element {
  const codec = useSignal("");
  useEffect(() => {
    // A call that has just ended has no statistics.
    heardCodec().then(
      (name) => (codec.value = name),
      () => undefined,
    );
  }, [call.quality, codec]);
  const { quality } = call;
  const rows = [
    [t("call.codec"), codec.value],
    [t("call.delay"), quality?.roundTripMs != null ? `${Math.round(quality.roundTripMs)} ms` : ""],
    [t("call.jitter"), quality && `${Math.round(quality.jitterMs)} ms`],
    [t("call.loss"), quality && `${quality.lossPercent.toFixed(1)} %`],
    ["MOS", quality?.mos.toFixed(1)],
  ];
  return (
    <dl class="numbers">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value || "–"}</dd>
        </div>
      ))}
    </dl>
  );
}
