// SPDX-License-Identifier: GPL-3.0-or-later
// A real baresip as a phone: it plays one voice, records what it hears, and is told what to do, and tells
// what happens, as JSON in netstrings over its control socket.
import { readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { eventually } from "./run.mjs";
import { PHONE, voice } from "./sound.mjs";
import { readWav, writeWav } from "./wav.mjs";

/** baresip ends a call when its file does. */
const PLAY_SECONDS = 300;

export class Baresip {
  #socket;
  #buffer = "";
  #tokens = 0;
  #replies = new Map();
  #watchers = new Set();
  /** Everything that happened: { type, param, direction, id, ... } as baresip names it. */
  events = [];

  constructor(child, port, folder) {
    this.child = child;
    this.port = port;
    this.folder = folder;
  }

  /**
   * `user` is its name; with a `password` it registers with `kamailio`, else it is the telephone network,
   * which calls in through Kamailio unasked. Or its server is `server`: { domain, address, port, transport }.
   * `codecs` in its order; Opus makes it play at 48 kHz. `speaks`: its voice. `answer`: auto, manual (see
   * accept()), or early (183 with sound).
   */
  static async start(
    run,
    { name, kamailio, server, user = "pstn", password, codecs = ["pcma", "pcmu"], answer = "auto", speaks = PHONE },
  ) {
    const { address, port: serverPort, domain = address, transport = "udp" } = server ?? kamailio;
    name ??= `baresip-${user}`;
    const folder = run.dir(name);
    const [port, control, rtp] = [await run.port(), await run.port(), await run.port(40)];
    const hasOpus = codecs.includes("opus");
    const rate = hasOpus ? 48_000 : 8_000;
    const sound = `${folder}/voice.wav`;
    writeWav(sound, voice(speaks, rate, PLAY_SECONDS), rate);
    const list = codecs.map((codec) => (codec === "opus" ? "opus/48000/2" : codec)).join(",");
    const login = password ? `auth_user=${user};auth_pass=${password};regint=600` : "regint=0";
    writeFileSync(
      `${folder}/accounts`,
      `<sip:${user}@${domain};transport=${transport}>;${login};answermode=${answer};` +
        `outbound="sip:${address}:${serverPort};transport=${transport}";` +
        `audio_codecs=${list};ptime=20;dtmfmode=rtpevent\n`,
    );
    writeFileSync(`${folder}/contacts`, "");
    writeFileSync(`${folder}/config`, config({ port, control, rtp, sound, rate, folder }));

    // Its standard input stays open: at its end baresip would spin.
    const child = run.spawn(name, "baresip", ["-f", folder, "-v"]);
    const phone = new Baresip(child, port, folder);
    run.onEnd(() => phone.#socket?.destroy());
    await eventually(() => phone.#open(control), { what: `control socket of ${name}` });
    if (password) await child.waitFor(/200 OK/);
    return phone;
  }

  /** The number that rings it through Kamailio. */
  number() {
    return `+48300${this.port}`;
  }

  /** Sends a command of baresip's menu; resolves with its answer. */
  command(command, params) {
    const token = String(++this.#tokens);
    const text = JSON.stringify({ command, params, token });
    this.#socket.write(`${Buffer.byteLength(text)}:${text},`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`baresip does not answer "${command}"; ${this.child.log}`)),
        5_000,
      );
      this.#replies.set(token, (reply) => (clearTimeout(timer), resolve(reply)));
    });
  }

  dial(uri) {
    return this.command("dial", uri);
  }
  accept() {
    return this.command("accept");
  }
  hangup() {
    return this.command("hangup");
  }
  /** Toggles. */
  mute() {
    return this.command("mute");
  }
  digit(digit) {
    return this.command("sndcode", digit);
  }

  /** Takes its leave of the server, and ends. */
  quit() {
    return this.child.stop();
  }

  /** A mark for waitFor: events from here on. */
  now() {
    return this.events.length;
  }

  waitFor(type, { from = 0, timeout = 10_000 } = {}) {
    const find = () => this.events.slice(from).find((event) => event.type === type);
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle(value);
      };
      const check = () => {
        const event = find();
        if (event) done(resolve, event);
      };
      const timer = setTimeout(() => done(reject, new Error(`no ${type} at baresip; ${this.child.log}`)), timeout);
      this.#watchers.add(check);
      check();
    });
  }

  /** The digits it heard since the mark, one character each. */
  digits(from = 0) {
    const begun = this.events.slice(from).filter((event) => event.type === "CALL_DTMF_START");
    return begun.map((event) => event.param).join("");
  }

  /** What it heard in its latest call; the call is over. */
  async heard() {
    const newest = () =>
      readdirSync(this.folder)
        .filter((file) => file.endsWith("-dec.wav"))
        .sort()
        .at(-1);
    return readWav(`${this.folder}/${await eventually(newest, { what: "baresip's recording" })}`);
  }

  #open(port) {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        socket.on("error", () => {}); // reset at its end
        socket.setEncoding("utf8");
        socket.on("data", (text) => this.#read(text));
        this.#socket = socket;
        resolve(true);
      });
    });
  }

  #read(text) {
    this.#buffer += text;
    for (;;) {
      const colon = this.#buffer.indexOf(":");
      if (colon < 0) return;
      const length = Number(this.#buffer.slice(0, colon));
      if (this.#buffer.length < colon + 1 + length + 1) return;
      const message = JSON.parse(this.#buffer.slice(colon + 1, colon + 1 + length));
      this.#buffer = this.#buffer.slice(colon + length + 2);
      if (message.event) this.events.push({ at: Date.now(), ...message });
      else this.#replies.get(message.token)?.(message);
      for (const watch of this.#watchers) watch();
    }
  }
}

function config({ port, control, rtp, sound, rate, folder }) {
  const modules = ["stdio", "opus", "g722", "g711", "sndfile", "aufile", "aubridge"];
  return [
    "poll_method epoll",
    `sip_listen 127.0.0.1:${port}`,
    "call_local_timeout 120",
    "call_max_calls 8",
    "audio_player aubridge,sink",
    `audio_source aufile,${sound}`,
    "audio_alert aufile,/dev/null",
    `ausrc_srate ${rate}`,
    `auplay_srate ${rate}`,
    "ausrc_channels 1",
    "auplay_channels 1",
    "audio_txmode thread",
    "ausrc_format s16",
    "auplay_format s16",
    "auenc_format s16",
    "audec_format s16",
    `rtp_ports ${rtp}-${rtp + 39}`,
    "rtcp_mux no",
    "jitter_buffer_delay 2-10",
    "net_interface 127.0.0.1",
    "module_path /usr/lib/baresip/modules",
    ...modules.map((module) => `module ${module}.so`),
    "module_tmp uuid.so",
    "module_tmp account.so",
    "module_app debug_cmd.so",
    "module_app menu.so",
    "module_app contact.so",
    "module_app ctrl_tcp.so",
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    `snd_path ${folder}`,
    "statmode_default off",
    "menu_bell no",
    "ringback_disabled yes",
    "redial_attempts 0",
    "",
  ].join("\n");
}
