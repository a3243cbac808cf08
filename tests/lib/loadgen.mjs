// SPDX-License-Identifier: GPL-3.0-or-later
// The load generator (tools/loadgen) against a gateway of this run: many real calls, each listened to at
// both ends.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { Gateway } from "./gateway.mjs";
import { ROOT } from "./run.mjs";

const PROGRAM = process.env["LOADGEN"] ?? `${ROOT}/build/bench/loadgen`;
/** As it is run: gaps and memory are measured, which a sanitizer changes. */
const GATEWAY = process.env["LOADED_PATCHCORD"] ?? `${ROOT}/build/bench/patchcord`;

/** Above the blocks of the runs; the gateway skips what somebody else has. */
const MANY_PORTS = 40_000;

/** A gateway for `pairs` calls at once that may call the generator's phones; quiet, as it is run. */
export async function loadedGateway(run, { name, pairs = 100, limits = {}, more = {} } = {}) {
  const phones = await run.port();
  const rtp = pairs > 150 ? MANY_PORTS : await run.port(2 * pairs);
  const gateway = await Gateway.start(run, {
    name,
    domains: [`127.0.0.1:${phones}`],
    // All pages come from one address.
    limits: { connections_per_address: 2000, ...limits },
    trace: false,
    program: GATEWAY,
    more: { rtp: { address: "127.0.0.1", ports: `${rtp}-${rtp + 2 * pairs + (pairs > 150 ? 200 : -1)}` }, log: { level: "info" }, ...more },
  });
  return Object.assign(gateway, { phones: `127.0.0.1:${phones}` });
}

/**
 * Plays a load and gives what the generator says of it (tools/loadgen/README.md); `options` are those of
 * its command line: { atOnce: 50, calls: 100, mix: "talk=9,busy=1" }. What the summary says is in
 * `text`. `phones`: where they take SIP, if not where the gateway was told.
 */
export async function load(run, gateway, { name = "load", timeout = 600_000, phones, ...options }) {
  assert.ok(existsSync(PROGRAM), `${PROGRAM} is not built: cmake --preset bench && cmake --build --preset bench`);
  const json = `${run.folder}/${name}.json`;
  const words = Object.entries(options).flatMap(([option, value]) => [
    `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  const child = run.spawn(name, PROGRAM, [
    ...["--web", `127.0.0.1:${gateway.ports.http}`, "--admin", `127.0.0.1:${gateway.ports.admin}`],
    ...["--pid", String(gateway.child.pid), "--phones", phones ?? gateway.phones, "--json", json, ...words],
  ]);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const end = await child.exited;
  clearTimeout(timer);
  assert.ok(existsSync(json), `${name} ended (${JSON.stringify(end)}) without a result:\n${child.output()}`);
  return { ...JSON.parse(readFileSync(json, "utf8")), text: child.output() };
}

/** All calls of a load went as they had to, and the gateway is as it was before. */
export function assertWell(result) {
  assert.deepEqual(result.faults, [], result.text);
}
