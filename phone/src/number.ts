// SPDX-License-Identifier: GPL-3.0-or-later
// What the user typed, and what is dialled. Nothing is refused: what looks like a phone number loses its
// decoration, anything else goes to the SIP side as it stands, whose business it is to know it.

const EMERGENCY_OR_SHORT = 6;

export type NumberKind = "empty" | "address" | "code" | "short" | "phone";

export function classify(text: string): NumberKind {
  const trimmed = text.trim();
  if (!trimmed) return "empty";
  if (/^(sips?|tel):/i.test(trimmed) || trimmed.includes("@") || /[a-z]/i.test(trimmed)) return "address";
  if (/[*#]/.test(trimmed)) return "code";
  return digitsOf(trimmed).length <= EMERGENCY_OR_SHORT ? "short" : "phone";
}

/** Exactly what will be dialled; empty when there is nothing to dial. */
export function toDial(text: string): string {
  const kind = classify(text);
  const trimmed = text.trim();
  if (kind === "address") return trimmed;
  if (kind === "phone") return digitsOf(trimmed.replace(/^(\+\s*\d[\s\d]*)\(0\)/, "$1"));
  return trimmed.replace(/[\s().\-/]/g, "");
}

/** A leading + and the digits; a number pasted from anywhere has brackets, dots, dashes and odd spaces. */
function digitsOf(text: string): string {
  const digits = text.replace(/[^\d]/g, "");
  return /^[\s(]*\+/.test(text) ? `+${digits}` : digits;
}

/**
 * The text of the field after the user changed `before` to `typed` with the caret at the end: formatted
 * where it is a phone number. Deleting a bracket or space that formatting would put back deletes the
 * digit before it.
 */
export function retype(before: string, typed: string, format: (digits: string) => string): string {
  let digits = toDial(typed);
  const isDeletion = typed.length < before.length && before.startsWith(typed);
  if (isDeletion && classify(before) === "phone" && digits === toDial(before)) digits = digits.slice(0, -1);
  if (classify(digits) === "phone") return format(digits);
  // Shorter than a phone number now: no decoration is left over from when it was one.
  return isDeletion && classify(before) === "phone" ? digits : typed;
}
