// SPDX-License-Identifier: GPL-3.0-or-later
import { PhoneError, type Reason } from "@patchcord/websdk";
import { describe, expect, it } from "vitest";
import { browserKind } from "../src/browser_kind";
import { faultyField, outcomeOf, providersWords, remedyFor, type Remedy } from "../src/failures";

describe("what to do about a failure", () => {
  it.each<[Reason, Remedy]>([
    ["microphone_blocked", "allow_microphone"],
    ["microphone_missing", "choose_device"],
    ["microphone_in_use", "redial"],
    ["gateway_unreachable", "redial"],
    ["auth_rejected", "edit_account"],
    ["sip_timeout", "redial"],
    ["not_found", "edit_number"],
    ["bad_number", "edit_number"],
    ["busy", "redial"],
    ["no_answer", "redial"],
    ["forbidden", "copy_report"],
    ["declined", "copy_report"],
    ["no_codec", "copy_report"],
    ["server_error", "redial"],
    ["ice_failed", "test_network"],
    ["no_audio_in", "choose_device"],
    ["draining", "none"],
    ["ack_missing", "redial"],
  ])("%s: %s", (reason, remedy) => expect(remedyFor(new PhoneError(reason))).toBe(remedy));

  it("finds the field at fault", () => {
    expect(faultyField("auth_rejected")).toBe("password");
    expect(faultyField("sip_unreachable")).toBe("domain");
    expect(faultyField("gateway_unreachable")).toBeUndefined();
    expect(faultyField(undefined)).toBeUndefined();
  });

  it("repeats what a refusing provider says, its warning first", () => {
    const sip = { status: 403, reason: "Forbidden" };
    expect(providersWords(new PhoneError("forbidden", { sip }))).toBe("Forbidden");
    expect(providersWords(new PhoneError("forbidden", { sip: { ...sip, warning: "No credit" } }))).toBe("No credit");
    expect(providersWords(new PhoneError("busy", { sip: { status: 486, reason: "Busy Here" } }))).toBe("");
  });

  it.each<[Reason, string]>([
    ["busy", "busy"],
    ["forbidden", "declined"],
    ["cancelled", "cancelled"],
    ["ice_failed", "failed"],
  ])("%s is %s in the list of calls", (reason, outcome) => expect(outcomeOf(reason)).toBe(outcome));
});

describe("browserKind", () => {
  const CHROME =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
  const SAFARI =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15";
  it.each([
    [CHROME, "chrome"],
    [`${CHROME} Edg/156.0.0.0`, "chrome"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "firefox"],
    [SAFARI, "safari"],
    ["curl/8", "other"],
  ])("%s is %s", (agent, kind) => expect(browserKind(agent)).toBe(kind));
});
