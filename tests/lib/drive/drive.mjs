// SPDX-License-Identifier: GPL-3.0-or-later
// A browser to a test of a page, whoever drives it: Chromium through Playwright (chromium.mjs), stock Firefox
// through WebDriver BiDi (firefox.mjs). A Drive opens pages; a page is what is below. Selectors are CSS.
//
//   drive.name, drive.open(url, { viewport, dark, locale, beside, init }), drive.end()
//   page.click(s) fill(s, text) choose(s, value) press(key) type(text) goto(url) back() reload() front()
//   page.see(s) gone(s) text(s) value(s) attribute(s, name) count(s) run(fn, argument) shot(path)
//   page.hearsItself(seconds): problems with the sound of a call to the echo, none when it is good
//   page.problems: errors on its console; page.close()
//
// `beside`: a page of the same profile, so that the two are tabs of one browser.
import { readFileSync } from "node:fs";
import { ROOT } from "../run.mjs";

export const OBSERVE = readFileSync(`${ROOT}/tests/browser/page/observe.js`, "utf8");
export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 360, height: 640 };
/** How long a page may take for what takes no time: the machine may be busy. */
export const PATIENCE_MS = 20_000;

/** The element with this data-testid, and these further attributes. */
export function id(testId, more = {}) {
  const parts = Object.entries(more).map(([name, value]) => `[data-${name}="${value}"]`);
  return `[data-testid="${testId}"]${parts.join("")}`;
}
