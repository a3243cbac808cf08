// SPDX-License-Identifier: MIT
import { describe, expect, it, vi } from "vitest";
import { createSession, type Session } from "../src/client";
import type { SessionOptions } from "../src/session_api";
import { PhoneError } from "../src/errors";
import { FakeWebSocket, page, settle, useFakeBrowser } from "./fakes";

useFakeBrowser();

const sipOptions = { login: "1001", password: "secret", domain: "pbx.example.com" };

function start(options: Partial<SessionOptions> = {}): { session: Session; events: string[] } {
  const session = createSession({ urlServer: "wss://gw.example.com", sipOptions, ...options });
  const events: string[] = [];
  for (const name of ["PENDING", "CONNECTED", "REGISTERED", "UNREGISTERED", "DISCONNECTED", "WARN"] as const)
    session.on(name, () => events.push(name));
  session.on("ESTABLISHED", () => events.push("ESTABLISHED"));
  session.on("FAILED", (_, error) => events.push(`FAILED ${error?.name ?? ""}`));
  session.on("reconnecting", () => events.push("reconnecting"));
  session.on("reconnected", () => events.push("reconnected"));
  return { session, events };
}

describe("signing in", () => {
  it("goes from open to registered, and says who it is", async () => {
    const { session, events } = start();
    FakeWebSocket.last.signIn();
    await session.ready();
    expect(events).toEqual(["CONNECTED", "ESTABLISHED", "REGISTERED"]);
    expect(FakeWebSocket.last.sent("connection")[0]).toMatchObject({
      appKey: "defaultApp",
      mediaProviders: ["WebRTC"],
      sipLogin: "1001",
      sipPassword: "secret",
      sipDomain: "pbx.example.com",
      sipRegisterRequired: true,
    });
  });

  it("is ready at ESTABLISHED for an account that does not register", async () => {
    const { session } = start({ sipOptions: { ...sipOptions, registerRequired: false } });
    FakeWebSocket.last.open();
    FakeWebSocket.last.tell("getUserData", { sipLogin: "1001" });
    await session.ready();
    expect(session.status()).toBe("ESTABLISHED");
  });

  it("says that the password is wrong, at once, and once", async () => {
    const { session, events } = start();
    const ready = session.ready();
    FakeWebSocket.last.open();
    FakeWebSocket.last.tell("getUserData", { sipLogin: "1001" });
    FakeWebSocket.last.tell("fail", {
      status: "AUTHENTICATION_FAIL",
      reason: "auth_rejected",
      sipStatus: 403,
      sipReason: "Forbidden",
    });
    await expect(ready).rejects.toMatchObject({ name: "AUTH_REJECTED", code: 2401, sip: { status: 403 } });
    FakeWebSocket.last.drop(4401);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(events.filter((event) => event.startsWith("FAILED"))).toEqual(["FAILED AUTH_REJECTED"]);
    expect(FakeWebSocket.all).toHaveLength(1);
  });

  it("understands the older failure codes alone", async () => {
    const { session } = start();
    FakeWebSocket.last.open();
    FakeWebSocket.last.tell("fail", { status: "REGISTER_EXPIRE", info: "no answer" });
    await expect(session.ready()).rejects.toMatchObject({ name: "SIP_TIMEOUT", message: "no answer" });
  });

  it("says that the gateway cannot be reached", async () => {
    const { session } = start();
    const ready = session.ready();
    FakeWebSocket.last.drop();
    await expect(ready).rejects.toMatchObject({ name: "GATEWAY_UNREACHABLE", code: 2002, retryable: true });
  });

  it("does not wait for ever: neither for the socket nor for the acceptance", async () => {
    const silent = start({ timeout: 3000 });
    const silentReady = silent.session.ready();
    const mute = start({ timeout: 3000 });
    const muteReady = mute.session.ready();
    FakeWebSocket.last.open();
    const failures = Promise.allSettled([silentReady, muteReady]);
    await vi.advanceTimersByTimeAsync(3000);
    const names = (await failures).map((one) => (one.status === "rejected" ? (one.reason as Error).name : "resolved"));
    expect(names).toEqual(["GATEWAY_UNREACHABLE", "CONNECTION_LOST"]);
  });

  it("can be given up by a signal", async () => {
    const { session } = start();
    const giveUp = new AbortController();
    const ready = session.ready({ signal: giveUp.signal });
    giveUp.abort();
    await expect(ready).rejects.toMatchObject({ name: "ABORTED" });
  });

  it("refuses an address that is none, and a call before it is ready", () => {
    expect(() => createSession({ urlServer: "http://x" })).toThrow(PhoneError);
    const { session } = start();
    expect(() => session.createCall({ callee: "1002" })).toThrow(/not connected/);
  });
});

describe("staying connected", () => {
  it("answers pings with one null", () => {
    start();
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.tell("ping", null);
    expect(FakeWebSocket.last.frames.at(-1)).toEqual({ message: "pong", data: [null] });
  });

  it("comes back after a drop, by itself", async () => {
    const { session, events } = start();
    FakeWebSocket.last.signIn();
    events.length = 0;
    FakeWebSocket.last.drop();
    expect(session.status()).toBe("PENDING");
    await vi.advanceTimersByTimeAsync(700);
    FakeWebSocket.last.signIn();
    expect(events).toEqual(["PENDING", "reconnecting", "CONNECTED", "ESTABLISHED", "REGISTERED", "reconnected"]);
    expect(FakeWebSocket.all).toHaveLength(2);
  });

  it("gives up after maxMs", async () => {
    const { session, events } = start({ reconnect: { maxMs: 5000 } });
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.drop();
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(1000);
      if (FakeWebSocket.last.readyState !== 3) FakeWebSocket.last.drop();
    }
    expect(events.at(-1)).toBe("FAILED GATEWAY_UNREACHABLE");
    expect(session.status()).toBe("FAILED");
    await expect(session.ready()).rejects.toMatchObject({ name: "GATEWAY_UNREACHABLE" });
  });

  it("does not come back where the application does not want it", () => {
    const { events } = start({ reconnect: false });
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.drop();
    expect(events.at(-1)).toBe("FAILED CONNECTION_LOST");
  });

  it("finds out that the gateway is dead: asks first, then acts", async () => {
    const { events } = start();
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.tell("ping", null);
    await vi.advanceTimersByTimeAsync(21_000);
    expect(FakeWebSocket.last.frames.at(-1)?.message).toBe("ping");
    expect(events).not.toContain("reconnecting");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(events).toContain("reconnecting");
    // Should this close arrive after all, the gateway must not take it for a goodbye.
    expect(FakeWebSocket.all[0]?.closedWith).toBe(4000);
  });

  it("a pong is a sign of life", async () => {
    const { events } = start();
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.tell("ping", null);
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(5_000);
      if (FakeWebSocket.last.frames.at(-1)?.message === "ping") FakeWebSocket.last.tell("pong", null);
    }
    expect(events).not.toContain("reconnecting");
  });

  it("lives on, unregistered, when a refresh of the registration fails", () => {
    const { session, events } = start();
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.tell("fail", { apiMethod: "RegistrationStatusEvent", status: "UNREGISTERED" });
    expect(session.status()).toBe("UNREGISTERED");
    expect(() => session.createCall({ callee: "1002" })).not.toThrow();
    FakeWebSocket.last.tell("registered", {});
    expect(events.slice(-3)).toEqual(["WARN", "UNREGISTERED", "REGISTERED"]);
  });

  it("a failure of a call or a request is a warning only", () => {
    const { session, events } = start();
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.tell("fail", { apiMethod: "CallStatusEvent", id: "c", status: "FAILED", info: "486 Busy" });
    expect(events.at(-1)).toBe("WARN");
    expect(session.status()).toBe("REGISTERED");
  });

  it("signs out", async () => {
    const { session, events } = start();
    FakeWebSocket.last.signIn();
    await session.disconnect();
    expect(events.at(-1)).toBe("DISCONNECTED");
    expect(FakeWebSocket.last.readyState).toBe(3);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeWebSocket.all).toHaveLength(1);
  });
});

describe("the page's life", () => {
  const pagehide = (persisted: boolean): void => {
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted }));
  };
  const pageshow = (persisted: boolean): void => {
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
  };

  it("lets go when the page is hidden away, without a goodbye, and is back when it is", async () => {
    const { session } = start();
    FakeWebSocket.last.signIn();
    pagehide(true);
    expect([FakeWebSocket.last.readyState, FakeWebSocket.last.closedWith]).toEqual([3, 4000]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(FakeWebSocket.all).toHaveLength(1);
    pageshow(true);
    FakeWebSocket.last.signIn();
    expect([FakeWebSocket.all.length, session.status()]).toEqual([2, "REGISTERED"]);
  });

  it("says goodbye when the page is gone, and when it signs out", async () => {
    start();
    FakeWebSocket.last.signIn();
    pagehide(false);
    expect(FakeWebSocket.last.closedWith).toBe(1000);
    const { session } = start();
    FakeWebSocket.last.signIn();
    await session.disconnect();
    expect(FakeWebSocket.last.closedWith).toBe(1000);
  });

  it("does not wait for its timer when the network is back", () => {
    start();
    FakeWebSocket.last.signIn();
    FakeWebSocket.last.drop();
    page.dispatchEvent(new Event("online"));
    expect(FakeWebSocket.all).toHaveLength(2);
  });

  it("leaves a session alone that works, or that is over", async () => {
    const { session } = start();
    FakeWebSocket.last.signIn();
    page.dispatchEvent(new Event("online"));
    await session.disconnect();
    pageshow(true);
    await settle();
    expect(FakeWebSocket.all).toHaveLength(1);
  });
});

describe("handlers", () => {
  it("several for one event, and one that throws disturbs nobody", async () => {
    const { session } = start();
    const heard: string[] = [];
    session.on("REGISTERED", () => {
      throw new Error("application error");
    });
    const second = (): void => void heard.push("second");
    session.on("REGISTERED", second).on("REGISTERED", () => heard.push("third"));
    FakeWebSocket.last.signIn();
    expect(heard).toEqual(["second", "third"]);
    expect(() => vi.runOnlyPendingTimers()).toThrow("application error");
    session.off("REGISTERED", second);
    FakeWebSocket.last.tell("registered", {});
    await settle().catch(() => undefined);
    expect(heard).toEqual(["second", "third", "third"]);
  });
});
