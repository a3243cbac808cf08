// SPDX-License-Identifier: GPL-3.0-or-later
// Going online by a click: the gesture after which a browser lets the page ring, a short sign that it does,
// and the sign-in.

import { line, type Account } from "./app_state";
import { goOnline } from "./phone_line";
import { chirp, enableSound } from "./sound";

export function enter(who: Account, { steal = false } = {}): void {
  if (line.peek().state === "connecting") return;
  void enableSound().then(chirp);
  void goOnline(who, { steal });
}
