// SPDX-License-Identifier: GPL-3.0-or-later
// A page with our SDK, to be driven by a test: calls have names, and everything that happens is noted.
import { runPreflight } from "/sdk/preflight.js";
import { CALL_STATUS, createSession, devices, SESSION_STATUS } from "/sdk/index.js";

const calls = new Map();
let session;

const plain = (error) =>
  error && { name: error.name, reason: error.reason, code: error.code, message: error.message, sip: error.sip };
const settled = (promise) =>
  promise.then(
    () => ({ ok: true }),
    (error) => ({ ok: false, ...plain(error) }),
  );

/** Signs in; resolves to { ok } or the error. */
lab.signIn = (options) => {
  session = createSession({ reconnect: false, ...options });
  for (const status of Object.keys(SESSION_STATUS)) {
    if (status !== "INCOMING_CALL")
      session.on(status, (_, error) => lab.note(`session ${status}`, { error: plain(error) }));
  }
  for (const what of ["reconnecting", "reconnected"]) session.on(what, () => lab.note(`session ${what}`));
  session.on("INCOMING_CALL", (call) => {
    const name = `in${calls.size}`;
    keep(name, call);
    lab.note("incoming", { name, caller: call.caller(), callee: call.callee(), visibleName: call.visibleName() });
  });
  return settled(session.ready());
};
lab.signOut = () => session.disconnect();
lab.sessionStatus = () => session.status();

function keep(name, call) {
  calls.set(name, call);
  call.ended = new Promise((resolve) => call.on("ended", resolve));
  for (const status of Object.keys(CALL_STATUS)) call.on(status, () => lab.note(`${name} ${status}`));
  call.on("warning", (error) => lab.note(`${name} warning`, plain(error)));
  for (const what of ["reconnecting", "reconnected"]) call.on(what, () => lab.note(`${name} ${what}`));
  call.ended.then((end) => lab.note(`${name} ended`, { reason: end.reason, by: end.by }));
  return call;
}

/** Dials; resolves when answered, to { ok } or the error. */
lab.dial = (name, callee, options = {}) => {
  const call = keep(name, session.createCall({ callee, constraints: { audio: lab.microphone }, ...options }));
  lab.note(`${name} dialled`);
  return settled(call.call());
};
lab.answer = (name) => settled(calls.get(name).answer({ constraints: { audio: lab.microphone } }));
lab.hangup = (name) => calls.get(name).hangup();
lab.call = (name) => calls.get(name);
lab.ended = async (name) => {
  const { reason, code, hint, by, durationMs, sip, quality, error } = await calls.get(name).ended;
  return { reason, code, hint, by, durationMs, sip, quality, error: plain(error), status: calls.get(name).status() };
};
/** Every `event` of the call from now on, for `seconds`. */
lab.gather = (name, event, seconds) =>
  new Promise((resolve) => {
    const heard = [];
    const listen = (value) => heard.push(value);
    calls.get(name).on(event, listen);
    setTimeout(() => {
      calls.get(name).off(event, listen);
      resolve(heard);
    }, seconds * 1000);
  });

/** The report, without what does not pass from a page to its test; or the error. `abortAfter`: milliseconds. */
lab.preflight = async ({ ofSession = false, abortAfter, ...options }) => {
  const steps = [];
  try {
    const report = await runPreflight({
      onStep: ({ name, result }) => steps.push(`${name} ${result}`),
      ...(abortAfter === undefined ? {} : { signal: AbortSignal.timeout(abortAfter) }),
      ...(ofSession ? { session } : {}),
      ...options,
    });
    return { ...report, told: steps, steps: report.steps.map((step) => ({ ...step, error: plain(step.error) })) };
  } catch (error) {
    return { rejected: plain(error) };
  }
};

lab.devices = devices;
lab.deviceEvents = [];
for (const what of ["changed", "device-lost", "device-back"])
  devices.on(what, (value) => lab.deviceEvents.push({ what, ...value }));
lab.ready = true;
