// SPDX-License-Identifier: GPL-3.0-or-later
// The line: this page's session at the gateway. Turns "go online" into a session and its events into the
// store. With phone_call.ts the only place where the page touches the SDK.

import { createSession, SESSION_STATUS, type Call, type PhoneError, type Session } from "@patchcord/websdk";
import { account, canDial, ended, line, notice, signedIn, type Account } from "./app_state";
import { releaseLine, takeLine } from "./tabs";

/** A page that is a phone keeps trying: ten minutes of a restarting gateway are no reason to give up. */
const RECONNECT = { maxMs: 600_000 };

let session: Session | undefined;
let onIncoming: (call: Call) => void = () => undefined;

/** Who takes the calls that come in. */
export function takeCalls(handler: (call: Call) => void): void {
  onIncoming = handler;
}

/** `steal`: also when another tab of this browser is online with the account; that one goes offline. */
export async function goOnline(with_: Account, { steal = false } = {}): Promise<void> {
  endSession();
  account.value = with_;
  line.value = { state: "connecting" };
  if (!(await takeLine(nameOf(with_), goElsewhere, steal))) return goElsewhere();
  if (account.peek() === with_) startSession(with_);
}

/** Tries again with the account that was last online. */
export function retry(): void {
  if (account.value) void goOnline(account.value);
}

export function goOffline(): void {
  endSession();
  releaseLine();
  signedIn.value = false;
  account.value = null;
  ended.value = null;
  line.value = { state: "offline" };
}

/** For what uses the line beside the calls: the connection test. */
export function currentSession(): Session | undefined {
  return session;
}

/** A call that can be dialled, or nothing while the line does not carry calls. */
export function createCall(callee: string): Call | undefined {
  return canDial.peek() ? session?.createCall({ callee }) : undefined;
}

/** A page in the back/forward cache gives its line to whoever wants it, and asks for it when it is back. */
export function followPageCache(): void {
  window.addEventListener("pagehide", releaseLine);
  window.addEventListener("pageshow", (event) => {
    const now = account.peek();
    if (!event.persisted || !session || !now) return;
    void takeLine(nameOf(now), goElsewhere).then((ours) => {
      if (!ours) goElsewhere();
    });
  });
}

const nameOf = ({ login, domain }: Account): string => `${login}@${domain}`;

function goElsewhere(): void {
  endSession();
  line.value = { state: "elsewhere" };
}

function endSession(): void {
  const old = session;
  session = undefined;
  void old?.disconnect();
}

function startSession({ login, password, domain, outboundProxy, authenticationName }: Account): void {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const sipOptions = {
    login,
    password,
    domain,
    ...(outboundProxy && { outboundProxy }),
    ...(authenticationName && { authenticationName }),
  };
  session = createSession({ urlServer: `${scheme}://${location.host}/`, sipOptions, reconnect: RECONNECT });
  watch(session);
}

function watch(mine: Session): void {
  // A session that was replaced has nothing to say any more.
  const ifMine =
    <Args extends unknown[]>(handler: (...args: Args) => void) =>
    (...args: Args): void => {
      if (mine === session) handler(...args);
    };
  mine.on(
    SESSION_STATUS.REGISTERED,
    ifMine(() => {
      signedIn.value = true;
      line.value = { state: "online" };
    }),
  );
  mine.on(
    SESSION_STATUS.UNREGISTERED,
    ifMine((_: Session, error?: PhoneError) => (line.value = { state: "unregistered", ...(error && { error }) })),
  );
  mine.on(
    "reconnecting",
    ifMine(({ delayMs }) => (line.value = { state: "reconnecting", nextTryAt: performance.now() + delayMs })),
  );
  mine.on(
    SESSION_STATUS.WARN,
    ifMine((_: Session, error: PhoneError) => {
      if (error.reason === "draining") notice.value = { key: "line.draining" };
    }),
  );
  mine.on(
    SESSION_STATUS.FAILED,
    ifMine((_: Session, error?: PhoneError) => {
      releaseLine();
      line.value = { state: "offline", ...(error && { error }) };
      if (error?.reason === "auth_rejected") signedIn.value = false;
    }),
  );
  mine.on(
    SESSION_STATUS.INCOMING_CALL,
    ifMine((call) => onIncoming(call)),
  );
}
