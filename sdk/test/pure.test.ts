// SPDX-License-Identifier: MIT
// The small pure parts: errors, reconnect policy, SDP, statistics.
import { describe, expect, it } from "vitest";
import { asPhoneError, isReason, PhoneError } from "../src/errors";
import { stripCodecs } from "../src/media/sdp_tweaks";
import { readStats } from "../src/quality/stats";
import { reconnectDelay } from "../src/signaling/reconnect_policy";

describe("PhoneError", () => {
  it("takes code, text and hint from the gateway's table", () => {
    const error = new PhoneError("busy", { sip: { status: 486, reason: "Busy Here" }, callId: "c" });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "BUSY", reason: "busy", code: 3486, retryable: true, callId: "c" });
    expect(error.message).not.toBe("");
    expect(error.sip?.status).toBe(486);
  });

  it("prefers the gateway's own words", () => {
    const error = new PhoneError("forbidden", { message: "No credit.", hint: "Top up." });
    expect([error.message, error.hint]).toEqual(["No credit.", "Top up."]);
  });

  it("keeps a cause, and wraps what is not a PhoneError", () => {
    const cause = new TypeError("x");
    expect(asPhoneError(cause, "internal", "c")).toMatchObject({ name: "INTERNAL", cause, callId: "c" });
    const own = new PhoneError("busy");
    expect(asPhoneError(own, "internal")).toBe(own);
  });

  it("knows its reasons, and Object's names are none", () => {
    expect([isReason("busy"), isReason("microphone_blocked")]).toEqual([true, true]);
    expect([isReason("toString"), isReason("nonsense"), isReason(7)]).toEqual([false, false, false]);
  });
});

describe("reconnectDelay", () => {
  it("comes at once, then doubles up to a ceiling", () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => reconnectDelay(attempt, 0, 60_000, 0.5));
    expect(delays).toEqual([0, 400, 800, 1600, 3200, 6400, 8000, 8000]);
  });

  it("spreads from half to one and a half", () => {
    expect(reconnectDelay(1, 0, 60_000, 0)).toBe(200);
    expect(reconnectDelay(1, 0, 60_000, 0.999)).toBe(600);
  });

  it("gives up rather than pass the limit", () => {
    expect(reconnectDelay(1, 59_599, 60_000, 0.5)).toBe(400);
    expect(reconnectDelay(1, 59_601, 60_000, 0.5)).toBeNull();
    expect(reconnectDelay(0, 0, 0, 0.5)).toBeNull();
  });
});

describe("stripCodecs", () => {
  const sdp = [
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=fmtp:111 useinbandfec=1",
    "a=rtpmap:63 red/48000/2",
    "a=rtpmap:9 G722/8000",
    "a=rtpmap:0 PCMU/8000",
    "a=sendrecv",
    "",
  ].join("\r\n");

  it("removes a codec and all that belongs to it", () => {
    const stripped = stripCodecs(sdp, ["OPUS", "red"]);
    expect(stripped).toContain("m=audio 9 UDP/TLS/RTP/SAVPF 9 0\r\n");
    expect(stripped).not.toMatch(/:111|:63/);
    expect(stripped.endsWith("a=sendrecv\r\n")).toBe(true);
  });

  it("matches whole names, so G722 does not take G7221 along", () => {
    expect(stripCodecs(sdp, ["G72"])).toBe(sdp);
  });

  it("never empties an m-line", () => {
    expect(stripCodecs(sdp, ["opus", "red", "G722", "PCMU"])).toBe(sdp);
  });
});

describe("readStats", () => {
  it("finds codec, loss and round trip", () => {
    const report = new Map<string, Record<string, unknown>>([
      ["c", { type: "codec", mimeType: "audio/PCMA" }],
      [
        "i",
        {
          type: "inbound-rtp",
          kind: "audio",
          codecId: "c",
          packetsReceived: 50,
          bytesReceived: 8000,
          packetsLost: 2,
          jitter: 0.004,
        },
      ],
      ["o", { type: "outbound-rtp", kind: "audio", codecId: "c", packetsSent: 49, bytesSent: 7840 }],
      ["p", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.025 }],
    ]);
    const stats = readStats(report);
    expect(stats.roundTripMs).toBe(25);
    expect(stats.inbound).toMatchObject({ codec: "PCMA", packets: 50, lost: 2, jitterMs: 4 });
    expect(stats.outbound).toEqual({ codec: "PCMA", packets: 49, bytes: 7840 });
  });
});
