// SPDX-License-Identifier: GPL-3.0-or-later
// What most tests stand on: a run, Kamailio, the gateway in front of it, and what both owe at the end.
import assert from "node:assert/strict";
import { Gateway } from "./gateway.mjs";
import { Kamailio, passwordOf } from "./kamailio.mjs";
import { Run } from "./run.mjs";
import { Wcs } from "./wcs.mjs";

/** Given in tests of refusals; it must appear in no log either. */
export const WRONG_PASSWORD = "sesame-does-not-open";
const LOGINS = ["1001", "1002", "1003", "1004", "1423", "1503"];

export class Stage {
  constructor(run, kamailio, gateway) {
    Object.assign(this, { run, kamailio, gateway });
  }

  static async start(url, options = {}) {
    const run = await Run.start(url);
    try {
      const kamailio = await Kamailio.start(run, options.kamailio);
      const more = typeof options.gateway === "function" ? await options.gateway(kamailio, run) : options.gateway;
      const gateway = await Gateway.start(run, { kamailio, ...more });
      return new Stage(run, kamailio, gateway);
    } catch (error) {
      await run.end();
      throw error;
    }
  }

  /** Kamailio anew, after it was stopped. */
  async startKamailio(options) {
    this.kamailio = await Kamailio.start(this.run, options);
  }

  /** A browser of raw frames, signed in as `login`. */
  signIn(login, { password = passwordOf(login), ...more } = {}) {
    return Wcs.signIn(this.gateway.ws, this.kamailio.account(login, password), more);
  }

  /** SIGTERM: exit code 0, nothing left; and nobody wrote a password down. */
  async curtain() {
    await this.gateway.stop();
    this.checkSecrets();
  }

  checkSecrets() {
    // The page knows its own password and may print it; every other log has no business with it.
    const logs = this.run.texts((path) => path.endsWith(".log") && !path.endsWith("chromium.log"));
    for (const secret of [...LOGINS.map(passwordOf), WRONG_PASSWORD]) {
      for (const [path, text] of logs) assert.ok(!text.includes(secret), `the password ${secret} is in ${path}`);
    }
  }

  end() {
    return this.run.end();
  }
}
