// SPDX-License-Identifier: GPL-3.0-or-later
// What bad peers do to a SIP stream: frames that lie about their length, messages that never end, connections that
// only sit there, TLS that is too old or no TLS at all; over TCP and TLS, each beside a good peer who must not notice.
// Entries 4 and 18 of part 2.1 of the catalogue of attacks.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { Gateway } from "../lib/gateway.mjs";
import { delay, eventually, ROOT, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

const CERTIFICATES = `${ROOT}/tests/corpora/tls`;
const read = (file) => readFileSync(`${CERTIFICATES}/${file}`);

let run, gateway, page, ports, tlsPort;
const home = `127.${20 + Math.floor(Math.random() * 100)}.${process.pid % 250}.${1 + Math.floor(Math.random() * 250)}`;

before(async () => {
  run = await Run.start(import.meta.url);
  ports = { TCP: await run.port(), TLS: await run.port() };
  tlsPort = await run.port();
  gateway = await Gateway.start(run, {
    domains: [home, { host: `127.0.0.1:${tlsPort}`, transport: "tls", ca: `${CERTIFICATES}/ca.crt` }],
    sip: (port) => ({
      listen: [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${ports.TCP}`, `tls:127.0.0.1:${ports.TLS}`],
      tls: { certificate: `${CERTIFICATES}/sip.crt`, key: `${CERTIFICATES}/test.key` },
    }),
  });
  // Only the server of somebody who is signed in is answered: that is we.
  const registrar = createSocket("udp4");
  await new Promise((resolve) => registrar.bind(5060, home, resolve));
  run.onEnd(() => new Promise((resolve) => registrar.close(resolve)));
  registrar.on("message", (bytes, from) => {
    if (!String(bytes).startsWith("REGISTER ")) return;
    registrar.send(accepted(String(bytes)), from.port, from.address);
  });
  page = await Wcs.connect(gateway.ws);
  page.send("connection", { sipLogin: "1001", sipPassword: "none", sipDomain: home, sipPort: "5060" });
  await page.expect("registered");
});
after(() => run?.end());

function accepted(request) {
  const kept = request.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq|Contact):/.test(line));
  return ["SIP/2.0 200 OK", ...kept, "Content-Length: 0", "", ""].join("\r\n");
}

const dial = {
  TCP: () => connect({ host: "127.0.0.1", port: ports.TCP, localAddress: home }),
  TLS: (options) =>
    connectTls({
      host: "127.0.0.1",
      port: ports.TLS,
      localAddress: home,
      servername: "sip.test",
      ca: read("ca.crt"),
      ...options,
    }),
};

/** A peer whose answers are in `text`; `over` resolves with the milliseconds until the gateway ended it. */
async function peer(transport, options) {
  const socket = dial[transport](options);
  const made = performance.now();
  const it = { socket, text: "", isOver: false };
  socket.on("data", (data) => (it.text += data.toString("latin1")));
  socket.on("error", (error) => (it.error ??= error));
  it.over = new Promise((resolve) => socket.on("close", () => ((it.isOver = true), resolve(performance.now() - made))));
  const ready = new Promise((resolve) => socket.once(transport === "TLS" ? "secureConnect" : "connect", resolve));
  await Promise.race([ready, it.over]);
  return it;
}

let number = 0;
const message = (transport, { method = "OPTIONS", length = ["Content-Length: 0"], body = "" } = {}) =>
  [
    `${method} sip:gateway@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${transport} ${home}:5060;branch=z9hG4bK-${++number}-${Math.random()}`,
    "From: <sip:test@example.com>;tag=1",
    "To: <sip:gateway@127.0.0.1>",
    `Call-ID: ${number}`,
    `CSeq: 1 ${method}`,
    "Contact: <sip:test@127.0.0.1>",
    "Max-Forwards: 70",
    ...length,
    "",
    body,
  ].join("\r\n");

const answersOf = (it) => (it.text.match(/^SIP\/2\.0 \d{3}/gm) ?? []).map((line) => Number(line.slice(8)));

/** A good peer is served within a second. */
async function isAlive(transport) {
  const began = performance.now();
  const good = await peer(transport);
  good.socket.write(message(transport));
  await eventually(() => answersOf(good).includes(200), { every: 5, timeout: 3_000, what: "a 200 for a good peer" });
  good.socket.destroy();
  const took = performance.now() - began;
  assert.ok(took < 2_000, `${took} ms`);
  assert.ok(gateway.child.isRunning());
  return took;
}

for (const transport of ["TCP", "TLS"]) {
  describe(`over ${transport}`, () => {
    const LIES = {
      negative: ["Content-Length: -1"],
      huge: ["Content-Length: 99999999999999999999"],
      "larger than allowed": ["Content-Length: 70000"],
      "said twice": ["Content-Length: 0", "Content-Length: 5"],
      "no number": ["Content-Length: five"],
    };
    test("a length that lies is answered 400, and the connection ends with what hides behind it unread", async () => {
      for (const [name, length] of Object.entries(LIES)) {
        const bad = await peer(transport);
        bad.socket.write(message(transport, { length }) + message(transport, { method: "BYE" }));
        await bad.over;
        assert.deepEqual(answersOf(bad), [400], name);
      }
      const took = await isAlive(transport);
      console.log(`4: ${transport}: ${Object.keys(LIES).length} lengths that lie, each 400 and closed, good ${took | 0} ms`);
    });

    test("endless lines, headers and starts end the connection", async () => {
      for (const text of [
        "A".repeat(20_000),
        `OPTIONS sip:x SIP/2.0\r\n${"X: y\r\n".repeat(20_000)}`,
        "GET / HTTP/1.1\r\n\r\n",
        `${"\0".repeat(1000)}\r\n`,
      ]) {
        const bad = await peer(transport);
        bad.socket.write(text);
        await bad.over;
        assert.deepEqual(
          answersOf(bad).filter((status) => status < 400),
          [],
        );
      }
      await isAlive(transport);
    });

    test("half a message and then nothing, a byte at a time, and silence: given up after ten seconds", async () => {
      const whole = message(transport, { method: "INVITE", length: ["Content-Length: 500"] });
      const half = await peer(transport);
      half.socket.write(whole.slice(0, 150));
      const body = await peer(transport);
      body.socket.write(whole);
      const drip = await peer(transport);
      const dripping = setInterval(() => drip.socket.write(whole[at++ % whole.length]), 100);
      let at = 0;
      const idle = await Promise.all(Array.from({ length: 60 }, () => peer(transport)));
      const took = await isAlive(transport);
      const ends = await Promise.all([half, body, drip, ...idle].map(({ over }) => over));
      clearInterval(dripping);
      const longest = Math.max(...ends);
      console.log(
        `4: ${transport}: 63 that stall, all closed, the last after ${longest | 0} ms; meanwhile good ${took | 0} ms`,
      );
      assert.ok(longest < 20_000 && Math.min(...ends) > 5_000, String(ends));
    });

    test("sixty INVITEs, each followed by a reset: nothing is left of them", async () => {
      await Promise.all(
        Array.from({ length: 60 }, async () => {
          const bad = await peer(transport);
          bad.socket.write(message(transport, { method: "INVITE" }));
          await delay(Math.random() * 20);
          if (transport === "TCP") bad.socket.resetAndDestroy();
          else bad.socket.destroy();
        }),
      );
      await isAlive(transport);
      await gateway.isIdle();
    });

    test("two hundred requests in one breath are two hundred answers; pings are pongs", async () => {
      const good = await peer(transport);
      good.socket.write(Array.from({ length: 200 }, () => message(transport)).join("") + "\r\n\r\n".repeat(100));
      await eventually(() => answersOf(good).length === 200 && good.text.endsWith("\r\n".repeat(100)));
      assert.deepEqual(new Set(answersOf(good)), new Set([200]));
      good.socket.destroy();
    });
  });
}

describe("TLS that must not be", () => {
  test("old versions and open ciphers are refused", async () => {
    const offers = {
      "TLS 1.0": { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" },
      "TLS 1.1": { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
      anonymous: { maxVersion: "TLSv1.2", ciphers: "aNULL@SECLEVEL=0" },
      "no encryption": { maxVersion: "TLSv1.2", ciphers: "eNULL@SECLEVEL=0" },
    };
    for (const [name, options] of Object.entries(offers)) {
      const bad = await peer("TLS", options);
      await bad.over;
      assert.ok(bad.error, name);
      assert.match(String(bad.error.code), /_ALERT_/, `${name}: the gateway says no`);
    }
    for (const version of ["TLSv1.2", "TLSv1.3"]) {
      const good = await peer("TLS", { minVersion: version, maxVersion: version });
      assert.equal(good.socket.getProtocol(), version);
      good.socket.destroy();
    }
    console.log(`18: ${Object.keys(offers).length} kinds of TLS that must not be, all refused; 1.2 and 1.3 taken`);
  });

  test("plain text, half a hello and silence on the TLS port", async () => {
    const raw = () => {
      const socket = connect({ host: "127.0.0.1", port: ports.TLS, localAddress: home });
      socket.on("error", () => {});
      socket.resume();
      const made = performance.now();
      return { socket, over: new Promise((resolve) => socket.on("close", () => resolve(performance.now() - made))) };
    };
    const plain = raw();
    plain.socket.write(message("TLS"));
    assert.ok((await plain.over) < 2_000);
    const half = raw();
    half.socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0]));
    const silent = Array.from({ length: 60 }, raw);
    const took = await isAlive("TLS");
    const ends = await Promise.all([half, ...silent].map(({ over }) => over));
    console.log(`18: 61 handshakes that stall, the last closed after ${Math.max(...ends) | 0} ms; good ${took | 0} ms`);
    assert.ok(Math.max(...ends) < 12_000);
  });

  // What a server shows, and what the page is told.
  const SERVERS = {
    expired: { options: { cert: "expired.crt" }, reason: "tls_untrusted", words: /expired/ },
    "of another name": { options: { cert: "uri.crt" }, reason: "tls_untrusted", words: /uri\.test, not of 127\.0\.0\.1/ },
    "signed by itself": { options: { cert: "self.crt" }, reason: "tls_untrusted", words: /self-signed/ },
    "too old": {
      options: { cert: "sip.crt", minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
      reason: "tls_failed",
      words: /handshake/,
    },
  };
  for (const [name, { options, reason, words }] of Object.entries(SERVERS)) {
    test(`a SIP server whose TLS is ${name} is not spoken to`, async () => {
      let heard = "";
      const server = createTlsServer({ ...options, cert: read(options.cert), key: read("test.key") }, (socket) => {
        socket.on("data", (data) => (heard += data));
        socket.on("error", () => {});
      });
      server.on("tlsClientError", () => {});
      await new Promise((resolve) => server.listen(tlsPort, "127.0.0.1", resolve));
      const wcs = await Wcs.connect(gateway.ws);
      wcs.send("connection", {
        sipLogin: "1001",
        sipPassword: "sesame",
        sipDomain: "127.0.0.1",
        sipOutboundProxy: "127.0.0.1",
        sipPort: String(tlsPort),
      });
      const fail = await wcs.expect("fail", { timeout: 8_000 });
      assert.equal(fail.reason, reason, JSON.stringify(fail));
      assert.match(fail.info, words);
      assert.equal(heard, "", "not a byte of SIP");
      await wcs.close();
      server.close();
    });
  }
});

test("the gateway is as it was, and it ends well", async () => {
  await page.close();
  await gateway.stop();
});
