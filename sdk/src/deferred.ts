// SPDX-License-Identifier: MIT
// A promise and its two handles; promises that may be ignored; and work that may be aborted.

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = quiet(
    new Promise<T>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    }),
  );
  return { promise, resolve, reject };
}

/** An application that listens to events only may ignore the promise: no unhandledrejection for it. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Calls `abort` at the signal, unless `until` is settled by then. */
export function onAbort(signal: AbortSignal | undefined, until: Promise<unknown>, abort: () => void): void {
  if (signal?.aborted) return abort();
  signal?.addEventListener("abort", abort, { once: true });
  const forget = (): void => signal?.removeEventListener("abort", abort);
  until.then(forget, forget);
}
