// SPDX-License-Identifier: GPL-3.0-or-later
// Which browser's words to use when explaining where its microphone switch is. Nothing else asks this.

export type BrowserKind = "chrome" | "firefox" | "safari" | "other";

export function browserKind(userAgent: string): BrowserKind {
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Chrom(e|ium)\//.test(userAgent)) return "chrome"; // and Edge, Opera, Brave: the same place
  return /Version\/[\d.]+ .*Safari\//.test(userAgent) ? "safari" : "other";
}
