// SPDX-License-Identifier: MIT
// Pure functions on the SDP text that goes to the gateway.

const ATTRIBUTE_OF_PAYLOAD_TYPE = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /;
const RTPMAP = /^a=rtpmap:(\d+) ([^/]+)\//;

/**
 * Takes the named codecs (names as in rtpmap, any case) out of every m-line, so that the gateway cannot
 * choose them. An m-line that would lose its last codec keeps all of them: it would not be valid SDP.
 */
export function stripCodecs(sdp: string, names: readonly string[]): string {
  const unwanted = new Set(names.map((name) => name.toLowerCase()));
  if (unwanted.size === 0) return sdp;
  const sections = sdp.split(/^(?=m=)/m);
  return sections.map((section) => (section.startsWith("m=") ? stripSection(section, unwanted) : section)).join("");
}

function stripSection(section: string, unwanted: ReadonlySet<string>): string {
  const lines = section.split("\r\n");
  const gone = new Set<string>();
  for (const line of lines) {
    const [, payloadType, codec] = RTPMAP.exec(line) ?? [];
    if (payloadType && codec && unwanted.has(codec.toLowerCase())) gone.add(payloadType);
  }
  const [media, port, proto, ...payloadTypes] = (lines[0] ?? "").split(" ");
  const kept = payloadTypes.filter((payloadType) => !gone.has(payloadType));
  if (kept.length === 0) return section;
  lines[0] = [media, port, proto, ...kept].join(" ");
  return lines
    .filter((line) => {
      const payloadType = ATTRIBUTE_OF_PAYLOAD_TYPE.exec(line)?.[1];
      return payloadType === undefined || !gone.has(payloadType);
    })
    .join("\r\n");
}
