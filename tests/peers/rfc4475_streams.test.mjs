// SPDX-License-Identifier: GPL-3.0-or-later
// The torture messages of RFC 4475 over TCP and TLS, each on a connection of its own with a good OPTIONS behind it:
// the OPTIONS is answered where the end of the message could be told, and else the connection is over.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { Gateway } from "../lib/gateway.mjs";
import { ANSWERS, FOLDER, NAMES, NOTHING } from "../lib/rfc4475.mjs";
import { eventually, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

// Where a stream is not a datagram: its Content-Length decides where the next message begins.
const OVER_A_STREAM = {
  clerr: NOTHING, // 9999 bytes are promised: it is waited for, and given up after ten seconds
};
/** Two whole requests are two. */
const TWO = { dblreq: [405, 404] };

let run, gateway, page, ports;
const home = `127.${20 + Math.floor(Math.random() * 100)}.${process.pid % 250}.${1 + Math.floor(Math.random() * 250)}`;

before(async () => {
  run = await Run.start(import.meta.url);
  ports = { TCP: await run.port(), TLS: await run.port() };
  gateway = await Gateway.start(run, {
    domains: [home],
    sip: (port) => ({
      listen: [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${ports.TCP}`, `tls:127.0.0.1:${ports.TLS}`],
    }),
  });
  // Only the server of somebody who is signed in is answered: that is we.
  const registrar = createSocket("udp4");
  await new Promise((resolve) => registrar.bind(5060, home, resolve));
  run.onEnd(() => new Promise((resolve) => registrar.close(resolve)));
  registrar.on("message", (bytes, from) => {
    const text = String(bytes);
    if (!text.startsWith("REGISTER ")) return;
    const kept = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq|Contact):/.test(line));
    registrar.send(["SIP/2.0 200 OK", ...kept, "Content-Length: 0", "", ""].join("\r\n"), from.port, from.address);
  });
  page = await Wcs.connect(gateway.ws);
  page.send("connection", { sipLogin: "1001", sipPassword: "none", sipDomain: home, sipPort: "5060" });
  await page.expect("registered");
});
after(() => run?.end());

const dial = {
  TCP: () => connect({ host: "127.0.0.1", port: ports.TCP, localAddress: home }),
  // Our certificate is of the gateway's own making here; who it is, is tested elsewhere.
  TLS: () => connectTls({ host: "127.0.0.1", port: ports.TLS, localAddress: home, rejectUnauthorized: false }),
};

const alive = (transport) =>
  [
    "OPTIONS sip:gateway@127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/${transport} ${home}:5060;branch=z9hG4bK-${Math.random()}`,
    "From: <sip:test@example.com>;tag=1",
    "To: <sip:gateway@127.0.0.1>",
    "Call-ID: alive",
    "CSeq: 1 OPTIONS",
    "Max-Forwards: 70",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

/** What comes back for `bytes` and the OPTIONS behind them, until that is answered, the end, or silence. */
async function exchange(transport, bytes, patience = 400) {
  const socket = dial[transport]();
  let answer = "";
  let isOver = false;
  let changed = performance.now();
  socket.on("data", (data) => ((answer += data.toString("latin1")), (changed = performance.now())));
  socket.on("close", () => (isOver = true));
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once(transport === "TLS" ? "secureConnect" : "connect", resolve));
  changed = performance.now();
  socket.write(bytes);
  await eventually(
    () => isOver || /^Call-ID: alive\r$/m.test(answer) || performance.now() - changed > patience,
    { every: 5, timeout: 5_000 },
  );
  socket.destroy();
  const parts = answer.split(/(?=^SIP\/2\.0 \d{3} )/m).filter(Boolean);
  const isAlive = (text) => /^Call-ID: alive\r$/m.test(text);
  return { isOver, isAnswered: parts.some(isAlive), answers: parts.filter((text) => !isAlive(text)) };
}

for (const transport of ["TCP", "TLS"]) {
  describe(transport, () => {
    let good = 0;
    for (const [name, usual] of Object.entries(ANSWERS)) {
      const wanted = OVER_A_STREAM[name] ?? usual;
      test(`${name}: ${wanted}`, async () => {
        const text = readFileSync(`${FOLDER}/${name}.dat`, "latin1");
        const via = text.replace(/^(via|v)(\s*:\s*SIP\s*\/\s*[27]\.0\s*\/\s*)(UDP|TCP|TLS)/im, `$1$2${transport}`);
        const seen = await exchange(transport, Buffer.from(via + alive(transport), "latin1"));
        const finals = seen.answers
          .map((answer) => ({ status: Number(/^SIP\/2\.0 (\d{3}) /.exec(answer)[1]), answer }))
          .filter(({ status }) => status >= 200);
        if (TWO[name]) {
          assert.deepEqual(finals.splice(0).map(({ status }) => status), TWO[name]);
          return ++good;
        }
        const allowed = [wanted].flat();
        assert.ok(finals.length <= 1, `${finals.length} answers`);
        assert.ok(allowed.includes(finals[0]?.status ?? NOTHING), `${finals[0]?.answer ?? "no answer"}\nto\n${via}`);
        if (finals[0] && NAMES[finals[0].status]) assert.match(finals[0].answer, NAMES[finals[0].status]);
        const next = await exchange(transport, Buffer.from(alive(transport)), 3_000);
        assert.ok(next.isAnswered, "the next connection is served");
        ++good;
      });
    }
    test("printed", () => {
      const count = Object.keys(ANSWERS).length;
      console.log(`F-01: ${transport}: ${count} messages, ${good} answered as the table says, alive`);
    });
  });
}

test("the gateway is as it was: no call, no port, and it ends well", async () => {
  await page.close();
  await gateway.stop();
});
