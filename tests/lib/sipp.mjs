// SPDX-License-Identifier: GPL-3.0-or-later
// A real sipp as the far phone, for everything a well-behaved phone does not do. A scenario is a list of
// the steps below; each gives a piece of sipp's XML.
import { writeFileSync } from "node:fs";
import { eventually, isFree } from "./run.mjs";
import { voice } from "./sound.mjs";
import { alaw } from "./wav.mjs";

/**
 * What a phone says of its media: the direction, and words that change the rest: "no-digits", "mu-law" in
 * place of A-law, "deaf" for a port where nobody listens, "speaks" for one from which it speaks by itself
 * (see speak()). sipp fills the brackets.
 */
const SDP = (media) => {
  const [direction, ...words] = media.split(" ");
  const has = (word) => words.includes(word);
  const digits = has("no-digits") ? [] : ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"];
  return [
    "v=0",
    "o=phone 1 [call_number] IN IP[media_ip_type] [media_ip]",
    "s=-",
    "c=IN IP[media_ip_type] [media_ip]",
    "t=0 0",
    `m=audio ${has("deaf") ? "9" : has("speaks") ? "[rtpstream_audio_port]" : "[media_port]"} RTP/AVP ${has("mu-law") ? 0 : 8}${has("no-digits") ? "" : " 101"}`,
    has("mu-law") ? "a=rtpmap:0 PCMU/8000" : "a=rtpmap:8 PCMA/8000",
    ...digits,
    "a=ptime:20",
    `a=${direction}`,
  ].join("\n");
};

const CONTACT = "Contact: <sip:phone@[local_ip]:[local_port]>";

const send = (text, attributes = "") => `<send${attributes}><![CDATA[\n${text}\n]]></send>`;
const body = (sdp) =>
  sdp ? `Content-Type: application/sdp\nContent-Length: [len]\n\n${sdp}\n` : "Content-Length: 0\n\n";

/** As the phone that is called. */
export const uas = {
  /** The INVITE; its header fields are kept for answers that come after other requests. */
  invite: () =>
    `<recv request="INVITE" rrs="true"><action>
      <ereg regexp=".*" search_in="hdr" header="Via:" occurrence="1" assign_to="via1"/>
      <ereg regexp=".*" search_in="hdr" header="Via:" occurrence="2" assign_to="via2"/>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
      <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
      <ereg regexp=".*" search_in="hdr" header="Record-Route:" assign_to="route"/>
    </action></recv>`,
  /** An answer to the INVITE, with sound when `media` says its direction. */
  answer: (status, { media, fields = [] } = {}) =>
    send(
      [
        `SIP/2.0 ${status}`,
        "Via:[$via1]",
        "Via:[$via2]",
        "From:[$from]",
        "To:[$to];tag=[pid]T[call_number]",
        "[last_Call-ID:]",
        "CSeq:[$cseq]",
        "Record-Route:[$route]",
        CONTACT,
        ...fields,
        body(media && SDP(media)),
      ].join("\n"),
      / ?[2-6]\d\d/.test(status.slice(0, 3)) ? ' retrans="500"' : "",
    ),
  /** A request of its own within the call; `media` makes it an offer. */
  request: (method, cseq, { media, fields = [] } = {}) =>
    send(
      [
        `${method} [next_url] SIP/2.0`,
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "[routes]",
        "Max-Forwards: 70",
        "From:[$to];tag=[pid]T[call_number]",
        "To:[$from]",
        "Call-ID: [call_id]",
        `CSeq: ${cseq} ${method}`,
        CONTACT,
        ...fields,
        body(media && SDP(media)),
      ].join("\n"),
      method === "ACK" ? "" : ' retrans="500"',
    ),
};

export const receive = (request, { optional = false } = {}) =>
  `<recv request="${request}"${optional ? ' optional="true"' : ""}/>`;
/** An answer to a request of ours. `check` is a regular expression the body must match. */
export const response = (code, { check } = {}) =>
  check
    ? `<recv response="${code}"><action><ereg regexp="${check}" search_in="body" check_it="true" assign_to="seen"/><log message="body has [$seen]"/></action></recv>`
    : `<recv response="${code}"/>`;
export const maybe = (code) => `<recv response="${code}" optional="true"/>`;
/** From here on it speaks with that voice, in A-law, until its call is over. */
export const speak = (name) => `<nop><action><exec rtp_stream="${name}.alaw,-1,8,PCMA/8000"/></action></nop>`;
export const pause = (milliseconds) => `<pause milliseconds="${milliseconds}"/>`;
/** Answers the request that came last. */
export const ok = () =>
  send(
    ["SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]", body()].join(
      "\n",
    ),
  );

/** Said reliably (RFC 3262), and its PRACK. */
export const reliably = (status, rseq, { media, fields = [] } = {}) => [
  uas.answer(status, { media, fields: ["Require: 100rel", `RSeq: ${rseq}`, ...fields] }),
  receive("PRACK"),
  ok(),
];
/** The usual end: the other side hangs up. */
export const untilBye = () => [receive("BYE"), ok()];
/** The usual middle. */
export const answered = ({ ring = 0, media = "sendrecv" } = {}) => [
  uas.invite(),
  uas.answer("180 Ringing"),
  ...(ring ? [pause(ring)] : []),
  uas.answer("200 OK", { media }),
  receive("ACK"),
];
export const refused = (status, fields) => [uas.invite(), uas.answer(status, { fields }), receive("ACK")];

export class Sipp {
  constructor(child, port, prefix) {
    this.child = child;
    this.port = port;
    this.prefix = prefix;
  }

  /** Waits as the called phone for `calls` calls, each by the same scenario; sends every RTP packet back unless it speaks. */
  static async start(run, name, steps, { calls = 1, address = "127.0.0.1", seconds = 20 + 2 * calls } = {}) {
    const folder = run.dir(`sipp-${name}`);
    const [port, media] = [await run.port(), await run.port(4)];
    const scenario = `${folder}/scenario.xml`;
    for (const [, name] of steps.join("").matchAll(/rtp_stream="(\w+)\.alaw/g)) {
      writeFileSync(`${folder}/${name}.alaw`, Uint8Array.from(voice(name, 8_000), alaw));
    }
    const variables = ["via1", "via2", "from", "to", "cseq", "route", "seen"].filter((variable) =>
      steps.some((step) => step.includes(`"${variable}"`)),
    );
    writeFileSync(
      scenario,
      `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${steps.join("\n")}\n` +
        `<Reference variables="${variables.join(",")}"/>\n</scenario>\n`,
    );
    const args = ["-sf", scenario, "-i", address, "-p", port, "-mi", address, "-mp", media];
    const speaks = steps.some((step) => step.includes("rtp_stream"));
    const quiet = [
      "-m",
      calls,
      "-nostdin",
      "-timeout",
      `${seconds}s`,
      "-timeout_error",
      "-trace_err",
      "-trace_logs",
      "-trace_msg",
    ];
    const child = run.spawn(`sipp-${name}`, "sipp", [...args, ...(speaks ? [] : ["-rtp_echo"]), ...quiet].map(String), {
      cwd: folder,
      env: { TERM: "xterm" },
    });
    const phone = new Sipp(child, port, address.includes(":") ? "+45300" : "+49300");
    // It says nothing before its end; its port tells.
    await eventually(async () => child.end || !(await isFree(port, address)), { what: `sipp at port ${port}` });
    if (child.end) await phone.done();
    return phone;
  }

  /** The number that rings it through Kamailio. */
  number(prefix = this.prefix) {
    return `${prefix}${this.port}`;
  }

  /** The number that rings this one and another at once. */
  forkedWith(other) {
    return `+46300${this.port}${other.port}`;
  }

  /** Resolves when the scenario went through for every call; rejects with sipp's own words if not. */
  async done() {
    const { code } = await this.child.exited;
    if (code !== 0)
      throw new Error(
        `${this.child.name} ended with ${code}; see ${this.child.log} and beside it\n${this.child.output().slice(-1500)}`,
      );
  }
}
