// SPDX-License-Identifier: MIT
// Statistics in the older API's shape. Pure.

import type { CallStats } from "../index";

export interface CompatStats {
  inboundStream: { audio: { codec: string; packetsReceived: number; bytesReceived: number; packetsLost: number } };
  outboundStream: { audio: { codec: string; packetsSent: number; bytesSent: number } };
}

export function statsOf({ inbound, outbound }: CallStats): CompatStats {
  const { codec, packets, bytes, lost } = inbound;
  return {
    inboundStream: { audio: { codec, packetsReceived: packets, bytesReceived: bytes, packetsLost: lost } },
    outboundStream: {
      audio: { codec: outbound.codec, packetsSent: outbound.packets, bytesSent: outbound.bytes },
    },
  };
}
