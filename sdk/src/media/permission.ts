// SPDX-License-Identifier: MIT
// Whether the browser gives this page the microphone, in one word and with what to do next.

import { PhoneError } from "../errors";

export interface MicrophonePermission {
  readonly state: PermissionState;
  /** What the user will see, or must do; empty where nothing is to be done. */
  readonly hint: string;
}

const PROMPT_HINT = "The browser will ask whether this page may use the microphone: choose Allow.";

const explained = (state: PermissionState): MicrophonePermission => {
  const hints = { granted: "", prompt: PROMPT_HINT, denied: new PhoneError("microphone_blocked").hint };
  return { state, hint: hints[state] };
};

/** `onChange`, where it is given, hears of each change until `signal`. */
export async function microphonePermission(
  onChange?: (permission: MicrophonePermission) => void,
  signal?: AbortSignal,
): Promise<MicrophonePermission> {
  try {
    const status = await navigator.permissions.query({ name: "microphone" });
    if (onChange) status.addEventListener("change", () => onChange(explained(status.state)), signal && { signal });
    return explained(status.state);
  } catch {
    return explained(await guess());
  }
}

// A browser that does not tell (older Firefox and Safari) shows labels exactly when it was allowed.
async function guess(): Promise<PermissionState> {
  const { mediaDevices } = navigator as Partial<Pick<Navigator, "mediaDevices">>;
  const found = (await mediaDevices?.enumerateDevices()) ?? [];
  return found.some(({ kind, label }) => kind === "audioinput" && label !== "") ? "granted" : "prompt";
}
