// SPDX-License-Identifier: MIT
// Opens the microphone, and says in our words why that failed.

import { PhoneError, type LocalReasonName } from "../errors";

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
  if (!globalThis.isSecureContext) throw new PhoneError("insecure_page");
  const { mediaDevices } = navigator as Partial<Pick<Navigator, "mediaDevices">>;
  if (!mediaDevices) throw new PhoneError("unsupported_browser");
  try {
    return await mediaDevices.getUserMedia({ audio, video: false });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw new PhoneError(REASON_BY_EXCEPTION[name] ?? "microphone_in_use", { cause: error });
  }
}

export function stopStream(stream: MediaStream | undefined): void {
  stream?.getTracks().forEach((track) => track.stop());
}
