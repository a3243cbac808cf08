// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, it } from "vitest";
import { clockText } from "../src/clock_text";
import { classify, retype, toDial, type NumberKind } from "../src/number";

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

describe("retype", () => {
  // As a library would for a German number: a space after the area code.
  const format = (digits: string): string => digits.replace(/^(\d{3})(\d+)$/, "$1 $2");
  it.each<[string, string, string, string]>([
    ["typed on", "030 1234", "030 12345", "030 12345"],
    ["becomes a phone number", "030123", "0301234", "030 1234"],
    ["pasted", "", "(030) 123-45 67", "030 1234567"],
    ["short", "11", "112", "112"],
    ["a code", "*2", "*21", "*21"],
    ["an address", "ali", "alic", "alic"],
    ["a digit deleted", "030 12345", "030 1234", "030 1234"],
    ["no phone number any more", "030 1234", "030 123", "030123"],
    ["the space deleted", "030 ", "030", "030"],
  ])("%s", (_, before, typed, shown) => expect(retype(before, typed, format)).toBe(shown));

  it("deletes the digit before a bracket that would come back", () => {
    const brackets = (digits: string): string => `(${digits})`;
    expect(retype("(0301234567)", "(0301234567", brackets)).toBe("(030123456)");
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
