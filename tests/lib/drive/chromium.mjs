// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium as drive.mjs says, on what browser.mjs starts: its microphone is a known voice.
import { Lab, listen } from "../browser.mjs";
import { BROWSER, judge } from "../sound.mjs";
import { OBSERVE, PATIENCE_MS, WIDE } from "./drive.mjs";

export class ChromiumDrive {
  name = "chromium";

  constructor(lab) {
    this.lab = lab;
  }

  /** `asksForMicrophone`: as for a user, not as for a test. */
  static async start(run, { asksForMicrophone = false } = {}) {
    return new ChromiumDrive(await Lab.start(run, { asksForMicrophone }));
  }

  async open(url, { viewport = WIDE, dark = false, locale = "en-GB", beside, init = "", permissions } = {}) {
    const context = {
      viewport,
      locale,
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      ...(permissions && { permissions }),
    };
    const raw = await this.lab.open(url, { context, init: OBSERVE + init, beside: beside?.raw });
    raw.setDefaultTimeout(PATIENCE_MS);
    raw.on("dialog", (dialog) => dialog.accept().catch(() => undefined));
    return new Page(raw);
  }
}

class Page {
  constructor(raw) {
    this.raw = raw;
    this.problems = raw.problems;
  }
  click = (selector) => this.raw.click(selector);
  fill = (selector, text) => this.raw.fill(selector, text);
  choose = (selector, value) => this.raw.selectOption(selector, value);
  press = (key) => this.raw.keyboard.press(key);
  type = (text) => this.raw.keyboard.type(text);
  goto = (url) => this.raw.goto(url);
  back = () => this.raw.evaluate(() => history.back());
  reload = () => this.raw.reload();
  front = () => this.raw.bringToFront();
  see = (selector, timeout = PATIENCE_MS) => this.raw.locator(selector).first().waitFor({ timeout });
  gone = (selector, timeout = PATIENCE_MS) =>
    this.raw.locator(selector).first().waitFor({ state: "hidden", timeout });
  text = (selector) => this.raw.locator(selector).first().innerText();
  value = (selector) => this.raw.inputValue(selector);
  attribute = (selector, name) => this.raw.locator(selector).first().getAttribute(name);
  count = (selector) => this.raw.locator(selector).count();
  run = (work, argument) => this.raw.evaluate(work, argument);
  shot = (path) => this.raw.screenshot({ path });
  close = () => this.raw.close({ runBeforeUnload: false });

  /** What was opened with `permissions: []` is refused everything, until it is allowed. */
  allow = (permission) => this.raw.context().grantPermissions([permission]);

  async hearsItself(seconds) {
    const { rate, samples } = await listen(this.raw, seconds + 2);
    // The page lets the browser improve its microphone, so the level is the browser's business.
    return judge(samples, rate, BROWSER, { seconds, levelDb: 12, otherDb: -20, gapMs: 250 }).problems;
  }
}
