// SPDX-License-Identifier: GPL-3.0-or-later
// A piece of network between a page and the gateway that a test can cut: TCP in, TCP out.
import { connect, createServer } from "node:net";

export class Proxy {
  #pairs = new Set();
  #open = true;

  static async start(run, targetPort) {
    const proxy = new Proxy();
    const server = createServer((near) => proxy.#accept(near, targetPort));
    proxy.port = await run.port();
    await new Promise((resolve) => server.listen(proxy.port, "127.0.0.1", resolve));
    run.onEnd(() => {
      proxy.cut();
      server.close();
    });
    proxy.ws = `ws://127.0.0.1:${proxy.port}/`;
    return proxy;
  }

  /** How many connections go through it. */
  get connections() {
    return this.#pairs.size;
  }

  /** Breaks all connections, both sides at once. */
  cut() {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** Whether new connections get through; others are refused. */
  set open(open) {
    this.#open = open;
  }

  /** From now on nothing passes through the connections there are, and nobody is told. Returns what thaws them. */
  freeze() {
    const frozen = [...this.#pairs].flat();
    for (const socket of frozen) socket.pause();
    this.#pairs.clear();
    return () => frozen.forEach((socket) => socket.resume());
  }

  #accept(near, port) {
    near.on("error", () => undefined);
    if (!this.#open) return near.resetAndDestroy();
    const far = connect(port, "127.0.0.1");
    far.on("error", () => near.destroy());
    const pair = [near, far];
    this.#pairs.add(pair);
    near.on("close", () => (this.#pairs.delete(pair), far.destroy()));
    far.on("close", () => (this.#pairs.delete(pair), near.destroy()));
    near.pipe(far);
    far.pipe(near);
  }
}
