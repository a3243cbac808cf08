// SPDX-License-Identifier: MIT
// Stands in for the vendor's global in applications for telephony: the same names, the same habits, over our
// SDK. As a module: `import * as Flashphoner from "@patchcord/websdk/compat"`; as a classic script it is the
// global that such a page expects. Streams and video are no part of it.

import { devices, PhoneError } from "../index";
import { ERROR_INFO } from "./constants";
import { getMediaAccess as openAccess } from "./displays";
import { CompatSession, type CompatSessionOptions } from "./session";

export { Browser } from "./browser";
export { constants } from "./constants";
export { getMediaDevices } from "./device_lists";
export { releaseLocalMedia } from "./displays";
export type { CompatCall as Call, CompatMediaOptions as AnswerOptions } from "./call";
export type { CompatCallOptions as CallOptions, CompatSession as Session, CompatSessionOptions } from "./session";

export interface InitOptions {
  mediaProvidersReadyCallback?: (providers: string[]) => void;
}

const sessions = new Map<string, CompatSession>();

export function init(options: InitOptions = {}): Promise<void> {
  if (typeof RTCPeerConnection === "undefined") return Promise.reject(new PhoneError("unsupported_browser"));
  options.mediaProvidersReadyCallback?.(getMediaProviders());
  return Promise.resolve();
}

export function getMediaProviders(): string[] {
  return ["WebRTC"];
}

export function isUsingTemasys(): boolean {
  return false;
}

export function createSession(options?: CompatSessionOptions): CompatSession {
  if (!options?.urlServer) throw new TypeError(ERROR_INFO.OPTIONS_URLSERVER_MUST_BE_PROVIDED);
  const session: CompatSession = new CompatSession(options, () => sessions.delete(session.id()));
  sessions.set(session.id(), session);
  return session;
}

export function getSessions(): CompatSession[] {
  return [...sessions.values()];
}

export function getSession(id: string): CompatSession | undefined {
  return sessions.get(id);
}

/** Opens the microphone for `display`; resolves to it. */
export function getMediaAccess(constraints: MediaStreamConstraints, display: Element): Promise<Element> {
  return openAccess(constraints, display);
}

/** Only microphones are known here; there is nothing to tell apart on a mobile. */
export function getMobileDevices(): Promise<{ audio: unknown[]; video: unknown[] }> {
  return devices.open().then(({ microphones }) => ({ audio: [...microphones], video: [] }));
}

/** The SDK starts sound by itself, and says so where the browser waits for the user. */
export function playFirstSound(): Promise<void> {
  return Promise.resolve();
}

export function playFirstVideo(): Promise<void> {
  return Promise.resolve();
}

export function getLogger(): Console {
  return console;
}
