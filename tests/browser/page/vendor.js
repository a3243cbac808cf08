// SPDX-License-Identifier: GPL-3.0-or-later
// A page with the vendor's SDK as npm has it, used the way its own telephone example uses it: events by
// status, a local and a remote element, hang-up by call object.
const { SESSION_STATUS, CALL_STATUS } = Flashphoner.constants;
const calls = new Map();
let session;

Flashphoner.init({});

/** Resolves to the status that decided: REGISTERED (or ESTABLISHED), DISCONNECTED or FAILED. */
lab.signIn = (urlServer, sipOptions, options = {}) =>
  new Promise((resolve) => {
    const wanted = sipOptions?.registerRequired === false ? SESSION_STATUS.ESTABLISHED : SESSION_STATUS.REGISTERED;
    session = Flashphoner.createSession({ urlServer, sipOptions, ...options });
    for (const status of Object.values(SESSION_STATUS)) {
      if (status === SESSION_STATUS.INCOMING_CALL) continue;
      session.on(status, (_, info) => {
        lab.note(`session ${status}`, { info: typeof info === "object" ? { ...info } : info });
        if ([wanted, SESSION_STATUS.DISCONNECTED, SESSION_STATUS.FAILED].includes(status)) resolve(status);
      });
    }
    session.on(SESSION_STATUS.INCOMING_CALL, (call) => {
      const name = `in${calls.size}`;
      keep(name, call);
      lab.note("incoming", { name, caller: call.caller(), callee: call.callee(), visibleName: call.visibleName() });
    });
  });
lab.signOut = () => session.disconnect();
lab.sessionStatus = () => session.status();
lab.sessionStatuses = SESSION_STATUS;

function keep(name, call) {
  calls.set(name, call);
  call.over = new Promise((resolve) => {
    for (const status of Object.values(CALL_STATUS)) {
      call.on(status, () => {
        lab.note(`${name} ${status}`);
        if ([CALL_STATUS.FINISH, CALL_STATUS.FAILED].includes(status)) resolve(status);
      });
    }
  });
  call.up = new Promise((resolve) =>
    call.on(CALL_STATUS.ESTABLISHED, () => (lab.note(`${name} ESTABLISHED`), resolve("ESTABLISHED"))),
  );
  return call;
}

const displays = () => ({
  remoteVideoDisplay: document.getElementById("remote"),
  localVideoDisplay: document.getElementById("local"),
});

/** Resolves to ESTABLISHED, FINISH or FAILED. */
lab.dial = (name, callee, options = {}) => {
  const call = keep(
    name,
    session.createCall({
      callee,
      visibleName: "Vendor Page",
      constraints: { audio: lab.microphone, video: false },
      ...displays(),
      receiveAudio: true,
      receiveVideo: false,
      stripCodecs: "SILK",
      ...options,
    }),
  );
  call.call();
  return Promise.race([call.up, call.over]);
};
lab.answer = (name) => {
  const call = calls.get(name);
  call.answer({
    constraints: { audio: lab.microphone, video: false },
    ...displays(),
    receiveVideo: false,
    stripCodecs: "SILK",
  });
  return Promise.race([call.up, call.over]);
};
lab.hangup = (name) => void calls.get(name).hangup();
lab.over = (name) => calls.get(name).over;
lab.call = (name) => calls.get(name);
lab.ready = true;
