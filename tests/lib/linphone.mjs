// SPDX-License-Identifier: GPL-3.0-or-later
// A real linphonec as a phone, registered with Kamailio or with Patchcord itself and told what to do on its
// standard input.
import { mkdirSync, writeFileSync } from "node:fs";
import { passwordOf } from "./kamailio.mjs";
import { eventually } from "./run.mjs";
import { voice } from "./sound.mjs";
import { readWav, writeWav } from "./wav.mjs";

const PLAY_SECONDS = 120;

export class Linphone {
  constructor(child, user, folder) {
    this.child = child;
    this.user = user;
    this.folder = folder;
  }

  /**
   * `answers`: takes calls by itself; else see accept(). Its server is Kamailio, or `server`: { domain, address,
   * port, transport } with the user's `password`. `speaks`: which voice; without one it is silent.
   */
  static async start(
    run,
    { name, user, kamailio, server = kamailio, password = passwordOf(user), answers = false, speaks },
  ) {
    name ??= `linphone-${user}`;
    const folder = run.dir(name);
    const [port, rtp] = [await run.port(), await run.port(4)];
    mkdirSync(`${folder}/.local/share/linphone`, { recursive: true });
    writeFileSync(`${folder}/linphonerc`, config({ user, server, password, port, rtp, folder }));
    const args = ["-c", `${folder}/linphonerc`, "-d", "5", ...(answers ? ["-a"] : [])];
    const child = run.spawn(name, "linphonec", args, { cwd: folder, env: { HOME: folder, LC_ALL: "C" } });
    const phone = new Linphone(child, user, folder);
    phone.command("soundcard use files");
    await child.waitFor(/to \[LinphoneRegistrationOk\]/, { timeout: 20_000 });
    if (speaks) phone.#speak(speaks);
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
  isOver(from) {
    return this.waitFor(/LinphoneCall(End|Error|Released)/, { from });
  }

  /** What it heard in its call; the call is over. */
  heard() {
    return eventually(() => readWav(`${this.folder}/heard.wav`), { what: "linphone's recording" });
  }

  /** Takes its leave of the server, and ends. */
  quit() {
    this.command("quit");
    return this.child.exited;
  }

  #speak(name) {
    writeWav(`${this.folder}/voice.wav`, voice(name, 8000, PLAY_SECONDS), 8000);
    this.command(`play ${this.folder}/voice.wav`);
    this.command(`record ${this.folder}/heard.wav`);
  }
}

function config({ user, server: { address, port: serverPort, domain = address, transport = "udp" }, password, port, rtp, folder }) {
  const server = `${address}:${serverPort};transport=${transport}`;
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
    ["[proxy_0]", `reg_proxy=<sip:${server}>`, `reg_identity=sip:${user}@${domain}`],
    [`reg_route=<sip:${server};lr>`, "reg_expires=600", "reg_sendregister=1"],
    ["[auth_info_0]", `username=${user}`, `passwd=${password}`, `realm=${domain}`],
    ["[misc]", `user_certificates_path=${folder}/certificates`],
    ...codecs,
    [""],
  ]
    .flat()
    .join("\n");
}
