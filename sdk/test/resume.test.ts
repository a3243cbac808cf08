// SPDX-License-Identifier: MIT
// A connection that goes and comes back while there are calls.
import { describe, expect, it, vi } from "vitest";
import { createSession } from "../src/client";
import { documentFake, FakePeerConnection, FakeWebSocket, page, settle, useFakeBrowser } from "./fakes";
import { announce, gateway, hangups, incoming, micIsOff, outgoing, signIn, talking, tell, type Watched } from "./stage";

useFakeBrowser();

/** The gateway takes us back, with these calls. */
async function back(calls: { callId: string; status: string }[]): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  gateway().open();
  gateway().tell("getUserData", { authToken: "t2", sipLogin: "1001", resumed: true, calls });
}

function story({ call }: Watched): string[] {
  const heard: string[] = [];
  call.on("reconnecting", () => heard.push("reconnecting")).on("reconnected", () => heard.push("reconnected"));
  call.on("ended", ({ reason }) => heard.push(reason));
  return heard;
}

describe("a call whose connection breaks", () => {
  it("goes on with the same peer connection when the gateway still knows it", async () => {
    const watched = await talking();
    const heard = story(watched);
    const session: string[] = [];
    watched.session.on("reconnected", () => session.push("reconnected"));
    gateway().drop();
    expect([heard, watched.session.getCalls().length]).toEqual([["reconnecting"], 1]);
    await back([{ callId: watched.call.id(), status: "ESTABLISHED" }]);
    expect(gateway().sent("connection")).toMatchObject([
      { authToken: "t", resume: true, sipLogin: "1001", sipPassword: "pw" },
    ]);
    expect(gateway().sent("connection")[0]).not.toHaveProperty("keepAlive");
    expect([heard, session]).toEqual([["reconnecting", "reconnected"], ["reconnected"]]);
    expect([FakePeerConnection.all.length, FakePeerConnection.last.closed]).toEqual([1, false]);
    expect([watched.call.status(), micIsOff()]).toEqual(["ESTABLISHED", false]);
    watched.call.sendDTMF("5");
    expect(gateway().sent("sendDtmf")).toHaveLength(1);
  });

  it("ends when the gateway came back without it, or without any memory", async () => {
    for (const calls of [[], undefined]) {
      const watched = await talking();
      const heard = story(watched);
      gateway().drop();
      if (calls) await back(calls);
      else {
        await settle();
        gateway().signIn();
      }
      expect(heard).toEqual(["reconnecting", "connection_lost"]);
      expect(watched.ends).toMatchObject([{ by: "gateway", error: { name: "CONNECTION_LOST", code: 2003 } }]);
    }
  });

  it("is told the end that it missed", async () => {
    const watched = await talking();
    gateway().drop();
    await back([{ callId: watched.call.id(), status: "ESTABLISHED" }]);
    tell("finish", watched.call, { status: "FINISH", reason: "hangup", by: "remote" });
    expect(watched.ends).toMatchObject([{ reason: "hangup", by: "remote" }]);
  });

  it("ends when there is no way back", async () => {
    const watched = await talking();
    gateway().drop();
    for (let i = 0; i < 80 && watched.ends.length === 0; i++) {
      await vi.advanceTimersByTimeAsync(1000);
      if (gateway().readyState !== 3) gateway().drop();
    }
    expect(watched.ends).toMatchObject([{ reason: "gateway_unreachable" }]);
    expect([watched.session.status(), micIsOff()]).toEqual(["FAILED", true]);
  });

  it("uses each token once", async () => {
    const { call } = await talking();
    gateway().drop();
    await back([{ callId: call.id(), status: "ESTABLISHED" }]);
    gateway().drop();
    await back([{ callId: call.id(), status: "ESTABLISHED" }]);
    expect(gateway().sent("connection")).toMatchObject([{ authToken: "t2" }]);
  });

  it("is not waited for where the gateway gave no token, or nobody wants to try", async () => {
    const sipOptions = { login: "1001", password: "pw", domain: "pbx", registerRequired: false };
    for (const [token, reconnect] of [
      [undefined, { maxMs: 60_000 }],
      ["t", false],
    ] as const) {
      const session = createSession({ urlServer: "wss://gw", sipOptions, reconnect });
      gateway().open();
      gateway().tell("getUserData", { sipLogin: "1001", authToken: token });
      const call = session.createCall({ callee: "1002" });
      const ended = vi.fn();
      void call.on("ended", ended).call();
      await settle();
      gateway().drop();
      expect(ended).toHaveBeenCalledWith(expect.objectContaining({ reason: "connection_lost" }));
      await session.disconnect();
    }
  });
});

describe("hanging up while the gateway is away", () => {
  it("is final at once, and said when it is back", async () => {
    const { call, ends } = await talking();
    gateway().drop();
    await call.hangup();
    expect([ends.length, micIsOff(), FakePeerConnection.last.closed]).toEqual([1, true, true]);
    expect(ends).toMatchObject([{ reason: "hangup", by: "local" }]);
    await back([{ callId: call.id(), status: "ESTABLISHED" }]);
    expect(hangups()).toEqual([{ callId: call.id() }]);
    tell("finish", call, { status: "FINISH", reason: "hangup" });
    expect(ends).toHaveLength(1);
  });

  it("is said again when the connection may have swallowed it", async () => {
    const { call, ends } = await talking();
    void call.hangup();
    gateway().drop();
    expect(ends).toHaveLength(1);
    await back([{ callId: call.id(), status: "ESTABLISHED" }]);
    expect(hangups()).toEqual([{ callId: call.id() }]);
  });

  it("so is the end of a connection that broke too", async () => {
    const { call, ends } = await talking();
    gateway().drop();
    FakePeerConnection.last.state("failed", "failed");
    expect(ends).toMatchObject([{ reason: "ice_failed" }]);
    await back([{ callId: call.id(), status: "ESTABLISHED" }]);
    expect(hangups()).toEqual([{ callId: call.id(), reason: "ice_failed" }]);
  });
});

describe("calls that are being made", () => {
  it("a ringing one goes on, and hears that it was answered", async () => {
    const watched = incoming();
    gateway().drop();
    await back([{ callId: "in-1", status: "RING" }]);
    announce("in-1");
    expect(watched.session.getCalls()).toHaveLength(1);
    void watched.call.answer();
    await settle();
    tell("talk", watched.call, { status: "ESTABLISHED" });
    expect(watched.statuses.at(-1)).toBe("ESTABLISHED");
  });

  it("an answer that got lost is given again", async () => {
    const watched = incoming();
    void watched.call.answer();
    await settle();
    const [first] = gateway().sent("answer");
    gateway().drop();
    await back([{ callId: "in-1", status: "RING" }]);
    expect(gateway().sent("answer")).toEqual([first]);
  });

  it("one whose description got lost is given up, unless that is said again", async () => {
    for (const again of [true, false]) {
      const { call, ends } = outgoing();
      void call.call();
      await settle();
      gateway().drop();
      await back([{ callId: call.id(), status: "RING" }]);
      if (again) gateway().tell("setRemoteSDP", call.id(), "v=0 answer", true);
      await vi.advanceTimersByTimeAsync(3000);
      expect(ends.map(({ reason }) => reason)).toEqual(again ? [] : ["connection_lost"]);
      expect(hangups()).toHaveLength(again ? 0 : 1);
    }
  });

  it("one that came meanwhile rings now; one that talks without us is hung up", async () => {
    const { session } = await talking();
    const heard: string[] = [];
    session.on("INCOMING_CALL", (call) => heard.push(call.id()));
    gateway().drop();
    await back([
      { callId: "new", status: "RING" },
      { callId: "stray", status: "ESTABLISHED" },
    ]);
    announce("new");
    expect([heard, hangups()]).toEqual([["new"], [{ callId: "stray" }]]);
  });

  it("one that the gateway has not heard of yet is not touched", async () => {
    const { call, session, ends } = outgoing();
    gateway().drop();
    await back([]);
    expect([ends, session.getCalls().length]).toEqual([[], 1]);
    void call.call();
    await settle();
    expect(gateway().sent("call")).toHaveLength(1);
  });
});

describe("finding the way back", () => {
  it("looks at once when the user looks at the page, or the network is back", async () => {
    signIn();
    gateway().tell("ping", null);
    gateway().drop();
    await vi.advanceTimersByTimeAsync(0);
    gateway().drop();
    expect(FakeWebSocket.all).toHaveLength(2);
    documentFake.dispatchEvent(new Event("visibilitychange"));
    expect(FakeWebSocket.all).toHaveLength(3);
    gateway().drop();
    page.dispatchEvent(new Event("online"));
    expect(FakeWebSocket.all).toHaveLength(4);
  });

  it("asks a connection that may have died unnoticed, and acts on silence", async () => {
    const session = signIn();
    gateway().tell("ping", null);
    page.dispatchEvent(new Event("online"));
    expect(gateway().frames.at(-1)?.message).toBe("ping");
    gateway().tell("pong", null);
    await vi.advanceTimersByTimeAsync(6000);
    expect([FakeWebSocket.all.length, session.status()]).toEqual([1, "REGISTERED"]);
    page.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(5001);
    expect([FakeWebSocket.all.length, session.status()]).toEqual([2, "PENDING"]);
  });

  it("keeps a session whose registration failed while it was away", async () => {
    const { session, call } = await talking();
    gateway().drop();
    await back([{ callId: call.id(), status: "ESTABLISHED" }]);
    gateway().tell("fail", { apiMethod: "RegistrationStatusEvent", status: "REGISTER_EXPIRE" });
    expect([session.status(), call.status()]).toEqual(["UNREGISTERED", "ESTABLISHED"]);
  });

  it("asks to be kept alive, and to go on with a session of another page, only where the application wants it", () => {
    createSession({ urlServer: "wss://gw", keepAlive: true, authToken: "from before" });
    gateway().open();
    const [data] = gateway().sent("connection");
    expect(data).toMatchObject({ keepAlive: true, authToken: "from before" });
    expect(data).not.toHaveProperty("resume");
  });
});
