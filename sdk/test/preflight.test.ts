// SPDX-License-Identifier: MIT
// The pure parts of the preflight, and what it does where it cannot get far. The whole of it runs in
// tests/browser, against a gateway.
import { describe, expect, it, vi } from "vitest";
import { runPreflight } from "../src/preflight";
import { offers, only } from "../src/preflight/candidates";
import { judge, STEPS, weigh, type Step, type StepName, type StepResult } from "../src/preflight/report";
import { FakeStream, FakeWebSocket, loudness, microphone, settle, useFakeBrowser } from "./fakes";

useFakeBrowser();

const step = (name: StepName, result: StepResult = "ok"): Step => ({ name, result, ms: 1, message: "", hint: "" });
const all = (results: Partial<Record<StepName, StepResult>> = {}): Step[] =>
  STEPS.map((name) => step(name, results[name]));

describe("candidates", () => {
  const sdp = [
    "v=0",
    "a=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host",
    "a=candidate:2 1 TCP 2130706430 192.0.2.1 3478 typ host tcptype passive",
    "a=end-of-candidates",
    "",
  ].join("\r\n");

  it("of one transport stay, and nothing else goes", () => {
    expect(only("udp", sdp).split("\r\n")).toEqual(sdp.split("\r\n").filter((line) => !line.includes("TCP")));
    expect(only("tcp", sdp).split("\r\n")).toEqual(sdp.split("\r\n").filter((line) => !line.includes("udp")));
  });

  it("are found, or not", () => {
    expect([offers("udp", sdp), offers("tcp", sdp), offers("tcp", only("udp", sdp))]).toEqual([true, true, false]);
  });
});

describe("the verdict", () => {
  it("is ok where all is", () => {
    expect(judge(all())).toMatchObject({ verdict: "ok", text: "Ready for calls." });
    expect(judge(all())).not.toHaveProperty("problem");
  });

  it.each(STEPS)("names %s where that failed, in words of its own", (name) => {
    const report = judge(all({ [name]: "fail" }));
    expect(report).toMatchObject({ verdict: "fail", problem: name });
    expect(report.text).not.toBe(judge(all()).text);
  });

  it("is about the first failure, and before any doubt", () => {
    expect(judge(all({ microphone: "warn", socket: "fail", udp: "skipped" })).problem).toBe("socket");
    expect(judge(all({ microphone: "warn", tcp: "warn" }))).toMatchObject({ verdict: "warn", problem: "microphone" });
  });

  it("takes one open way for enough", () => {
    const results = (udp: StepResult, tcp: StepResult): StepResult[] =>
      weigh(step("udp", udp), step("tcp", tcp)).map(({ result }) => result);
    expect(results("fail", "ok")).toEqual(["warn", "ok"]);
    expect(results("ok", "fail")).toEqual(["ok", "warn"]);
    expect(results("fail", "fail")).toEqual(["fail", "fail"]);
  });
});

describe("a preflight", () => {
  const signIn = { urlServer: "wss://gw", sipOptions: { login: "1001", password: "pw", domain: "pbx" } };

  it("without a microphone goes on to the gateway, and says what it found there", async () => {
    microphone.open = () => Promise.reject(new DOMException("x", "NotAllowedError"));
    const told: string[] = [];
    const running = runPreflight({ signIn, onStep: ({ name, result }) => told.push(`${name} ${result}`) });
    await settle();
    FakeWebSocket.last.drop();
    const report = await running;
    expect(report).toMatchObject({ verdict: "fail", problem: "microphone" });
    expect(report.steps.map(({ error }) => error?.name)).toEqual([
      "MICROPHONE_BLOCKED",
      "GATEWAY_UNREACHABLE",
      ...Array<undefined>(4),
    ]);
    expect(told).toEqual([
      "microphone fail",
      "socket fail",
      "sign_in skipped",
      "udp skipped",
      "sound skipped",
      "tcp skipped",
    ]);
  });

  it("says that the sign-in was refused, and closes what it opened", async () => {
    loudness.value = 0.5;
    const running = runPreflight({ signIn });
    await vi.advanceTimersByTimeAsync(100);
    FakeWebSocket.last.open();
    await settle();
    FakeWebSocket.last.tell("fail", { status: "AUTHENTICATION_FAIL", reason: "auth_rejected" });
    const report = await running;
    expect(report).toMatchObject({ verdict: "fail", problem: "sign_in" });
    expect(report.steps.map(({ result }) => result).slice(0, 3)).toEqual(["ok", "ok", "fail"]);
    expect(FakeWebSocket.last.readyState).toBe(3);
  });

  it("takes a silent microphone for a doubt", async () => {
    const running = runPreflight({ signIn });
    await vi.advanceTimersByTimeAsync(2000);
    FakeWebSocket.last.drop();
    expect((await running).steps[0]).toMatchObject({ name: "microphone", result: "warn" });
  });

  it("can be aborted, and leaves nothing open", async () => {
    const abort = new AbortController();
    const running = runPreflight({ signIn, signal: abort.signal });
    await settle();
    abort.abort();
    await expect(running).rejects.toMatchObject({ name: "ABORTED", code: 1005 });
    const isOff = ({ tracks }: FakeStream): boolean => tracks.every(({ readyState }) => readyState === "ended");
    expect(microphone.streams.every(isOff)).toBe(true);
  });

  it("needs something to test", async () => {
    await expect(runPreflight({})).rejects.toMatchObject({ name: "INVALID_ARGUMENT" });
  });
});
