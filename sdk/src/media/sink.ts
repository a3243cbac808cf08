// SPDX-License-Identifier: MIT
// The loudspeaker of one call: an audio element of its own, so that a second call cannot steal it.
// Where the browser holds sound back until the user does something, it starts with the next click or key.

import { DEFAULT_DEVICE } from "./microphone";
import { setSink } from "./output";

export class AudioSink {
  readonly #element: HTMLMediaElement;
  readonly #ours: boolean;
  readonly #onBlocked: () => void;
  #device = DEFAULT_DEVICE;
  readonly #retry = (): void => void this.#play();

  /** `element` is the application's own, or absent for a hidden one made here. */
  constructor(element: HTMLMediaElement | undefined, onBlocked: () => void) {
    this.#ours = element === undefined;
    this.#element = element ?? document.createElement("audio");
    this.#onBlocked = onBlocked;
    if (this.#ours) {
      this.#element.hidden = true;
      this.#element.dataset["patchcord"] = "call";
      document.body.append(this.#element);
    }
  }

  /** Plays on another loudspeaker. An application's own element is left where it is until somebody chooses. */
  async useDevice(id: string): Promise<void> {
    if (id === this.#device) return;
    await setSink(this.#element, id);
    this.#device = id;
  }

  set volume(volume: number) {
    this.#element.volume = volume;
  }

  play(stream: MediaStream): void {
    this.#element.srcObject = stream;
    void this.#play();
  }

  close(): void {
    this.#forgetGesture();
    this.#element.srcObject = null;
    if (this.#ours) this.#element.remove();
  }

  async #play(): Promise<void> {
    this.#forgetGesture();
    try {
      await this.#element.play();
    } catch (error) {
      // An AbortError only says that the call ended, or got a new stream, while the sound was starting.
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      this.#onBlocked();
      document.addEventListener("pointerdown", this.#retry);
      document.addEventListener("keydown", this.#retry);
    }
  }

  #forgetGesture(): void {
    document.removeEventListener("pointerdown", this.#retry);
    document.removeEventListener("keydown", this.#retry);
  }
}
