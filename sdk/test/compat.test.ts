// SPDX-License-Identifier: MIT
// The habits of the older API that applications count on. Whole calls through it are in tests/browser.
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as Flashphoner from "../src/compat";
import { listed } from "../src/compat/device_lists";
import { headersOf } from "../src/compat/call";
import { FakePeerConnection, FakeWebSocket, microphone, settle, useFakeBrowser } from "./fakes";
import { gateway } from "./stage";

useFakeBrowser();

const { SESSION_STATUS, CALL_STATUS } = Flashphoner.constants;
const sipOptions = { login: "1001", authenticationName: "", password: "pw", domain: "pbx", port: "5060" };

function signIn(options: object = {}): Flashphoner.Session {
  const session = Flashphoner.createSession({ urlServer: "wss://gw", sipOptions, ...options });
  gateway().signIn();
  return session;
}

/** A call, and what its page hears of it. */
function make(session = signIn(), statuses: string[] = Object.values(CALL_STATUS)): [Flashphoner.Call, string[]] {
  const call = session.createCall({ callee: "1002", visibleName: "Alice" });
  const heard: string[] = [];
  for (const status of [...statuses, "ended"]) call.on(status, () => heard.push(status));
  return [call, heard];
}

const tell = (message: string, call: Flashphoner.Call, fields: object): void =>
  gateway().tell(message, { callId: call.id(), ...fields });

async function talking(): Promise<[Flashphoner.Call, string[]]> {
  const [call, heard] = make();
  call.call();
  await settle();
  gateway().tell("setRemoteSDP", call.id(), "v=0 answer", true);
  FakePeerConnection.last.state("connected", "connected");
  tell("talk", call, { status: "ESTABLISHED" });
  return [call, heard];
}

beforeEach(async () => {
  await Flashphoner.init();
});

describe("the namespace", () => {
  it("is ready at once, with one media provider", async () => {
    const ready = vi.fn();
    await Flashphoner.init({ mediaProvidersReadyCallback: ready });
    expect([ready.mock.calls, Flashphoner.getMediaProviders()]).toEqual([[[["WebRTC"]]], ["WebRTC"]]);
    await Flashphoner.playFirstSound();
    await Flashphoner.playFirstVideo();
    expect(Flashphoner.isUsingTemasys()).toBe(false);
  });

  it("knows its sessions until they are over", () => {
    const session = signIn();
    expect(Flashphoner.getSession(session.id())).toBe(session);
    session.disconnect();
    expect([Flashphoner.getSession(session.id()), Flashphoner.getSessions()]).toEqual([undefined, []]);
  });

  it("needs an address", () => {
    expect(() => Flashphoner.createSession()).toThrow("options.urlServer must be provided");
  });

  it("lists devices in the older shape", () => {
    const infos = [
      { kind: "audioinput", deviceId: "default", label: "" },
      { kind: "audioinput", deviceId: "communications", label: "" },
      { kind: "audiooutput", deviceId: "s", label: "Speaker" },
      { kind: "videoinput", deviceId: "c", label: "" },
    ] as MediaDeviceInfo[];
    const mic = { id: "default", label: "microphone1", type: "mic" };
    const speaker = { id: "s", label: "Speaker", type: "speaker" };
    const camera = { id: "c", label: "camera1", type: "camera" };
    expect(listed(infos, "input")).toEqual({ audio: [mic], video: [camera] });
    expect(listed(infos, "output")).toEqual({ audio: [speaker], video: [] });
    expect(listed(infos, "all")).toEqual({ audio: [mic, speaker], video: [camera] });
  });

  it("gives and takes back the microphone for an element", async () => {
    const display = {} as Element;
    expect(await Flashphoner.getMediaAccess({ audio: true }, display)).toBe(display);
    expect([Flashphoner.releaseLocalMedia(display), Flashphoner.releaseLocalMedia(display)]).toEqual([true, false]);
    expect(microphone.streams[0]?.tracks[0]?.readyState).toBe("ended");
  });

  it("tells browsers apart", () => {
    const chrome =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    for (const [userAgent, name, version] of [
      [chrome, "isChrome", "140"],
      [`${chrome} Edg/141.0.0.0`, "isChromiumEdge", "140"],
      ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "isFirefox", "140"],
      ["Mozilla/5.0 (Macintosh) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.1 Safari/605.1", "isSafari", "18"],
    ] as const) {
      Object.assign(navigator, { userAgent });
      const own = ["isChrome", "isChromiumEdge", "isFirefox", "isSafari"] as const;
      expect(own.filter((test) => Flashphoner.Browser[test]())).toEqual([name]);
      expect(Flashphoner.Browser.version()).toBe(version);
    }
  });
});

describe("a session", () => {
  it("passes on what a form gives, without its empty fields", () => {
    signIn({ appKey: "phoneApp", keepAlive: true, custom: { crm: 1 } });
    const [data] = gateway().sent("connection");
    expect(data).toMatchObject({ appKey: "phoneApp", keepAlive: true, custom: { crm: 1 }, sipPort: "5060" });
    expect(data).not.toHaveProperty("sipAuthenticationName");
  });

  it("replaces a handler by the next, and refuses what is none", () => {
    const session = Flashphoner.createSession({ urlServer: "wss://gw", sipOptions });
    const [first, second] = [vi.fn(), vi.fn()];
    session.on(SESSION_STATUS.REGISTERED, first).on(SESSION_STATUS.REGISTERED, second);
    gateway().signIn();
    expect([first.mock.calls.length, second.mock.calls]).toEqual([0, [[session, undefined]]]);
    expect(() => session.on("", first)).toThrow("Event can't be null");
    expect(() => session.on("X", "no function" as never)).toThrow("Callback needs to be a valid function");
  });

  it("is DISCONNECTED when the connection breaks, FAILED when there was none, and does not come back", async () => {
    for (const [drop, status] of [
      [() => gateway().open(), "DISCONNECTED"],
      [() => undefined, "FAILED"],
    ] as const) {
      const session = Flashphoner.createSession({ urlServer: "wss://gw", sipOptions });
      const heard = vi.fn();
      session.on(status, heard);
      drop();
      gateway().drop();
      await vi.advanceTimersByTimeAsync(60_000);
      expect([heard.mock.calls.length, session.status()]).toEqual([1, status]);
    }
    expect(FakeWebSocket.all).toHaveLength(2);
  });

  it("says WARN and then DISCONNECTED for a wrong password", () => {
    const session = Flashphoner.createSession({ urlServer: "wss://gw", sipOptions });
    const heard: string[] = [];
    for (const status of Object.values(SESSION_STATUS)) session.on(status, () => heard.push(status));
    gateway().open();
    gateway().tell("getUserData", { sipLogin: "1001" });
    gateway().tell("fail", { status: "AUTHENTICATION_FAIL", info: "no" });
    expect(heard).toEqual(["CONNECTED", "ESTABLISHED", "WARN", "DISCONNECTED"]);
  });

  it("settles sendData by the gateway's word, or by the end of the session", async () => {
    const session = signIn();
    const answers = [session.sendData({ a: 1 }), session.sendData("b"), session.sendData("c")];
    const [a, b] = gateway().sent("sendData");
    gateway().tell("DataStatusEvent", { operationId: a?.["operationId"], status: "ACCEPTED" });
    gateway().tell("DataStatusEvent", { operationId: b?.["operationId"], status: "FAILED" });
    session.disconnect();
    const results = await Promise.allSettled(answers);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  });

  it("passes on the application's data, debug and reports", () => {
    const session = signIn();
    const heard = vi.fn();
    session.on(SESSION_STATUS.APP_DATA, (_: unknown, data: unknown) => void heard(data));
    gateway().tell("OnDataEvent", { payload: "hello" });
    expect(heard).toHaveBeenCalledWith({ payload: "hello" });
    session.startDebug();
    session.stopDebug();
    session.submitBugReport({ text: "x" });
    expect(gateway().sent("sessionDebug")).toEqual([{ command: "start" }, { command: "stop" }]);
    expect(gateway().sent("submitBugReport")).toEqual([{ text: "x" }]);
  });
});

describe("a call", () => {
  it("tells what came from the gateway, and its own PENDING to nobody", async () => {
    const [call, heard] = await talking();
    call.hangup();
    tell("finish", call, { status: "FINISH", reason: "hangup" });
    expect(heard).toEqual(["ESTABLISHED", "FINISH", "ended"]);
    expect([call.status(), call.getInfo()]).toEqual(["FINISH", undefined]);
  });

  it("busy: FAILED for a page that knows no BUSY; BUSY and then FINISH for one that does", () => {
    for (const [known, told] of [
      [
        ["ESTABLISHED", "FINISH", "FAILED"],
        ["FAILED", "ended"],
      ],
      [Object.values(CALL_STATUS), ["BUSY", "FINISH", "ended"]],
    ] as const) {
      const [call, heard] = make(undefined, [...known]);
      call.call();
      tell("busy", call, { status: "BUSY" });
      tell("finish", call, { status: "FINISH", reason: "busy", info: "The line is busy." });
      expect(heard).toEqual(told);
      expect(call.getInfo()).toBe("The line is busy.");
    }
  });

  it("hung up before anything was sent is FAILED, and nothing is sent", () => {
    const [call, heard] = make();
    call.hangup();
    expect([heard, call.status(), gateway().sent("hangup")]).toEqual([["FAILED", "ended"], "FAILED", []]);
  });

  it("throws for a second call(), and for an answer() too late", async () => {
    const [call] = await talking();
    expect(() => call.call()).toThrow("Invalid call state");
    expect(() => call.answer()).toThrow("Invalid call state");
  });

  it("a refused hold, or a granted one, gives the page its button back", async () => {
    const [call, heard] = await talking();
    call.hold();
    gateway().tell("fail", { apiMethod: "hold", id: call.id(), status: "FAILED", reason: "not_supported" });
    tell("talk", call, { status: "ESTABLISHED" });
    expect(heard).toEqual(["ESTABLISHED", "ESTABLISHED"]);
    call.holdForTransfer();
    tell("hold", call, { status: "HOLD" });
    call.unhold();
    tell("talk", call, { status: "ESTABLISHED" });
    call.transfer("1003");
    expect(heard).toEqual(["ESTABLISHED", "ESTABLISHED", "HOLD", "ESTABLISHED"]);
    expect([gateway().sent("hold"), gateway().sent("unhold"), gateway().sent("transfer")]).toEqual([
      [{ callId: call.id() }, { callId: call.id(), holdForTransfer: true }],
      [{ callId: call.id() }],
      [{ callId: call.id(), target: "1003" }],
    ]);
  });

  it("sends the headers that the older SDK forgot, and what else its options name", async () => {
    const session = signIn();
    const call = session.createCall({
      callee: "1002",
      sipHeaders: ["X-Ticket: 17"],
      sipSDP: ["b=AS:64"],
      custom: { crm: 1 },
      stripCodecs: "SILK, opus",
    });
    call.call();
    await settle();
    expect(gateway().sent("call")).toMatchObject([
      { inviteParameters: { "X-Ticket": "17" }, sipSDP: ["b=AS:64"], custom: { crm: 1 } },
    ]);
    expect(headersOf({ "X-A": "b" })).toEqual({ "X-A": "b" });
    expect(headersOf(["nonsense"])).toEqual({});
  });

  it("shows the gateway's description to sdpHook", async () => {
    const session = signIn();
    const sdpHook = vi.fn(({ sdpString }: { sdpString: string }) => `${sdpString} changed`);
    const call = session.createCall({ callee: "1002", sdpHook });
    call.call();
    await settle();
    gateway().tell("setRemoteSDP", call.id(), "v=0 answer", true);
    expect(FakePeerConnection.last.remote).toEqual([{ type: "answer", sdp: "v=0 answer changed" }]);
  });

  it("no microphone: FAILED, a local error in words, and no unhandled rejection", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    microphone.open = () => Promise.reject(new DOMException("x", "NotAllowedError"));
    const [call, heard] = make();
    call.call();
    await settle();
    expect(heard).toEqual(["FAILED", "ended"]);
    expect([call.getInfo(), call.getErrorInfo()]).toEqual(["Local error", expect.stringContaining("microphone")]);
    vi.useRealTimers();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("that comes in is handed to the page with its methods", async () => {
    const session = signIn();
    const calls: Flashphoner.Call[] = [];
    session.on(SESSION_STATUS.INCOMING_CALL, (call: Flashphoner.Call) => void calls.push(call));
    gateway().tell("setRemoteSDP", "in", "v=0 offer", false);
    gateway().tell("notifyIncomingCall", { callId: "in", incoming: true, caller: "3000", visibleName: "Ann" });
    gateway().tell("ring", { callId: "in", status: "RING" });
    const [call] = calls;
    expect([call?.status(), call?.caller(), call?.visibleName()]).toEqual(["RING", "3000", "Ann"]);
    call?.answer({ sipSDP: [] });
    await settle();
    expect(gateway().sent("answer")).toHaveLength(1);
  });
});
