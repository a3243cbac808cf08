// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, encode, type ServerMessage } from "../src/signaling/messages";

const frame = (message: string, ...data: unknown[]): ServerMessage | null => decode(JSON.stringify({ message, data }));

describe("decode", () => {
  it.each<[string, ServerMessage | null, ServerMessage | null]>([
    ["ping", frame("ping", null), { kind: "ping" }],
    [
      "getUserData",
      frame("getUserData", { authToken: "t", sipLogin: "1001", status: "ESTABLISHED" }),
      { kind: "accepted", info: { authToken: "t", sipLogin: "1001" } },
    ],
    [
      "setRemoteSDP, the one with three arguments",
      frame("setRemoteSDP", "c", "v=0", true),
      { kind: "remoteSdp", callId: "c", sdp: "v=0" },
    ],
    [
      "the status inside decides",
      frame("ring", { callId: "c", status: "RING_MEDIA" }),
      { kind: "callStatus", callId: "c", status: "RING_MEDIA" },
    ],
    ["not the name", frame("talk", { callId: "c" }), { kind: "callStatus", callId: "c", status: "ESTABLISHED" }],
    [
      "finish with everything",
      frame("finish", {
        callId: "c",
        status: "FAILED",
        reason: "not_found",
        by: "remote",
        sipStatus: 404,
        sipReason: "Not Found",
        q850: 1,
        warning: "no such user",
        info: "i",
        hint: "h",
      }),
      {
        kind: "finish",
        finish: {
          callId: "c",
          status: "FAILED",
          reason: "not_found",
          by: "remote",
          info: "i",
          hint: "h",
          sip: { status: 404, reason: "Not Found", q850: 1, warning: "no such user" },
        },
      },
    ],
    [
      "fields of wrong types count as absent",
      frame("finish", { callId: "c", status: 7, sipStatus: "404", reason: {}, q850: null }),
      { kind: "finish", finish: { callId: "c", status: "FINISH" } },
    ],
    ["a call without an id", frame("talk", { status: "ESTABLISHED" }), { kind: "unknown", name: "talk" }],
    [
      "an outgoing call that the gateway made",
      frame("notifyIncomingCall", { callId: "c", incoming: false }),
      { kind: "unknown", name: "notifyIncomingCall" },
    ],
    ["a name we do not know", frame("notifyAudioCodec", "c", "x"), { kind: "unknown", name: "notifyAudioCodec" }],
    ["a name of Object's", frame("constructor", {}), { kind: "unknown", name: "constructor" }],
    ["no data", decode('{"message":"ping"}'), { kind: "ping" }],
    ["no JSON", decode("{"), null],
    ["no object", decode("[]"), null],
    ["no name", decode('{"data":[]}'), null],
    ["a binary frame", decode(new ArrayBuffer(2)), null],
  ])("%s", (_, actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

describe("encode", () => {
  it("writes one argument, and null where there is none", () => {
    expect(encode({ message: "pong", data: null })).toBe('{"message":"pong","data":[null]}');
    expect(encode({ message: "hangup", data: { callId: "c" } })).toBe('{"message":"hangup","data":[{"callId":"c"}]}');
  });
});

// The golden messages are shared with the gateway's tests. Every frame in them, however it is wrapped,
// must be readable here, and those that a gateway sends must be understood.
describe("protocol/fixtures", () => {
  const folder = new URL("../../protocol/fixtures/", import.meta.url);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const FROM_GATEWAY = new Set([
    ...["getUserData", "registered", "setRemoteSDP", "notifyIncomingCall", "notifyTryingResponse", "ring", "talk"],
    ...["busy", "finish", "fail", "ping"],
  ]);

  it.skipIf(files.length === 0).each(files)("%s", (file) => {
    const frames = framesIn(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
    for (const { message, data } of frames) {
      const decoded = decode(JSON.stringify({ message, data }));
      expect(decoded, message).not.toBeNull();
      if (FROM_GATEWAY.has(message)) expect(decoded?.kind, message).not.toBe("unknown");
    }
  });
});

interface Frame {
  message: string;
  data?: unknown;
}

function framesIn(value: unknown): Frame[] {
  if (typeof value === "string" && value.startsWith("{")) {
    try {
      return framesIn(JSON.parse(value));
    } catch {
      return []; // a fixture of what must be refused
    }
  }
  if (typeof value !== "object" || value === null) return [];
  if (!Array.isArray(value) && "message" in value && "data" in value && typeof value.message === "string")
    return [{ message: value.message, data: value.data }];
  return Object.values(value).flatMap(framesIn);
}
