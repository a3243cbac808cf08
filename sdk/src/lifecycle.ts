// SPDX-License-Identifier: MIT
// The page's own life, told to a session. A page that goes into the back/forward cache keeps its memory
// but not its connections, so a session lets go on pagehide and starts again on pageshow. There is no
// `unload` handler: it would keep the page out of that cache.

export interface LifecycleHandlers {
  /** Into the cache, from where the page may come back; or gone. */
  onHide(fate: "cached" | "gone"): void;
  /** The page came back out of the cache with all its state. */
  onRestore(): void;
  /** The device has a network again, or the user looks at the page again: what was true may not be any more. */
  onAwake(): void;
}

/** Returns the function that stops watching. */
export function watchLifecycle(handlers: LifecycleHandlers): () => void {
  if (typeof window === "undefined") return () => undefined;
  const watch = new AbortController();
  const { signal } = watch;
  window.addEventListener("pagehide", (event) => handlers.onHide(event.persisted ? "cached" : "gone"), { signal });
  window.addEventListener("pageshow", (event) => event.persisted && handlers.onRestore(), { signal });
  window.addEventListener("online", () => handlers.onAwake(), { signal });
  const isVisible = (): boolean => document.visibilityState === "visible";
  document.addEventListener("visibilitychange", () => isVisible() && handlers.onAwake(), { signal });
  return () => watch.abort();
}
