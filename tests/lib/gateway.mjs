// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway itself: the built program, with a configuration of this run.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { eventually, ROOT } from "./run.mjs";

const PROGRAM = process.env["PATCHCORD"] ?? `${ROOT}/build/release/patchcord`;

export class Gateway {
  constructor(child, ports, folder) {
    this.child = child;
    this.ports = ports;
    this.folder = folder;
    this.ws = `ws://127.0.0.1:${ports.http}/`;
    this.page = `http://127.0.0.1:${ports.http}/`;
  }

  /**
   * `domains`: SIP servers it may use; `codecs.browser`, `codecs.sip`, `limits`, `registrar` as in
   * docs/configuration.md; `sip`: keys of that section, or a function that gives them for the port.
   * `address`: of the browsers' media. `ports`: those of a gateway that has ended, to take its place.
   * `program`: another build. The log has every SIP message, for diagnosis and for the search for secrets,
   * unless `trace` is false.
   */
  static async start(
    run,
    {
      name = "patchcord",
      kamailio,
      domains,
      codecs = {},
      limits = {},
      registrar,
      sip: signalling,
      more = {},
      ports,
      address = "127.0.0.1",
      program = PROGRAM,
      trace = true,
    } = {},
  ) {
    assert.ok(existsSync(program), `${program} is not built: cmake --preset release && cmake --build --preset release`);
    ports ??= {
      http: await run.port(),
      admin: await run.port(),
      rtc: await run.port(8),
      sip: await run.port(),
      rtp: await run.port(80),
    };
    const { http, admin, rtc, sip, rtp } = ports;
    const folder = run.dir(name);
    // JSON is YAML.
    const config = {
      listen: { http: `127.0.0.1:${http}`, https: "off", admin: `127.0.0.1:${admin}` },
      state: `${folder}/state`,
      web: { root: `${ROOT}/phone/dist` },
      rtc: { addresses: [address], port: rtc, workers: 2 },
      sip: {
        listen: [`udp:127.0.0.1:${sip}`],
        address: "127.0.0.1",
        domains: domains ?? [`127.0.0.1:${kamailio?.port ?? 5060}`],
        ...(typeof signalling === "function" ? signalling(sip) : signalling),
      },
      rtp: { address: "127.0.0.1", ports: `${rtp}-${rtp + 79}` },
      ...(registrar && { registrar }),
      ...(Object.keys(codecs).length > 0 && { codecs }),
      ...(Object.keys(limits).length > 0 && { limits }),
      log: { level: "debug" },
      ...more,
    };
    const file = `${folder}/patchcord.yaml`;
    writeFileSync(file, JSON.stringify(config, null, 2));
    const child = run.spawn(name, program, ["run", "--config", file, ...(trace ? ["--trace-sip"] : [])]);
    const gateway = new Gateway(child, ports, folder);
    await gateway.#isReady();
    return gateway;
  }

  /** `patchcord demo`: two users, an echo, and nobody else. */
  static async demo(run, { name = "patchcord-demo", http } = {}) {
    http ??= await run.port();
    const child = run.spawn(name, PROGRAM, ["demo", "--http", `127.0.0.1:${http}`], { cwd: run.dir(name) });
    await child.waitFor(/Patchcord is running/);
    return new Gateway(child, { http });
  }

  async health() {
    return (await this.#get("/healthz")).json();
  }

  async calls() {
    return (await (await this.#get("/api/calls")).json()).calls;
  }

  /** Is it ready for new calls? The status of /readyz and what it says. */
  async readiness() {
    const response = await this.#get("/readyz");
    return { status: response.status, ...(await response.json()) };
  }

  /** The metrics by name, labels and all: `{"patchcord_calls": 1, 'x_total{reason="busy"}': 2}`. */
  async metrics() {
    const text = await (await this.#get("/metrics")).text();
    const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
    return Object.fromEntries(lines.map((line) => line.match(/^(.*) (\S+)$/).slice(1)).map(([k, v]) => [k, Number(v)]));
  }

  /** The records of the last calls that ended, the last one first. */
  async ended() {
    return (await (await this.#get("/api/calls/ended")).json()).calls;
  }

  /** The call records written so far. */
  records() {
    const lines = readFileSync(`${this.folder}/state/calls.jsonl`, "utf8").split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  }

  log() {
    return this.child.output();
  }

  /** Nothing of any call is left: neither a call nor a media port. */
  async isIdle() {
    await eventually(
      async () => {
        const [health, calls] = [await this.health(), await this.calls()];
        assert.deepEqual({ calls, pairs: health.rtpPortPairs }, { calls: [], pairs: 0 });
        return true;
      },
      { timeout: 5_000 },
    );
  }

  /** SIGTERM, and the goodbye it owes: no call left behind, exit code 0. */
  async stop({ grace = 15_000 } = {}) {
    assert.ok(this.child.isRunning(), `the gateway died: ${JSON.stringify(this.child.end)}; ${this.child.log}`);
    if (this.ports.admin) await this.isIdle();
    const end = await this.child.stop({ grace });
    assert.deepEqual(end, { code: 0, signal: null }, this.child.log);
  }

  #get(path) {
    return fetch(`http://127.0.0.1:${this.ports.admin}${path}`, { signal: AbortSignal.timeout(5_000) });
  }

  async #isReady() {
    await eventually(
      async () => {
        if (!this.child.isRunning()) return true;
        return (await this.health()).status === "ok";
      },
      { timeout: 10_000, what: "the gateway's /healthz" },
    );
    assert.ok(this.child.isRunning(), `the gateway did not start:\n${this.log()}`);
  }
}
