// SPDX-License-Identifier: GPL-3.0-or-later
// The Phone page in a test's hands: a page of a Drive, and what one does with a phone.
import { id } from "./drive/drive.mjs";

export const DOMAIN = "phone.test";
export const passwordOf = (login) => `open-${login}`;
/** Users of the gateway's own registrar, for Gateway.start(). */
export const registrar = {
  enabled: true,
  domain: DOMAIN,
  users: Object.fromEntries(["ann", "bob", "cleo"].map((login) => [login, passwordOf(login)])),
};

export class Phone {
  constructor(page) {
    this.page = page;
  }

  static async open(drive, url, options) {
    return new Phone(await drive.open(url, options));
  }

  async signIn(login, { password = passwordOf(login), domain = DOMAIN } = {}) {
    const { page } = this;
    await page.fill(id("login"), login);
    await page.fill(id("password"), password);
    await page.fill(id("domain"), domain);
    await page.click(id("sign-in"));
  }

  /** Signed in, and the phone on the screen. */
  async online(login) {
    await this.signIn(login);
    await this.page.see(id("number"));
    return this;
  }

  async dial(number) {
    await this.page.fill(id("number"), number);
    await this.page.click(id("call"));
  }

  state = (name) => this.page.see(id("call-state", { state: name }));
  line = (name, timeout) => this.page.see(id("online-state", { state: name }), timeout);
  isTalking = () => this.page.see(id("call-timer"));
  isIdle = () => this.page.see(id("call"));
  hangup = () => this.page.click(id("hangup"));
  failure = (reason) => this.page.see(id("call-error", { reason }));
}
