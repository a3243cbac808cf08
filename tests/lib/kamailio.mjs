// SPDX-License-Identifier: GPL-3.0-or-later
// A real Kamailio as the SIP server: configuration tests/peers/kamailio.cfg, users with digest.
import { readFileSync, writeFileSync } from "node:fs";
import { ROOT } from "./run.mjs";

const TEMPLATE = `${ROOT}/tests/peers/kamailio.cfg`;
const LOGINS = ["1001", "1002", "1003", "1004", "1423", "1503"];

/** Unlike any other text, so that a search through logs finds nothing by chance. */
export const passwordOf = (login) => `sesame-${login}-opens`;

export class Kamailio {
  constructor(child, { address, port, tlsPort }) {
    Object.assign(this, { child, address, port, tlsPort });
  }

  /**
   * `tls`: the name of a certificate of tests/corpora/tls; it then listens for TLS at `tlsPort` too. `also`: further
   * addresses to listen at by UDP, as "[::1]".
   */
  static async start(
    run,
    { name = "kamailio", algorithm = "MD5", address = "127.0.0.1", port, tls, tlsPort, also = [] } = {},
  ) {
    port ??= await run.port();
    if (tls) tlsPort ??= await run.port();
    const folder = run.dir(name);
    const words = {
      ADDRESS: address,
      REALM: "127.0.0.1",
      PORT: port,
      TLSPORT: tlsPort,
      CERTIFICATE: `${ROOT}/tests/corpora/tls/${tls}.crt`,
      KEY: `${ROOT}/tests/corpora/tls/test.key`,
      ALGORITHM: algorithm,
      LISTEN: also.map((host) => `listen=udp:${host}:${port}`).join("\n"),
      USERS: LOGINS.map((login) => `    $sht(users=>${login}) = "${passwordOf(login)}";`).join("\n"),
    };
    const text = readFileSync(TEMPLATE, "utf8").replace(/@([A-Z]+)@/g, (word, key) => words[key] ?? word);
    const config = `${folder}/kamailio.cfg`;
    writeFileSync(config, text);
    const args = ["-f", config, "-DD", "-E", "-Y", folder, "-P", `${folder}/kamailio.pid`];
    if (tls) args.push("-A", "WITH_TLS");
    const child = run.spawn(name, "kamailio", args);
    const kamailio = new Kamailio(child, { address, port, tlsPort });
    await child.waitFor(/Listening on/);
    await kamailio.#answers();
    return kamailio;
  }

  /** What a browser signs in with. */
  account(login, password = passwordOf(login), address = this.address) {
    return {
      sipLogin: login,
      sipPassword: password,
      sipDomain: address,
      sipOutboundProxy: address,
      sipPort: String(this.port),
    };
  }

  stop() {
    return this.child.stop();
  }

  /** Resolves with the match once a line of its log says so. Begin with `from` = log().length. */
  saw(pattern, options) {
    return this.child.waitFor(pattern, options);
  }

  log() {
    return this.child.output();
  }

  async #answers() {
    const { createSocket } = await import("node:dgram");
    const isV6 = this.address.startsWith("[");
    const socket = createSocket(isV6 ? "udp6" : "udp4");
    await new Promise((resolve) => socket.bind(0, isV6 ? "::1" : "127.0.0.1", resolve));
    const local = socket.address().port;
    const request = [
      `OPTIONS sip:${this.address}:${this.port} SIP/2.0`,
      `Via: SIP/2.0/UDP ${isV6 ? "[::1]" : "127.0.0.1"}:${local};branch=z9hG4bK-hello`,
      "From: <sip:test@127.0.0.1>;tag=1",
      `To: <sip:${this.address}>`,
      `Call-ID: hello-${local}`,
      "CSeq: 1 OPTIONS",
      "Max-Forwards: 5",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    try {
      await new Promise((resolve, reject) => {
        const ask = setInterval(() => socket.send(request, this.port, this.address.replace(/[[\]]/g, "")), 50);
        const late = setTimeout(() => reject(new Error(`Kamailio does not answer; ${this.child.log}`)), 10_000);
        socket.once("message", () => (clearInterval(ask), clearTimeout(late), resolve()));
        socket.once("error", reject);
      });
    } finally {
      socket.close();
    }
  }
}
