// SPDX-License-Identifier: GPL-3.0-or-later
// A network of the test's own. A test file that calls enterNamespace() first runs again inside a new network
// namespace, which has the loopback, the address below and a default route that leads nowhere: Firefox makes
// no connection without one, and never one to the loopback.
import { spawnSync } from "node:child_process";
import process from "node:process";

export const ADDRESS = "10.98.0.1";

const SETUP = [
  "ip link set lo up",
  "ip link add gw0 type ifb",
  `ip addr add ${ADDRESS}/24 dev gw0`,
  "ip link set gw0 up",
  "ip route add default via 10.98.0.254 dev gw0",
  'exec "$@"',
].join(" && ");

/** Returns inside; outside it runs the program anew and ends with it, what it prints being printed here. */
export function enterNamespace() {
  if (process.env["PATCHCORD_NAMESPACE"]) return;
  const asRoot = process.getuid() === 0 ? [] : ["--map-root-user"];
  const { status, error } = spawnSync(
    "unshare",
    ["--net", ...asRoot, "sh", "-c", SETUP, "sh", process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: "inherit", env: { ...process.env, PATCHCORD_NAMESPACE: "1" } },
  );
  if (error) throw error;
  process.exit(status ?? 1);
}
