// SPDX-License-Identifier: GPL-3.0-or-later
// What can be seen to be wrong with a page as it stands there: what axe calls a violation of WCAG 2.2 AA, a
// page wider than its screen, and something to press that is too small for a finger.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export async function faultsOf(page) {
  await page.front(); // a tab behind another draws nothing
  await page.run(AXE);
  return page.run(look, RULES);
}

/** In the page. */
async function look(rules) {
  const LEAST = 44;
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
  for (const element of document.querySelectorAll("button, a, summary, select, input:not([type=checkbox], [type=range])")) {
    const { width, height } = element.getBoundingClientRect();
    if (width > 0 && height > 0 && Math.round(height) < LEAST)
      faults.push(`only ${Math.round(height)} pixels high: ${element.outerHTML.slice(0, 120)}`);
  }
  const { violations } = await window.axe.run({ runOnly: { type: "tag", values: rules } });
  for (const { id, nodes } of violations) for (const { html } of nodes) faults.push(`${id}: ${html.slice(0, 200)}`);
  return faults;
}
