// SPDX-License-Identifier: GPL-3.0-or-later
// Stock Firefox as drive.mjs says, by WebDriver BiDi. Its fake microphone is a tone of 1000 Hz. It pairs with
// no loopback address: the gateway must be on one of another kind (see namespace.mjs).
import { createWriteStream } from "node:fs";
import puppeteer from "puppeteer-core";
import { eventually } from "../run.mjs";
import { OBSERVE, PATIENCE_MS, WIDE } from "./drive.mjs";

const TONE_HZ = 1000;
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.navigator.audio.fake_frequency": TONE_HZ,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  "dom.disable_beforeunload": true,
  "media.gmp-manager.updateEnabled": false,
  "app.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "intl.accept_languages": "en-GB",
  "ui.prefersReducedMotion": 1,
};

export class FirefoxDrive {
  name = "firefox";

  constructor(browser, log) {
    this.browser = browser;
    this.log = log;
  }

  static async start(run) {
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr",
      headless: true,
      extraPrefsFirefox: PREFERENCES,
      env: { ...process.env, HOME: run.dir("firefox-home"), MOZ_DISABLE_CONTENT_SANDBOX: "1" },
      protocolTimeout: 120_000,
    });
    const log = createWriteStream(`${run.folder}/firefox.log`, { flags: "a" });
    run.onEnd(async () => {
      await browser.close();
      log.end();
    });
    return new FirefoxDrive(browser, log);
  }

  async open(url, { viewport = WIDE, dark = false, beside, init = "" } = {}) {
    const context = beside?.raw.browserContext() ?? (await this.browser.createBrowserContext());
    const raw = await context.newPage();
    raw.setDefaultTimeout(PATIENCE_MS);
    const page = new Page(raw);
    raw.on("console", (message) => {
      this.log.write(`${message.type()}: ${message.text()}\n`);
      if (message.type() === "error") page.problems.push(message.text());
    });
    raw.on("pageerror", (error) => {
      this.log.write(`uncaught: ${error.stack}\n`);
      page.problems.push(`uncaught: ${error.message}`);
    });
    await raw.setViewport(viewport);
    // BiDi has no colour scheme to set: the page's own setting does the same.
    const theme = dark ? `localStorage.setItem("patchcord.preferences", '{"theme":"dark"}');` : "";
    await raw.evaluateOnNewDocument(`${OBSERVE}${init}${theme}`);
    await raw.goto(url);
    return page;
  }
}

class Page {
  problems = [];

  constructor(raw) {
    this.raw = raw;
  }
  goto = (url) => this.raw.goto(url);
  back = () => this.raw.evaluate(() => history.back());
  reload = () => this.raw.reload();
  front = () => this.raw.bringToFront();
  press = (key) => this.raw.keyboard.press(key);
  type = (text) => this.raw.keyboard.type(text);
  see = (selector, timeout = PATIENCE_MS) => this.#until(selector, true, timeout);
  gone = (selector, timeout = PATIENCE_MS) => this.#until(selector, false, timeout);
  text = (selector) => this.raw.$eval(selector, (element) => element.innerText);
  value = (selector) => this.raw.$eval(selector, (element) => element.value);
  attribute = (selector, name) => this.raw.$eval(selector, (element, asked) => element.getAttribute(asked), name);
  count = (selector) => this.raw.$$eval(selector, (elements) => elements.length);
  run = (work, argument) => this.raw.evaluate(work, argument);
  shot = (path) => this.raw.screenshot({ path });
  close = () => this.raw.close();
 choose = async (selector, value) => {
    await this.see(selector);
    await this.raw.select(selector, value);
  };

  // Asked from here: a tab behind another draws no frames, which the driver's own waiting stands on.
  #until(selector, wanted, timeout) {
    const isSeen = (asked) => (document.querySelector(asked)?.getClientRects().length ?? 0) > 0;
    const what = `${selector} ${wanted ? "on" : "off"} the screen`;
    return eventually(async () => (await this.raw.evaluate(isSeen, selector)) === wanted, { timeout, what });
  }

  async #inFront(selector) {
    await this.see(selector);
    await this.front();
    return this.raw.$(selector);
  }

  async click(selector) {
    const element = await this.#inFront(selector);
    await element.click();
  }

  async fill(selector, text) {
    const element = await this.#inFront(selector);
    await element.evaluate((field) => field.select());
    await this.raw.keyboard.press("Backspace");
    await element.type(text);
  }

  async hearsItself(seconds) {
    const { rate, text } = await this.raw.evaluate(record, seconds + 1);
    const bytes = Buffer.from(text, "base64");
    const samples = Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(i * 2) / 32768);
    return judgeTone(samples, rate, seconds);
  }
}

const WINDOW_SECONDS = 0.05;

/** Whether `samples` are the tone of the fake microphone, from its first sound on and without a gap. */
function judgeTone(samples, rate, seconds) {
  const size = Math.round(rate * WINDOW_SECONDS);
  const windows = Array.from({ length: Math.floor(samples.length / size) }, (_, i) =>
    shareOfTone(samples.subarray(i * size, (i + 1) * size), rate),
  );
  const begin = windows.findIndex((share) => share > 0.5);
  if (begin < 0) return ["no tone at all"];
  const wanted = windows.slice(begin + 1, begin + 1 + seconds / WINDOW_SECONDS);
  const bad = wanted.filter((share) => share < 0.5).length;
  const problems = [];
  if (wanted.length * WINDOW_SECONDS < seconds * 0.8) problems.push(`only ${wanted.length * WINDOW_SECONDS} s of sound`);
  if (bad > wanted.length * 0.05) problems.push(`no tone in ${bad} of ${wanted.length} windows`);
  return problems;
}

/** The power at the tone as a share of all there is, by Goertzel's algorithm; 0 for silence. */
function shareOfTone(samples, rate) {
  const k = 2 * Math.cos((2 * Math.PI * TONE_HZ) / rate);
  let [s1, s2, power] = [0, 0, 0];
  for (const value of samples) {
    [s1, s2] = [value + k * s1 - s2, s1];
    power += value * value;
  }
  if (power / samples.length < 1e-5) return 0;
  return (2 * (s1 * s1 + s2 * s2 - k * s1 * s2)) / (samples.length * power);
}

/**
 * In the page: what the other side sends for `seconds`. A headless Firefox without a sound card runs no
 * AudioContext, but it records and decodes.
 */
async function record(seconds) {
  const RATE = 48_000;
  const recorder = new MediaRecorder(new MediaStream([window.lab.remoteTrack()]));
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  recorder.stop();
  await stopped;
  const bytes = await new Blob(parts).arrayBuffer();
  const decoded = await new OfflineAudioContext(1, RATE, RATE).decodeAudioData(bytes);
  const shorts = Int16Array.from(decoded.getChannelData(0), (value) => Math.max(-1, Math.min(1, value)) * 32767);
  const raw = new Uint8Array(shorts.buffer);
  let text = "";
  for (let i = 0; i < raw.length; i += 32768) text += String.fromCharCode(...raw.subarray(i, i + 32768));
  return { rate: decoded.sampleRate, text: btoa(text) };
}
