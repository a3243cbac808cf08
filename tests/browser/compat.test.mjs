// SPDX-License-Identifier: GPL-3.0-or-later
// Our compat entry in the place of the vendor's global: the page script that drives the vendor's SDK, unchanged,
// through all that vendor.test.mjs asks of that.
process.env["PATCHCORD_TEST_SDK"] = "compat";
await import("./vendor.test.mjs");
