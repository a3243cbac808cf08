// SPDX-License-Identifier: MIT
// A way from Web Audio to a chosen loudspeaker. An AudioContext alone can only play where the system plays
// (Chromium knows better, others do not), a media element can play anywhere: so sounds go through one.

import { PhoneError } from "../errors";
import { audioContext } from "./audio_context";
import { DEFAULT_DEVICE } from "./microphone";

export class AudioOutput {
  /** Connect sources to this, made with `context`. */
  readonly node: AudioNode;
  readonly context: AudioContext;
  readonly #element = new Audio();
  #closed: () => void = () => undefined;

  /** @internal By `devices.output()`. */
  constructor(device: string, context: AudioContext | undefined) {
    this.context = context ?? audioContext();
    const destination = this.context.createMediaStreamDestination();
    this.node = destination;
    this.#element.srcObject = destination.stream;
    void this.useDevice(device).catch(() => undefined);
  }

  /** Starts to play. Rejects with SOUND_BLOCKED until the user has done something on the page. */
  async start(): Promise<void> {
    try {
      await this.#element.play();
    } catch (error) {
      throw new PhoneError("sound_blocked", { cause: error });
    }
    if (this.context.state !== "running") throw new PhoneError("sound_blocked");
  }

  close(): void {
    this.#closed();
    this.#element.srcObject = null;
  }

  /** @internal */
  useDevice(id: string): Promise<void> {
    return setSink(this.#element, id);
  }

  /** @internal */
  onClose(done: () => void): this {
    this.#closed = done;
    return this;
  }
}

/** Rejects with SPEAKER_UNAVAILABLE; resolves where the browser cannot choose at all and plays by default. */
export async function setSink(element: HTMLMediaElement, id: string): Promise<void> {
  const { setSinkId } = element as Partial<Pick<HTMLMediaElement, "setSinkId">>;
  if (!setSinkId) return;
  try {
    await setSinkId.call(element, id === DEFAULT_DEVICE ? "" : id);
  } catch (error) {
    throw new PhoneError("speaker_unavailable", { cause: error });
  }
}

const NOTES_HZ = [660, 880];
const NOTE_SECONDS = 0.22;

/** Two rising notes, soft at both ends; closes the output after them. */
export async function playTestSound(output: AudioOutput): Promise<void> {
  const { context } = output;
  try {
    await output.start();
    const last = NOTES_HZ.map((hertz, index) => {
      const at = context.currentTime + 0.05 + index * NOTE_SECONDS;
      return playNote(output, hertz, at);
    }).at(-1);
    await new Promise((resolve) => last?.addEventListener("ended", resolve));
  } finally {
    output.close();
  }
}

function playNote({ context, node }: AudioOutput, hertz: number, at: number): OscillatorNode {
  const tone = new OscillatorNode(context, { frequency: hertz });
  const envelope = new GainNode(context, { gain: 0 });
  envelope.gain.setValueAtTime(0, at);
  envelope.gain.linearRampToValueAtTime(0.3, at + 0.02);
  envelope.gain.linearRampToValueAtTime(0, at + NOTE_SECONDS);
  tone.connect(envelope).connect(node);
  tone.start(at);
  tone.stop(at + NOTE_SECONDS);
  return tone;
}
