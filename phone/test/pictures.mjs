// SPDX-License-Identifier: GPL-3.0-or-later
// Takes a picture of every state of the page, narrow and wide, light and dark. Fails on an error in the
// console (a violated content security policy is one), on a page wider than its screen, and on anything
// axe calls a violation of WCAG 2.2 AA. Usage: node pictures.mjs [folder]
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { startFakeGateway } from "./fake_gateway.mjs";

const PORT = 8123;
const folder = process.argv[2] ?? "/tmp/patchcord-pictures";
mkdirSync(folder, { recursive: true });

const gateway = startFakeGateway(PORT);
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
});
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const problems = [];

for (const [name, width, height, colorScheme] of [
  ["360", 360, 640, "light"],
  ["360-dark", 360, 640, "dark"],
  ["768", 768, 1024, "light"],
  ["1440", 1440, 900, "light"],
  ["1440-dark", 1440, 900, "dark"],
]) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale: "en-GB",
    bypassCSP: true,
  });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && problems.push(`${name}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`${name}: ${error.message}`));
  let count = 0;
  const shot = async (what) => {
    await page.waitForTimeout(250);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (overflow) problems.push(`${name} ${what}: wider than the screen`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
      (values) => globalThis.axe.run({ runOnly: { type: "tag", values } }),
      RULES,
    );
    for (const { id: rule, nodes } of violations) problems.push(`${name} ${what}: ${rule} ${nodes[0].html}`);
    await page.screenshot({ path: `${folder}/${name}-${String(++count).padStart(2, "0")}-${what}.png` });
  };
  const id = (testId) => page.getByTestId(testId);

  await page.goto(`http://127.0.0.1:${PORT}/`);
  await id("login").waitFor();
  await shot("sign-in");
  await id("password").fill("wrong");
  await id("sign-in").click();
  await id("sign-in-error").waitFor();
  await shot("sign-in-rejected");
  await id("password").fill("pw1001");
  await id("sign-in").click();
  await id("number").waitFor();
  await shot("idle");
  await id("number").fill("+49 (30) 123-45 67");
  await shot("number");
  await id("number").fill("180");
  await id("call").click();
  await page.locator("[data-testid=call-state][data-state=ringing]").waitFor();
  await shot("ringing");
  await id("hangup").click();
  await id("number").fill("1002");
  await id("call").click();
  await id("call-timer").waitFor();
  await id("key-1").click();
  await page.keyboard.type("23#");
  await shot("talking");
  await id("mute").click();
  await shot("muted");
  await page.waitForTimeout(1200);
  await id("hangup").click();
  await id("call").waitFor();
  await shot("ended");
  await id("number").fill("486");
  await page.keyboard.press("Enter");
  await id("call-error").waitFor();
  await shot("busy");
  await id("number").fill("404");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=call-error][data-reason=not_found]").waitFor();
  await shot("not-found");
  gateway.callIn("3000", "Ann Example");
  await id("answer").waitFor();
  await shot("incoming");
  await id("answer").click();
  await id("call-timer").waitFor();
  await shot("answered");
  await id("hangup").click();
  await id("settings").click();
  await shot("settings");
  await id("setting-language").selectOption("de");
  await shot("settings-german");
  await id("settings").click();
  gateway.dropAll();
  await page.locator("[data-testid=online-state][data-state=reconnecting]").waitFor();
  await shot("reconnecting");
  await context.close();
}
await browser.close();
gateway.close();
console.log(problems.length === 0 ? `pictures in ${folder}` : problems.join("\n"));
process.exit(problems.length === 0 ? 0 : 1);
