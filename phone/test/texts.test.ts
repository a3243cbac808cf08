// SPDX-License-Identifier: GPL-3.0-or-later
// The types see to it that every language has every key; here is what types cannot see.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { de } from "../src/texts/de";
import { en, type TextKey } from "../src/texts/en";
import type { ReasonTexts } from "../src/texts/reasons_en";

const keys = Object.keys(en.texts) as TextKey[];
const holes = (text: string): string[] => text.match(/\{\w+\}/g)?.sort() ?? [];

function sources(folder: URL): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes("texts"))
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "utf8"))
    .join("\n");
}

describe("the catalogues", () => {
  it("have a place for every value the English one shows", () => {
    for (const key of keys) expect(holes(de.texts[key]), key).toEqual(holes(en.texts[key]));
  });

  it("leave nothing empty", () => {
    for (const { texts, reasons } of [en, de]) {
      for (const [key, text] of Object.entries(texts)) expect(text, key).not.toBe("");
      for (const [key, [text]] of Object.entries(reasons)) expect(text, key).not.toBe("");
    }
  });

  it("hold no key that nothing shows", () => {
    const code = sources(new URL("../src/", import.meta.url));
    // Keys that are put together, as t(`call.${phase}`), are known by their beginning.
    const made = [...code.matchAll(/`((?:\w+\.)+)\$\{/g)].map((match) => match[1] ?? "");
    const isShown = (key: string): boolean =>
      code.includes(`"${key}"`) || made.some((start) => key.startsWith(start) && start !== "");
    expect(keys.filter((key) => !isShown(key))).toEqual([]);
  });
});

describe("the words for reasons", () => {
  it("are the same in both languages", () => {
    expect(Object.keys(de.reasons).sort()).toEqual(Object.keys(en.reasons).sort());
    for (const [name, words] of Object.entries(en.reasons))
      expect(holes(de.reasons[name as keyof ReasonTexts]?.join() ?? ""), name).toEqual(holes(words.join()));
  });
});
