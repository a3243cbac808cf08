// SPDX-License-Identifier: GPL-3.0-or-later
// The torture messages of RFC 4475, sent to the built gateway as datagrams, and its answers on the wire
// against a table. tests/unit/sip knows what the parser says; this knows what a peer sees, and that the
// gateway is alive after each.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { ANSWERS, FOLDER, NAMES, NOTHING } from "../lib/rfc4475.mjs";
import { eventually, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

let run, gateway, page, socket, stranger;
const inbox = [];
const strangersInbox = [];
// Addresses of our own within the loopback network: their port 5060 is where answers go, and free.
const [home, elsewhere] = [20, 120].map(
  (first) =>
    `127.${first + Math.floor(Math.random() * 100)}.${process.pid % 250}.${1 + Math.floor(Math.random() * 250)}`,
);

async function listen(address, port, into) {
  const opened = createSocket("udp4");
  opened.on("message", (bytes) => into.push(bytes.toString("latin1")));
  await new Promise((resolve, reject) => opened.once("error", reject).bind(port, address, resolve));
  run.onEnd(() => new Promise((resolve) => opened.close(resolve)));
  return opened;
}
const send = (bytes, from = socket) =>
  new Promise((resolve, reject) =>
    from.send(bytes, gateway.ports.sip, "127.0.0.1", (error) => (error ? reject(error) : resolve())),
  );

before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { domains: [home] });
  socket = await listen(home, 5060, inbox);
  await listen(home, 5050, inbox); // where quotbal.dat wants its answer
  stranger = await listen(elsewhere, 5060, strangersInbox);
  // The gateway speaks only to the servers of those who are signed in: so somebody is, with us as his server.
  page = await Wcs.connect(gateway.ws);
  page.send("connection", { sipLogin: "1001", sipPassword: "none", sipDomain: home, sipPort: "5060" });
  const register = await eventually(() => inbox.find((text) => text.startsWith("REGISTER ")));
  const kept = register.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq|Contact):/.test(line));
  await send(Buffer.from(["SIP/2.0 200 OK", ...kept, "Content-Length: 0", "", ""].join("\r\n")));
  await page.expect("registered");
});
after(() => run.end());

let pings = 0;
let good = 0;
/** Nobody ACKs here: the answer to an INVITE comes again, beside those to later messages. */
const seen = new Set();

/** Sends a good OPTIONS and waits for its 200: what came before has been dealt with then. */
async function isAlive() {
  const id = `alive-${++pings}`;
  const lines = [
    "OPTIONS sip:gateway@127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/UDP ${home}:5060;branch=z9hG4bK-${id}`,
    "From: <sip:test@example.com>;tag=1",
    "To: <sip:gateway@127.0.0.1>",
    `Call-ID: ${id}`,
    "CSeq: 1 OPTIONS",
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  await send(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  const deadline = performance.now() + 3_000;
  while (!inbox.some((text) => text.includes(id))) {
    assert.ok(
      performance.now() < deadline && gateway.child.isRunning(),
      "the gateway does not answer an OPTIONS any more",
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("the table has every file", () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".dat"));
  assert.deepEqual(Object.keys(ANSWERS).sort(), files.map((name) => name.replace(".dat", "")).sort());
});

for (const [name, wanted] of Object.entries(ANSWERS)) {
  test(`${name}: ${wanted}`, async () => {
    inbox.length = 0;
    strangersInbox.length = 0;
    const text = readFileSync(`${FOLDER}/${name}.dat`, "latin1");
    // It travels by UDP whatever it says: only the topmost Via is made to agree.
    const bytes = Buffer.from(
      text.replace(/^(via|v)(\s*:\s*SIP\s*\/\s*[27]\.0\s*\/\s*)(TCP|TLS)/im, "$1$2UDP"),
      "latin1",
    );
    await send(bytes, stranger);
    await send(bytes);
    await isAlive();
    assert.deepEqual(strangersInbox, [], "a stranger is told nothing");
    const answers = inbox
      .filter((answer) => !answer.includes("alive-") && !seen.has(answer))
      .map((answer) => ({ status: Number(/^SIP\/2\.0 (\d{3}) /.exec(answer)?.[1]), answer }));
    for (const { answer } of answers) seen.add(answer);
    const finals = answers.filter(({ status }) => status >= 200);
    const allowed = [wanted].flat();
    assert.ok(finals.length <= 1, `${finals.length} answers`);
    assert.ok(allowed.includes(finals[0]?.status ?? NOTHING), `${finals[0]?.answer ?? "no answer"}\nto\n${text}`);
    if (finals[0] && NAMES[finals[0].status]) assert.match(finals[0].answer, NAMES[finals[0].status]);
    if (name === "bext01")
      assert.match(finals[0].answer, /^Unsupported: .*nothingSupportsThis.*nothingSupportsThisEither/m);
    ++good;
  });
}

test("the gateway is as it was: no call, no port, and it ends well", async () => {
  console.log(`F-01: UDP: ${Object.keys(ANSWERS).length} messages, ${good} answered as the table says, alive`);
  await page.close();
  await gateway.stop();
});
