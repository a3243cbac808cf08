// SPDX-License-Identifier: MIT
import { describe, expect, it, vi } from "vitest";
import { FakeAudio, FakePeerConnection, FakeStream, FakeTrack, microphone } from "./fakes";
import { settle, useFakeBrowser } from "./fakes";
import type { Call } from "../src/call";
import { announce, gateway, hangups, incoming, micIsOff, noop, outgoing, signIn, talking, tell, watch } from "./stage";

useFakeBrowser();

describe("an outgoing call", () => {
  it("offers at once, and resolves when answered", async () => {
    const { call, statuses } = outgoing({ visibleName: "Alice" });
    const connected = call.call();
    await settle();
    expect(gateway().sent("call")).toEqual([
      expect.objectContaining({
        callId: call.id(),
        callee: "1002",
        caller: "1001",
        visibleName: "Alice",
        sdp: "v=0 offer",
      }),
    ]);
    tell("notifyTryingResponse", call, { status: "TRYING" });
    gateway().tell("setRemoteSDP", call.id(), "v=0 answer", true);
    tell("ring", call, { status: "RING" });
    tell("ring", call, { status: "RING_MEDIA" });
    tell("talk", call, { status: "ESTABLISHED" });
    await connected;
    expect(statuses).toEqual(["PENDING", "TRYING", "RING", "RING_MEDIA", "ESTABLISHED"]);
    expect(FakePeerConnection.last.remote).toEqual([{ type: "answer", sdp: "v=0 answer" }]);
  });

  it("refuses a second call(), and leaves the first alone", async () => {
    const { call } = outgoing();
    void call.call();
    await expect(call.call()).rejects.toMatchObject({ name: "INVALID_STATE", code: 1003, callId: call.id() });
    await settle();
    expect(gateway().sent("call")).toHaveLength(1);
  });

  it("takes one remote description, and drops a second", async () => {
    const { call } = await talking();
    gateway().tell("setRemoteSDP", call.id(), "v=0 another", true);
    await settle();
    expect(FakePeerConnection.last.remote).toHaveLength(1);
  });

  it("only listens where the application wants no microphone", async () => {
    const { call } = outgoing({ constraints: { audio: false } });
    void call.call();
    await settle();
    expect(microphone.streams).toHaveLength(0);
    expect(FakePeerConnection.last.transceivers).toEqual([{ direction: "recvonly" }]);
  });

  it("ends once, with the gateway's reason", async () => {
    const { call, statuses, ends, session } = outgoing();
    const connected = call.call();
    await settle();
    tell("finish", call, {
      status: "FAILED",
      reason: "not_found",
      by: "remote",
      sipStatus: 404,
      sipReason: "Not Found",
    });
    tell("finish", call, { status: "FINISH" });
    await expect(connected).rejects.toMatchObject({ name: "NOT_FOUND", code: 3404, sip: { status: 404 } });
    expect(statuses.at(-1)).toBe("FAILED");
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ reason: "not_found", code: 3404, by: "remote", durationMs: 0 });
    expect([session.getCalls().length, micIsOff()]).toEqual([0, true]);
  });

  it("is BUSY once, though the gateway says busy and then finish", async () => {
    const { call, statuses, ends } = outgoing();
    void call.call();
    await settle();
    tell("busy", call, { status: "BUSY", reason: "busy" });
    expect(statuses).not.toContain("BUSY");
    tell("finish", call, { status: "FINISH", reason: "busy", by: "remote", sipStatus: 486 });
    expect(statuses.slice(1)).toEqual(["BUSY"]);
    expect(ends[0]?.error).toMatchObject({ name: "BUSY", code: 3486, retryable: true });
  });

  it("finds a reason where the gateway gives none", async () => {
    const { call, ends } = await talking();
    tell("finish", call, { status: "FINISH" });
    expect(ends[0]).toMatchObject({ reason: "hangup", by: "remote" });
    expect(ends[0]?.error).toBeUndefined();
  });

  it("measures talking time only", async () => {
    const { call, ends } = outgoing();
    void call.call();
    await vi.advanceTimersByTimeAsync(9000);
    tell("talk", call, { status: "ESTABLISHED" });
    await vi.advanceTimersByTimeAsync(2500);
    tell("finish", call, { status: "FINISH", reason: "hangup", by: "remote" });
    expect(ends[0]?.durationMs).toBe(2500);
  });

  it("plays through a sink of its own, and takes it away", async () => {
    const { call } = await talking();
    const stream = new FakeStream();
    FakePeerConnection.last.ontrack({ streams: [stream], track: new FakeTrack() });
    expect(FakeAudio.all.map((audio) => audio.srcObject)).toEqual([stream]);
    void call.hangup();
    expect(FakeAudio.all[0]).toMatchObject({ srcObject: null, removed: true });
  });
});

describe("hanging up", () => {
  it("during the microphone question: nothing is sent, nothing stays open", async () => {
    let allow: (stream: FakeStream) => void = noop;
    microphone.open = () => new Promise((resolve) => (allow = resolve));
    const { call, ends } = outgoing();
    const connected = call.call();
    await settle();
    await call.hangup();
    await expect(connected).rejects.toMatchObject({ name: "CANCELLED" });
    allow(new FakeStream());
    await settle();
    expect(ends).toMatchObject([{ reason: "cancelled", by: "local" }]);
    expect([gateway().sent("call"), hangups()]).toEqual([[], []]);
    expect([microphone.streams.length, micIsOff(), FakePeerConnection.all.length]).toEqual([1, true, 0]);
  });

  it("before the gateway said anything: it is told, and its finish ends the call", async () => {
    const { call, ends, statuses } = outgoing();
    void call.call();
    await settle();
    const over = call.hangup();
    expect(hangups()).toEqual([{ callId: call.id() }]);
    expect([ends.length, micIsOff(), FakePeerConnection.last.closed]).toEqual([0, true, true]);
    tell("notifyTryingResponse", call, { status: "TRYING" });
    tell("finish", call, { status: "FINISH", reason: "cancelled", by: "local" });
    await over;
    expect(statuses).toEqual(["PENDING", "FINISH"]);
    expect(ends).toMatchObject([{ reason: "cancelled", by: "local" }]);
  });

  it("does not depend on the gateway's confirmation", async () => {
    const { call, ends } = await talking();
    const over = call.hangup();
    await vi.advanceTimersByTimeAsync(4000);
    await over;
    expect(ends).toMatchObject([{ reason: "hangup", by: "local" }]);
    tell("finish", call, { status: "FINISH" });
    expect(ends).toHaveLength(1);
  });

  it("twice is once", async () => {
    const { call } = await talking();
    void call.hangup();
    void call.hangup();
    expect(hangups()).toHaveLength(1);
  });

  it("a call that was never started, or is over", async () => {
    const { call, ends } = outgoing();
    await call.hangup();
    await call.hangup();
    expect([ends.length, hangups().length]).toEqual([1, 0]);
    await expect(call.call()).rejects.toMatchObject({ name: "INVALID_STATE" });
  });

  it("by a signal", async () => {
    const { call, ends } = outgoing();
    const giveUp = new AbortController();
    const connected = call.call({ signal: giveUp.signal });
    await settle();
    giveUp.abort(new Error("user left"));
    await expect(connected).rejects.toMatchObject({ name: "ABORTED" });
    expect(hangups()).toHaveLength(1);
    tell("finish", call, { status: "FINISH" });
    expect(ends).toHaveLength(1);
  });

  it("a signal aborted before, or after the call is up, does what it should: end it, or nothing", async () => {
    const { call } = outgoing();
    await expect(call.call({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "ABORTED" });
    expect(microphone.streams).toHaveLength(0);
    const giveUp = new AbortController();
    const session = signIn();
    const second = watch(session, session.createCall({ callee: "1" }));
    void second.call.call({ signal: giveUp.signal });
    await settle();
    tell("talk", second.call, { status: "ESTABLISHED" });
    await settle();
    giveUp.abort();
    expect(second.ends).toHaveLength(0);
  });
});

describe("an incoming call", () => {
  it("is announced with who calls, and answered with the cached offer", async () => {
    const { call, statuses } = incoming();
    expect([call.caller(), call.visibleName(), call.status(), call.isIncoming()]).toEqual([
      "3000",
      "Ann",
      "RING",
      true,
    ]);
    const connected = call.answer();
    await settle();
    expect(FakePeerConnection.last.remote).toEqual([{ type: "offer", sdp: "v=0 gateway offer" }]);
    expect(gateway().sent("answer")).toMatchObject([{ callId: "in-1", sdp: "v=0 answer", incoming: true }]);
    tell("talk", call, { status: "ESTABLISHED" });
    await connected;
    expect(statuses).toEqual(["RING", "PENDING", "ESTABLISHED"]);
  });

  it("can be answered inside the handler, before the ring", async () => {
    const session = signIn();
    session.on("INCOMING_CALL", (call) => void call.answer());
    announce("in-2");
    await settle();
    expect(gateway().sent("answer")).toHaveLength(1);
    expect(session.getCalls()[0]?.status()).toBe("PENDING");
  });

  it("waits for an offer that comes late", async () => {
    const session = signIn();
    gateway().tell("notifyIncomingCall", { callId: "in-3", incoming: true, caller: "3000" });
    void session.getCalls()[0]?.answer();
    await settle();
    expect(gateway().sent("answer")).toHaveLength(0);
    gateway().tell("setRemoteSDP", "in-3", "v=0 late", false);
    await settle();
    expect(gateway().sent("answer")).toHaveLength(1);
  });

  it("announced twice is one call", () => {
    const { session } = incoming();
    gateway().tell("notifyIncomingCall", { callId: "in-1", incoming: true, caller: "3000" });
    expect(session.getCalls()).toHaveLength(1);
  });

  it("cancelled while the microphone is being asked for: no answer, no microphone", async () => {
    let allow: (stream: FakeStream) => void = noop;
    microphone.open = () => new Promise((resolve) => (allow = resolve));
    const { call, ends } = incoming();
    const connected = call.answer();
    await settle();
    tell("finish", call, { status: "FINISH", reason: "cancelled", by: "remote" });
    await expect(connected).rejects.toMatchObject({ name: "CANCELLED" });
    allow(new FakeStream());
    await settle();
    expect([gateway().sent("answer").length, hangups().length, micIsOff()]).toEqual([0, 0, true]);
    expect(ends).toMatchObject([{ reason: "cancelled", by: "remote" }]);
  });

  it("is declined, also in the moment before the ring", async () => {
    const session = signIn();
    session.on("INCOMING_CALL", (call) => void call.hangup());
    announce("in-4");
    expect(hangups()).toEqual([{ callId: "in-4" }]);
    const statuses = watch(session, session.getCalls()[0] as Call).statuses;
    gateway().tell("finish", { callId: "in-4", status: "FAILED", reason: "declined", by: "local" });
    await settle();
    expect(statuses).toEqual(["FINISH"]);
    expect(session.getCalls()).toHaveLength(0);
  });

  it("is not dialled, and an outgoing one is not answered", async () => {
    await expect(incoming().call.call()).rejects.toMatchObject({ name: "INVALID_STATE" });
    await expect(outgoing().call.answer()).rejects.toMatchObject({ name: "INVALID_STATE" });
  });
});

describe("what goes wrong on our side", () => {
  it.each([
    ["NotAllowedError", "MICROPHONE_BLOCKED"],
    ["NotFoundError", "MICROPHONE_MISSING"],
    ["NotReadableError", "MICROPHONE_IN_USE"],
  ])("%s is %s, outgoing", async (exception, name) => {
    microphone.open = () => Promise.reject(new DOMException("x", exception));
    const { call, statuses, ends } = outgoing();
    await expect(call.call()).rejects.toMatchObject({ name, callId: call.id() });
    expect(statuses).toEqual(["PENDING", "FAILED"]);
    expect(ends).toMatchObject([{ by: "local", error: { name } }]);
    expect(hangups()).toHaveLength(0);
  });

  it("no microphone for an incoming call: the caller is not left ringing", async () => {
    microphone.open = () => Promise.reject(new DOMException("x", "NotAllowedError"));
    const { call } = incoming();
    await expect(call.answer()).rejects.toMatchObject({ name: "MICROPHONE_BLOCKED" });
    expect(hangups()).toEqual([{ callId: "in-1", reason: "microphone_blocked" }]);
  });

  it("an insecure page, and a browser without WebRTC", async () => {
    vi.stubGlobal("isSecureContext", false);
    await expect(outgoing().call.call()).rejects.toMatchObject({ name: "INSECURE_PAGE" });
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("RTCPeerConnection", undefined);
    await expect(outgoing().call.call()).rejects.toMatchObject({ name: "UNSUPPORTED_BROWSER" });
    expect(micIsOff()).toBe(true);
  });

  it.each([
    ["checking", "ICE_FAILED"],
    ["connected", "DTLS_FAILED"],
  ])("a connection that fails with ICE %s is %s, and the gateway is told", async (ice, name) => {
    const { ends, statuses } = await talking();
    FakePeerConnection.last.state("failed", ice);
    expect(ends).toMatchObject([{ by: "local", error: { name } }]);
    expect([statuses.at(-1), hangups().length, micIsOff()]).toEqual(["FAILED", 1, true]);
  });

  it("a connection that is never made, and one that is made in time", async () => {
    const { call, ends } = outgoing();
    void call.call();
    await settle();
    gateway().tell("setRemoteSDP", call.id(), "v=0 answer", true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ends).toMatchObject([{ error: { name: "ICE_FAILED" } }]);
    const good = await talking();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(good.ends).toHaveLength(0);
  });

  it("an answer that the browser refuses", async () => {
    const { call, ends } = outgoing();
    void call.call();
    await settle();
    gateway().tell("setRemoteSDP", call.id(), "garbage", true);
    await settle();
    expect(ends).toMatchObject([{ error: { name: "BAD_SDP" } }]);
    expect(hangups()).toHaveLength(1);
  });

  it("the connection to a gateway that cannot go on with a session", async () => {
    const { ends, session } = await talking();
    gateway().drop();
    await vi.advanceTimersByTimeAsync(0);
    gateway().signIn();
    expect(ends).toMatchObject([{ reason: "connection_lost", by: "gateway", error: { code: 2003 } }]);
    expect([session.getCalls().length, micIsOff()]).toEqual([0, true]);
  });

  it("nobody who ignores the promise gets an unhandled rejection", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    microphone.open = () => Promise.reject(new DOMException("x", "NotFoundError"));
    void outgoing().call.call();
    await settle();
    vi.useRealTimers();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("during a call", () => {
  it("mute is a wish that is kept until there is a microphone", async () => {
    const { call } = outgoing();
    call.muteAudio();
    void call.call();
    await settle();
    const track = microphone.streams[0]?.tracks[0];
    expect([call.isAudioMuted(), track?.enabled]).toEqual([true, false]);
    call.unmuteAudio();
    expect([call.isAudioMuted(), track?.enabled]).toEqual([false, true]);
  });

  it("sends digits, and refuses what are none or cannot be heard", async () => {
    const idle = outgoing();
    expect(() => idle.call.sendDTMF("1")).toThrow(expect.objectContaining({ name: "INVALID_STATE" }) as Error);
    const { call } = await talking();
    call.sendDTMF(5);
    call.sendDTMF("12#", "INFO");
    expect(gateway().sent("sendDtmf")).toEqual([
      { callId: call.id(), type: "RFC2833", dtmf: "5" },
      { callId: call.id(), type: "INFO", dtmf: "12#" },
    ]);
    for (const bad of ["", "x", "1 2", "1".repeat(33)])
      expect(() => call.sendDTMF(bad)).toThrow(expect.objectContaining({ name: "INVALID_ARGUMENT" }) as Error);
  });

  it("warns when the only microphone is unplugged, and keeps the call", async () => {
    const { call, ends } = await talking();
    const warned = vi.fn();
    call.on("warning", warned);
    microphone.open = () => Promise.reject(new DOMException("x", "NotFoundError"));
    microphone.streams[0]?.tracks[0]?.break();
    await settle();
    expect(warned).toHaveBeenCalledWith(expect.objectContaining({ name: "MICROPHONE_LOST" }));
    expect(ends).toHaveLength(0);
  });

  it("says why it ends a call, to the gateway too", async () => {
    const { call, ends } = await talking();
    FakePeerConnection.last.state("failed", "failed");
    expect(hangups()).toEqual([{ callId: call.id(), reason: "ice_failed" }]);
    expect(ends).toMatchObject([{ reason: "ice_failed", code: 5001, by: "local" }]);
    expect(ends[0]?.hint).toContain("packets");
  });

  it("has a volume", async () => {
    const { call } = await talking();
    FakePeerConnection.last.ontrack({ streams: [new FakeStream()], track: new FakeTrack() });
    expect([call.getVolume(), FakeAudio.all[0]?.volume]).toEqual([100, 1]);
    call.setVolume(40);
    expect([call.getVolume(), FakeAudio.all[0]?.volume]).toEqual([40, 0.4]);
    call.setVolume(700);
    expect(call.getVolume()).toBe(100);
  });

  it("gives statistics while there is media", async () => {
    const { call } = await talking();
    expect((await call.getStats()).inbound.packets).toBe(0);
    void call.hangup();
    await expect(call.getStats()).rejects.toMatchObject({ name: "INVALID_STATE" });
  });

  it("hold and back are told", async () => {
    const { call, statuses } = await talking();
    tell("hold", call, { status: "HOLD" });
    tell("talk", call, { status: "ESTABLISHED" });
    expect(statuses.slice(-3)).toEqual(["ESTABLISHED", "HOLD", "ESTABLISHED"]);
  });

  it("disconnect() ends it", async () => {
    const { session, ends } = await talking();
    await session.disconnect();
    expect(hangups()).toHaveLength(1);
    expect(ends).toMatchObject([{ reason: "hangup", by: "local" }]);
  });
});
