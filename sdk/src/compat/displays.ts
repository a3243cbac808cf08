// SPDX-License-Identifier: MIT
// The older API shows a call inside elements of the page, as a video element even where there is only sound;
// and a page may ask for the microphone before there is a call.

const held = new Map<Element, MediaStream>();

/** The element that plays the other side, inside the page's own; absent where the page gave none. */
export function playerIn(display: Element | null | undefined): HTMLVideoElement | undefined {
  if (!display) return undefined;
  const player = document.createElement("video");
  player.setAttribute("playsinline", "");
  player.autoplay = true;
  display.append(player);
  return player;
}

/** Opens the microphone, so that the browser asks now; resolves to the display. */
export async function getMediaAccess(
  constraints: MediaStreamConstraints | undefined,
  display: Element,
): Promise<Element> {
  const audio = constraints?.audio ?? true;
  const stream = await navigator.mediaDevices.getUserMedia({ audio, video: false });
  releaseLocalMedia(display);
  held.set(display, stream);
  return display;
}

/** Whether there was something to let go of. */
export function releaseLocalMedia(display: Element): boolean {
  const stream = held.get(display);
  stream?.getTracks().forEach((track) => track.stop());
  return held.delete(display);
}
