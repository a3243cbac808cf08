// SPDX-License-Identifier: MIT
// The microphones, speakers and ringers of this machine, and which of them the user chose. It watches them
// come and go, falls back to the system's choice when a chosen one is gone, and tells who follows the choice
// (the calls, the ringing). It holds no microphone open, and ends no call.

import { PhoneError } from "../errors";
import { Emitter } from "../events";
import { audioDevices, diff, type Device, type DeviceDiff } from "./device_list";
import { LevelMeter } from "./levels";
import { DEFAULT_DEVICE, mediaDevices, openMicrophone, stopStream, withDevice } from "./microphone";
import { microphonePermission, type MicrophonePermission } from "./permission";
import { AudioOutput, playTestSound } from "./output";

export type DeviceRole = "mic" | "speaker" | "ringer";
/** An id of the lists, or "default" for what the system uses. */
export type DeviceSelection = Readonly<Record<DeviceRole, string>>;

export interface DeviceEvents {
  /** Plugged in or out. */
  changed: [DeviceDiff];
  /** A device in use went away; the system's choice stands in. Offer `use()` of it when it is back. */
  "device-lost": [DeviceLost];
  "device-back": [DeviceLost];
  selected: [DeviceSelection];
  permission: [MicrophonePermission];
}

export interface DeviceLost {
  role: DeviceRole;
  device: Device;
}

/** Who uses what is selected. Rejects where it cannot, and then goes on with what it had. @internal */
export type DeviceFollower = (selection: DeviceSelection) => Promise<void>;

const DEBOUNCE_MS = 250;
const ROLES: readonly DeviceRole[] = ["mic", "speaker", "ringer"];

export class Devices extends Emitter<DeviceEvents> {
  #list: readonly Device[] = [];
  #selection: DeviceSelection = { mic: DEFAULT_DEVICE, speaker: DEFAULT_DEVICE, ringer: DEFAULT_DEVICE };
  readonly #lost = new Map<DeviceRole, Device>();
  readonly #followers = new Set<DeviceFollower>();
  #watch: AbortController | undefined;
  #debounce: ReturnType<typeof setTimeout> | undefined;

  /**
   * Reads the lists and watches them from now on. Browsers keep ids and labels secret until the user has
   * allowed the microphone: `labels` asks for that where it is needed.
   */
  async open({ labels = false }: { labels?: boolean } = {}): Promise<this> {
    this.#startWatching();
    await this.#refresh();
    if (labels && this.microphones.length === 0) {
      // Firefox shows labels only while a microphone is open.
      const stream = await openMicrophone(true);
      await this.#refresh().finally(() => stopStream(stream));
    }
    return this;
  }

  get microphones(): readonly Device[] {
    return this.#list.filter(({ kind }) => kind === "microphone");
  }

  get speakers(): readonly Device[] {
    return this.#list.filter(({ kind }) => kind === "speaker");
  }

  /** A ringer is a speaker: the one that rings. */
  get ringers(): readonly Device[] {
    return this.speakers;
  }

  get selection(): DeviceSelection {
    return this.#selection;
  }

  /**
   * Chooses devices, also in the middle of a call: its other side notices nothing. Rejects when one cannot be
   * opened; what was in use then stays so.
   */
  async use(choice: Partial<DeviceSelection>): Promise<void> {
    const before = this.#selection;
    const wanted = { ...before, ...choice };
    for (const role of ROLES) if (wanted[role] !== before[role]) this.#lost.delete(role);
    await this.#select(wanted);
  }

  /** Whether the browser gives this page the microphone, and what the user can do about it. */
  permission(): Promise<MicrophonePermission> {
    return microphonePermission();
  }

  /** The loudness of the chosen microphone, without a call. close() lets go of it. */
  async meter(): Promise<LevelMeter> {
    const stream = await openMicrophone(withDevice(true, this.#selection.mic));
    return new LevelMeter(stream, () => stopStream(stream));
  }

  /** Two short tones. Rejects with SOUND_BLOCKED until the user has done something on the page. */
  testSound(role: "speaker" | "ringer"): Promise<void> {
    return playTestSound(this.output(role));
  }

  /**
   * Where an application's own sounds (a ringing tone) go to be heard on the chosen device, wherever that is
   * changed to. `context`: the application's own, where its sounds are made in one.
   */
  output(role: "speaker" | "ringer", context?: AudioContext): AudioOutput {
    const output = new AudioOutput(this.#selection[role], context);
    const unfollow = this.follow((selection) => output.useDevice(selection[role]));
    return output.onClose(unfollow);
  }

  /** Stops watching. */
  close(): void {
    this.#watch?.abort();
    this.#watch = undefined;
    clearTimeout(this.#debounce);
  }

  /** @internal Returns the function that ends it. */
  follow(follower: DeviceFollower): () => void {
    this.#startWatching();
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** @internal A device broke under its user, which may come before the browser's word that it is gone. */
  reportLost(role: DeviceRole, device: Device): void {
    if (this.#lost.get(role)?.id === device.id) return;
    this.#lost.set(role, device);
    this.#selection = { ...this.#selection, [role]: DEFAULT_DEVICE };
    this.emit("device-lost", { role, device });
  }

  #startWatching(): void {
    if (this.#watch || typeof navigator === "undefined") return;
    const { mediaDevices: found } = navigator as Partial<Pick<Navigator, "mediaDevices">>;
    if (!found) return;
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    // One plug fires two or three events.
    const soon = (): void => {
      clearTimeout(this.#debounce);
      this.#debounce = setTimeout(() => void this.#refresh().catch(() => undefined), DEBOUNCE_MS);
    };
    found.addEventListener("devicechange", soon, { signal });
    void microphonePermission((state) => {
      this.emit("permission", state);
      soon();
    }, signal);
  }

  async #refresh(): Promise<void> {
    const list = audioDevices(await mediaDevices().enumerateDevices());
    const change = diff(this.#list, list);
    this.#list = list;
    if (change.added.length + change.removed.length === 0) return;
    this.emit("changed", change);
    await this.#replaceLost(change.removed);
    for (const [role, device] of this.#lost)
      if (change.added.some(({ id }) => id === device.id)) this.emit("device-back", { role, device });
  }

  async #replaceLost(removed: readonly Device[]): Promise<void> {
    let fallback = this.#selection;
    for (const role of ROLES) {
      const device = removed.find(({ id }) => id === this.#selection[role]);
      if (!device) continue;
      fallback = { ...fallback, [role]: DEFAULT_DEVICE };
      this.reportLost(role, device);
    }
    if (fallback !== this.#selection) await this.#select(fallback).catch(() => undefined);
  }

  async #select(selection: DeviceSelection): Promise<void> {
    const before = this.#selection;
    this.#selection = selection;
    const results = await Promise.allSettled([...this.#followers].map((follower) => follower(selection)));
    const failure = results.find((result) => result.status === "rejected");
    if (failure) {
      this.#selection = before;
      await Promise.allSettled([...this.#followers].map((follower) => follower(before)));
      throw failure.reason instanceof PhoneError ? failure.reason : new PhoneError("speaker_unavailable");
    }
    this.emit("selected", selection);
  }
}

/** The devices of this page; all its calls follow them. */
export const devices = new Devices();
