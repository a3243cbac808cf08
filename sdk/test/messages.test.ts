// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, encode, type ClientMessage, type ServerMessage } from "../src/signaling/messages";

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
    [
      "a call without an id",
      frame("talk", { status: "ESTABLISHED" }),
      { kind: "unknown", name: "talk", fields: { status: "ESTABLISHED" } },
    ],
    [
      "an outgoing call that the gateway made",
      frame("notifyIncomingCall", { callId: "c", incoming: false }),
      { kind: "unknown", name: "notifyIncomingCall", fields: { callId: "c", incoming: false } },
    ],
    [
      "a name we do not know",
      frame("notifyAudioCodec", "c", "x"),
      { kind: "unknown", name: "notifyAudioCodec", fields: {} },
    ],
    ["a name of Object's", frame("constructor", {}), { kind: "unknown", name: "constructor", fields: {} }],
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

// The golden messages are shared with the gateway's tests: each is {name, direction, text, ...}.
describe("protocol/fixtures", () => {
  interface Fixture {
    name: string;
    direction: string;
    text: string;
  }
  const folder = new URL("../../protocol/fixtures/", import.meta.url);
  const fixtures = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Fixture[]);
  const ofGateway = fixtures.filter((fixture) => fixture.direction === "server");

  /** What this SDK does not use yet; it must read it without harm. */
  const UNUSED = new Set(["notifyTransferEvent", "DataStatusEvent", "notifySessionDebugEvent", "OnDataEvent"]);

  it("are there", () => {
    expect(ofGateway.length).toBeGreaterThan(10);
  });

  it.each(ofGateway)("$name is understood", ({ name, text }) => {
    const decoded = decode(text);
    const { message } = JSON.parse(text) as { message: string };
    if (UNUSED.has(message) || name === "an unknown message")
      expect(decoded).toMatchObject({ kind: "unknown", name: message });
    else expect(["unknown", undefined]).not.toContain(decoded?.kind);
  });

  it("whatever is in them, reading it never throws", () => {
    for (const { text } of fixtures) expect(() => decode(text)).not.toThrow();
  });

  it("know every member that the SDK sends", () => {
    const known = new Set<string>();
    for (const { direction, text } of fixtures) {
      const frame = direction === "client" ? parse(text) : undefined;
      const argument = frame?.data[0];
      if (frame && typeof argument === "object" && argument)
        for (const member of Object.keys(argument)) known.add(`${frame.message}.${member}`);
    }
    const sent = EVERYTHING_SENT.flatMap(({ message, data }) =>
      Object.keys(data as object).map((member) => `${message}.${member}`),
    );
    expect(sent.filter((member) => !known.has(member))).toEqual([]);
  });
});

function parse(text: string): { message: string; data: unknown[] } | undefined {
  try {
    const frame = JSON.parse(text) as { message: string; data?: unknown };
    return Array.isArray(frame.data) ? { ...frame, data: frame.data } : undefined;
  } catch {
    return undefined;
  }
}

const ANSWER = {
  callId: "c",
  incoming: false,
  hasAudio: true,
  hasVideo: false,
  status: "PENDING",
  mediaProvider: "WebRTC",
  sdp: "v=0",
  callee: "1002",
} as const;

const EVERYTHING_SENT: Required<ClientMessage>[] = [
  {
    message: "connection",
    data: {
      appKey: "defaultApp",
      mediaProviders: ["WebRTC"],
      clientVersion: "2.0",
      clientOSVersion: "x",
      clientBrowserVersion: "x",
      custom: {},
      sipLogin: "1001",
      sipAuthenticationName: "1001",
      sipPassword: "pw",
      sipDomain: "pbx",
      sipOutboundProxy: "proxy",
      sipPort: 5060,
      sipRegisterRequired: true,
    },
  },
  { message: "call", data: { ...ANSWER, caller: "1001", visibleName: "Alice" } },
  { message: "answer", data: ANSWER },
  { message: "hangup", data: { callId: "c" } },
  { message: "sendDtmf", data: { callId: "c", type: "RFC2833", dtmf: "1" } },
];
