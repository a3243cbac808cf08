// SPDX-License-Identifier: GPL-3.0-or-later
// A real Chromium whose microphone is a known voice, and pages to drive in it.
import { createReadStream, createWriteStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "./run.mjs";
import { BROWSER, voice } from "./sound.mjs";
import { writeWav } from "./wav.mjs";

const MOUNTS = {
  "/page/": `${ROOT}/tests/browser/page/`,
  "/sdk/": `${ROOT}/sdk/dist/`,
  "/vendor/": `${ROOT}/node_modules/@flashphoner/websdk/`,
};
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

export class Lab {
  constructor(browser, leader, origin, log) {
    this.browser = browser;
    this.leader = leader;
    this.origin = origin;
    this.log = log;
  }

  /**
   * `asksForMicrophone`: the browser asks for it as it asks a user; else it is given to every page. `args`: more
   * of Chromium's options.
   */
  static async start(run, { asksForMicrophone = false, args = [] } = {}) {
    const microphone = `${run.folder}/microphone.wav`;
    writeWav(microphone, voice(BROWSER, 48_000), 48_000);
    const launched = await chromium.launchServer({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        ...(asksForMicrophone ? [] : ["--use-fake-ui-for-media-stream"]),
        `--use-file-for-fake-audio-capture=${microphone}`,
        "--autoplay-policy=no-user-gesture-required",
        ...args,
      ],
    });
    const browser = await chromium.connect(launched.wsEndpoint());
    const server = createServer(serve);
    const port = await run.port();
    await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
    const log = createWriteStream(`${run.folder}/chromium.log`, { flags: "a" });
    run.onEnd(async () => {
      await launched.close();
      server.closeAllConnections();
      server.close();
      log.end();
    });
    return new Lab(browser, launched.process().pid, `http://127.0.0.1:${port}`, log);
  }

  /** To every process of the browser. */
  signal(signal) {
    for (const pid of familyOf(this.leader)) process.kill(pid, signal);
  }

  /**
   * `kind`: ours or vendor, a page of tests/browser/page; or any address. `beside`: a page whose neighbour
   * tab it is to be.
   */
  async open(kind, { context: options = {}, init, beside } = {}) {
    const context =
      beside?.context() ??
      (await this.browser.newContext({ permissions: ["microphone"], locale: "en-GB", ...options }));
    const page = await context.newPage();
    page.problems = [];
    page.on("console", (message) => {
      this.log.write(`[${kind}] ${message.type()}: ${message.text()}\n`);
      if (message.type() === "error") page.problems.push(message.text());
    });
    page.on("pageerror", (error) => {
      this.log.write(`[${kind}] uncaught: ${error.stack}\n`);
      page.problems.push(`uncaught: ${error.message}`);
    });
    if (init) await page.addInitScript(init);
    await page.goto(/^http/.test(kind) ? kind : `${this.origin}/page/${kind}.html`);
    if (!/^http/.test(kind)) await page.waitForFunction(() => window.lab?.ready);
    return page;
  }
}

/** What the page hears for `seconds` from now: { rate, samples }. */
export async function listen(page, seconds) {
  const { rate, text } = await page.evaluate((duration) => window.lab.record(duration), seconds);
  const bytes = Buffer.from(text, "base64");
  return { rate, samples: Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(i * 2) / 32768) };
}

/** A process and its descendants. */
function familyOf(leader) {
  const parents = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      parents.set(Number(pid), Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]));
    } catch {
      // ended meanwhile
    }
  }
  const family = [leader];
  for (const parent of family) {
    for (const [pid, of] of parents) if (of === parent) family.push(pid);
  }
  return family.filter((pid) => parents.has(pid));
}

function serve(request, response) {
  const path = new URL(request.url, "http://x").pathname;
  const mount = Object.keys(MOUNTS).find((prefix) => path.startsWith(prefix));
  const file = mount && MOUNTS[mount] + path.slice(mount.length);
  if (!file || path.includes("..") || !existsSync(file) || !statSync(file).isFile())
    return response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  createReadStream(file).pipe(response);
}
