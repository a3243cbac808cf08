// SPDX-License-Identifier: MIT
// A typed event emitter. Several handlers per event; a handler that throws disturbs neither the
// other handlers nor the SDK: its error is reported as an uncaught one, where developer tools show it.

export type EventMap<E> = { [K in keyof E]: unknown[] };

type Handler<Args extends unknown[]> = (...args: Args) => void;

export class Emitter<E extends EventMap<E>> {
  readonly #handlers = new Map<keyof E, Set<Handler<never>>>();

  /** Adds a handler; the same function twice counts once. */
  on<K extends keyof E>(event: K, handler: Handler<E[K]>): this {
    let handlers = this.#handlers.get(event);
    if (!handlers) this.#handlers.set(event, (handlers = new Set()));
    handlers.add(handler);
    this.handlersChanged();
    return this;
  }

  /** Removes one handler, or all handlers of the event. */
  off<K extends keyof E>(event: K, handler?: Handler<E[K]>): this {
    if (handler) this.#handlers.get(event)?.delete(handler);
    else this.#handlers.delete(event);
    this.handlersChanged();
    return this;
  }

  /** Whether anyone would hear this event. */
  protected hears(event: keyof E): boolean {
    return (this.#handlers.get(event)?.size ?? 0) > 0;
  }

  /** After on() and off(): for emitters of events that cost something to find out. */
  protected handlersChanged(): void {}

  protected emit<K extends keyof E>(event: K, ...args: E[K]): void {
    const handlers = this.#handlers.get(event);
    if (!handlers) return;
    for (const handler of [...handlers]) {
      try {
        (handler as Handler<E[K]>)(...args);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    }
  }
}
