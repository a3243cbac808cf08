// SPDX-License-Identifier: GPL-3.0-or-later
// A real linphonec as a phone, registered with Kamailio and told what to do on its standard input.
import { mkdirSync, writeFileSync } from "node:fs";
import { passwordOf } from "./kamailio.mjs";

export class Linphone {
  constructor(child, user) {
    this.child = child;
    this.user = user;
  }

  /** `answers`: takes calls by itself; else see accept(). */
  static async start(run, { user, kamailio, answers = false }) {
    const name = `linphone-${user}`;
    const folder = run.dir(name);
    const [port, rtp] = [await run.port(), await run.port(4)];
    mkdirSync(`${folder}/.local/share/linphone`, { recursive: true });
    writeFileSync(`${folder}/linphonerc`, config({ user, kamailio, port, rtp, folder }));
    const args = ["-c", `${folder}/linphonerc`, "-d", "5", ...(answers ? ["-a"] : [])];
    const child = run.spawn(name, "linphonec", args, { cwd: folder, env: { HOME: folder, LC_ALL: "C" } });
    const phone = new Linphone(child, user);
    phone.command("soundcard use files");
    await child.waitFor(/to \[LinphoneRegistrationOk\]/);
    return phone;
  }

  command(line) {
    this.child.write(`${line}\n`);
  }
  /** A mark for waitFor: what is said from here on. */
  now() {
    return this.child.output().length;
  }
  waitFor(pattern, options) {
    return this.child.waitFor(pattern, { timeout: 15_000, ...options });
  }

  dial(address) {
    this.command(`call ${address}`);
  }
  accept() {
    this.command("answer");
  }
  hangup() {
    this.command("terminate");
  }
  digits(text) {
    this.command(text);
  }
}

function config({ user, kamailio, port, rtp, folder }) {
  const server = `${kamailio.address}:${kamailio.port}`;
  const codecs = [
    ["opus", 48000, 2],
    ["PCMA", 8000, 1],
    ["PCMU", 8000, 1],
  ].map(([mime, rate, channels], i) => [`[audio_codec_${i}]`, `mime=${mime}`, `rate=${rate}`, `channels=${channels}`, "enabled=1"]);
  return [
    ["[sip]", `sip_port=${port}`, "sip_tcp_port=-1", "sip_tls_port=-1", "default_proxy=0", "guess_hostname=0"],
    [`contact=sip:${user}@127.0.0.1`, "register_only_when_network_is_up=0", "use_rfc2833=1", "inc_timeout=30", "supported=replaces, outbound"],
    ["[rtp]", `audio_rtp_port=${rtp}`, "nortp_timeout=30"],
    ["[sound]", "echocancellation=0"],
    ["[video]", "enabled=0", "capture=0", "display=0"],
    ["[proxy_0]", `reg_proxy=<sip:${server};transport=udp>`, `reg_identity=sip:${user}@${kamailio.address}`],
    [`reg_route=<sip:${server};transport=udp;lr>`, "reg_expires=600", "reg_sendregister=1"],
    ["[auth_info_0]", `username=${user}`, `passwd=${passwordOf(user)}`, `realm=${kamailio.address}`],
    ["[misc]", `user_certificates_path=${folder}/certificates`],
    ...codecs,
    [""],
  ]
    .flat()
    .join("\n");
}
