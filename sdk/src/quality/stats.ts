// SPDX-License-Identifier: MIT
// What an application wants to know of a call's media, out of the browser's statistics. Pure.

export interface CallStats {
  /** Null until the first report that carries it. */
  roundTripMs: number | null;
  inbound: { codec: string; packets: number; bytes: number; lost: number; jitterMs: number; audioLevel: number };
  outbound: { codec: string; packets: number; bytes: number };
  /** The whole report, for what is not above. */
  report: RTCStatsReport;
}

type Entry = Record<string, unknown>;

export function readStats(report: RTCStatsReport): CallStats {
  const stats: CallStats = {
    roundTripMs: null,
    inbound: { codec: "", packets: 0, bytes: 0, lost: 0, jitterMs: 0, audioLevel: 0 },
    outbound: { codec: "", packets: 0, bytes: 0 },
    report,
  };
  const codecOf = (entry: Entry): string => {
    const codec = report.get(String(entry["codecId"])) as Entry | undefined;
    return typeof codec?.["mimeType"] === "string" ? codec["mimeType"].replace("audio/", "") : "";
  };
  report.forEach((entry: Entry) => {
    if (entry["type"] === "inbound-rtp" && entry["kind"] === "audio") {
      stats.inbound = {
        codec: codecOf(entry),
        packets: number(entry["packetsReceived"]),
        bytes: number(entry["bytesReceived"]),
        lost: number(entry["packetsLost"]),
        jitterMs: number(entry["jitter"]) * 1000,
        audioLevel: number(entry["audioLevel"]),
      };
    } else if (entry["type"] === "outbound-rtp" && entry["kind"] === "audio") {
      stats.outbound = {
        codec: codecOf(entry),
        packets: number(entry["packetsSent"]),
        bytes: number(entry["bytesSent"]),
      };
    } else if (entry["type"] === "candidate-pair" && entry["nominated"] === true) {
      const seconds = entry["currentRoundTripTime"];
      if (typeof seconds === "number") stats.roundTripMs = seconds * 1000;
    }
  });
  return stats;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
