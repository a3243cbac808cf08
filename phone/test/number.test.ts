// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, it } from "vitest";
import { clockText } from "../src/clock_text";
import { classify, toDial, type NumberKind } from "../src/number";
import { de } from "../src/texts/de";
import { en, type TextKey } from "../src/texts/en";

describe("what is typed and what is dialled", () => {
  it.each<[string, NumberKind, string]>([
    ["", "empty", ""],
    ["   ", "empty", ""],
    ["112", "short", "112"],
    ["1 0 0 1", "short", "1001"],
    ["*21#", "code", "*21#"],
    ["**62*0301234567#", "code", "**62*0301234567#"],
    ["0301234567", "phone", "0301234567"],
    ["+49 (30) 123-45 67", "phone", "+49301234567"],
    ["+49 (0)30 1234567", "phone", "+49301234567"],
    ["(030) 1234567", "phone", "0301234567"],
    ["030/123 45-67", "phone", "0301234567"],
    ["+44.20.7946.0000", "phone", "+442079460000"],
    ["00 49 30 1234567", "phone", "0049301234567"],
    ["(+1) 212 555 0100", "phone", "+12125550100"],
    ["sip:alice@example.com", "address", "sip:alice@example.com"],
    ["alice@example.com", "address", "alice@example.com"],
    ["tel:+4930123", "address", "tel:+4930123"],
    [" alice ", "address", "alice"],
    ["0800-FLOWERS", "address", "0800-FLOWERS"],
  ])("%j is %s and dials %j", (text, kind, dials) => {
    expect([classify(text), toDial(text)]).toEqual([kind, dials]);
  });
});

describe("clockText", () => {
  it.each([
    [-1, "0:00"],
    [999, "0:00"],
    [7_000, "0:07"],
    [754_000, "12:34"],
    [3_723_000, "1:02:03"],
  ])("%i ms is %s", (ms, text) => expect(clockText(ms)).toBe(text));
});

describe("the German catalogue", () => {
  const holes = (text: string): string[] => text.match(/\{\w+\}/g)?.sort() ?? [];

  it("has a place for every value the English one shows", () => {
    for (const key of Object.keys(en.texts) as TextKey[])
      expect(holes(de.texts[key]), key).toEqual(holes(en.texts[key]));
  });

  it("leaves nothing empty", () => {
    for (const [key, text] of Object.entries(de.texts)) expect(text, key).not.toBe("");
    for (const [key, [text]] of Object.entries(de.reasons)) expect(text, key).not.toBe("");
  });
});
