// SPDX-License-Identifier: MIT
// Opens a microphone, and says in our words why that failed.

import { PhoneError, type LocalReasonName } from "../errors";

/** The system's choice, whatever it is at the moment. */
export const DEFAULT_DEVICE = "default";

/** Names from the getUserMedia specification (Media Capture and Streams, section 10.2). */
const REASON_BY_EXCEPTION: Readonly<Record<string, LocalReasonName>> = {
  NotAllowedError: "microphone_blocked",
  SecurityError: "microphone_blocked",
  NotFoundError: "microphone_missing",
  OverconstrainedError: "microphone_missing",
  NotReadableError: "microphone_in_use",
  AbortError: "microphone_in_use",
};

/** Rejects with a PhoneError: MICROPHONE_BLOCKED, _MISSING, _IN_USE, or INSECURE_PAGE. */
export async function openMicrophone(audio: true | MediaTrackConstraints): Promise<MediaStream> {
  try {
    return await mediaDevices().getUserMedia({ audio, video: false });
  } catch (error) {
    if (error instanceof PhoneError) throw error;
    const name = error instanceof DOMException ? error.name : "";
    throw new PhoneError(REASON_BY_EXCEPTION[name] ?? "microphone_in_use", { cause: error });
  }
}

/** What the application asks of a microphone, and which one. */
export function withDevice(audio: boolean | MediaTrackConstraints, id: string): true | MediaTrackConstraints {
  if (id === DEFAULT_DEVICE) return audio === false || audio;
  return { ...(typeof audio === "object" && audio), deviceId: { exact: id } };
}

export function mediaDevices(): MediaDevices {
  if (!globalThis.isSecureContext) throw new PhoneError("insecure_page");
  const { mediaDevices: found } = navigator as Partial<Pick<Navigator, "mediaDevices">>;
  if (!found) throw new PhoneError("unsupported_browser");
  return found;
}

export function stopStream(stream: MediaStream | undefined): void {
  stream?.getTracks().forEach((track) => track.stop());
}
