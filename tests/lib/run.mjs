// SPDX-License-Identifier: GPL-3.0-or-later
// One run of one test file: its folder under build/test-work, its ports, its child processes. Whatever is
// started here is ended here, by its process id, also when the test dies. What a child prints stays in
// the folder for whoever has to find out why a test failed.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export { delay };

/** Below the ephemeral ports of Linux (32768), so that no client's port is in the way. */
const FIRST_PORT = 11_000;
const LAST_PORT = 31_000;
const BLOCK = 500;

export class Run {
  #children = new Set();
  #closers = [];
  #claim;
  #next;

  constructor(folder, claim) {
    this.folder = folder;
    this.#claim = claim.server;
    this.#next = claim.port + 1;
  }

  /** Node's module url of the test file gives the folder its name. */
  static async start(url) {
    const name = fileURLToPath(url)
      .replace(`${ROOT}/tests/`, "")
      .replace(/\.test\.mjs$/, "")
      .replaceAll("/", "-");
    const folder = `${ROOT}/build/test-work/${name}`;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const run = new Run(folder, await claimBlock());
    process.on("exit", () => run.#killAll());
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(1));
    return run;
  }

  /** The first of `count` ports in a row that are free for UDP and TCP, starting at an even one. */
  async port(count = 1) {
    for (;;) {
      const first = this.#next + (this.#next % 2);
      this.#next = first + count;
      if (count > 20) return first; // a range whose user skips busy ports
      const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)));
      if (free.every(Boolean)) return first;
    }
  }

  /** A sub-folder, made. */
  dir(name) {
    const path = `${this.folder}/${name}`;
    mkdirSync(path, { recursive: true });
    return path;
  }

  spawn(name, command, args, options = {}) {
    const child = new Child(name, `${this.folder}/${name}.log`, command, args, options);
    this.#children.add(child);
    child.exited.then(() => this.#children.delete(child));
    return child;
  }

  /** Something to close at the end, last come first. */
  onEnd(close) {
    this.#closers.push(close);
  }

  async end() {
    for (const close of this.#closers.reverse()) await close();
    await Promise.all([...this.#children].map((child) => child.stop()));
    this.#claim.close();
  }

  /** The texts of all logs and generated files of this run, by path: what must hold no secret, say. */
  texts(filter = (path) => path.endsWith(".log")) {
    const names = readdirSync(this.folder, { recursive: true, withFileTypes: true });
    const paths = names.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
    return new Map(paths.filter(filter).map((path) => [path, readFileSync(path, "utf8")]));
  }

  #killAll() {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}

export class Child {
  #process;
  #output = "";
  #watchers = new Set();

  constructor(name, log, command, args, { cwd, env, input } = {}) {
    this.name = name;
    this.log = log;
    const stdin = input === undefined ? "pipe" : input;
    // A group of its own: Kamailio's workers go with their parent.
    this.#process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [stdin, "pipe", "pipe"],
      detached: true,
    });
    this.pid = this.#process.pid;
    const file = createWriteStream(log, { flags: "a" });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        file.write(text);
        this.#output += text;
        for (const watch of this.#watchers) watch();
      });
    }
    this.exited = new Promise((resolve) => {
      this.#process.on("error", (error) => resolve({ code: -1, signal: null, error }));
      this.#process.on("close", (code, signal) => resolve({ code, signal }));
    });
    this.exited.then((end) => {
      this.end = end;
      file.end();
      for (const watch of this.#watchers) watch();
    });
  }

  /** Everything printed so far, on both streams. */
  output() {
    return this.#output;
  }

  isRunning() {
    return this.end === undefined;
  }

  write(text) {
    this.#process.stdin.write(text);
  }

  /** The first match of `pattern` in the output from position `from` on. Rejects with the log's tail. */
  waitFor(pattern, { timeout = 10_000, from = 0 } = {}) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle(value);
      };
      const fail = (why) =>
        done(
          reject,
          new Error(`${this.name}: ${why} waiting for ${pattern}; ${this.log} ends:\n${this.#output.slice(-2000)}`),
        );
      const check = () => {
        const found = pattern.exec(this.#output.slice(from));
        if (found) done(resolve, found);
        else if (this.end) fail(`ended (${JSON.stringify(this.end)})`);
      };
      const timer = setTimeout(() => fail(`nothing within ${timeout} ms`), timeout);
      this.#watchers.add(check);
      check();
    });
  }

  kill(signal) {
    if (this.end || !this.pid) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // gone in between
    }
  }

  /** SIGTERM to the leader, and after `grace` milliseconds the end for all. Resolves with code and signal. */
  async stop({ signal = "SIGTERM", grace = 5_000 } = {}) {
    if (!this.end) this.#process.kill(signal);
    const timer = setTimeout(() => this.kill("SIGKILL"), grace);
    const end = await this.exited;
    clearTimeout(timer);
    return end;
  }
}

/** Repeats `probe` until it gives something true, or throws what it last threw. */
export async function eventually(probe, { timeout = 5_000, every = 50, what = "condition" } = {}) {
  const deadline = performance.now() + timeout;
  for (;;) {
    let failure;
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw failure ?? new Error(`${what} did not come true within ${timeout} ms`);
    await delay(every);
  }
}

// A block of ports is ours while we listen on its first one; others that want it move on.
async function claimBlock() {
  const blocks = (LAST_PORT - FIRST_PORT) / BLOCK;
  const start = Math.floor(Math.random() * blocks);
  for (let i = 0; i < blocks; ++i) {
    const port = FIRST_PORT + ((start + i) % blocks) * BLOCK;
    const server = createServer();
    const claimed = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (claimed) return { server: server.unref(), port };
  }
  throw new Error("no block of ports is free");
}

/** Whether nobody has the port, neither for TCP nor for UDP. */
export async function isFree(port, address = "0.0.0.0") {
  const tcp = await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
  if (!tcp) return false;
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.once("error", () => resolve(false));
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}
