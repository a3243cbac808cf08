// SPDX-License-Identifier: GPL-3.0-or-later
// A media side that is no browser: STUN checks as they are on the wire (RFC 8489), over UDP from any loopback
// address or framed over TCP (RFC 4571), and first flights of DTLS. For peers that do half of what a browser
// does, and for strangers.
import { createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";

const COOKIE = 0x2112a442;

/** What our SDP says to whoever wants in: { ufrag, pwd, fingerprint, port }. */
export function credentialsOf(sdp) {
  const value = (name) => new RegExp(`^a=${name}:(.*?)\r?$`, "m").exec(sdp)[1];
  return {
    ufrag: value("ice-ufrag"),
    pwd: value("ice-pwd"),
    fingerprint: value("fingerprint"),
    port: Number(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+)/m.exec(sdp)[1]),
  };
}

/** A Binding request for `ufrag`; without a password it has no integrity. */
export function check({ ufrag, pwd }, { nominate = true, own = "peer" } = {}) {
  const attributes = [attribute(0x0006, Buffer.from(`${ufrag}:${own}`)), attribute(0x0024, uint(1853824767, 4))];
  attributes.push(attribute(0x802a, randomBytes(8)));
  if (nominate) attributes.push(attribute(0x0025, Buffer.alloc(0)));
  let message = header(0x0001, attributes);
  if (pwd) {
    message.writeUInt16BE(message.length - 20 + 24, 2);
    const integrity = createHmac("sha1", pwd).update(message).digest();
    message = Buffer.concat([message, attribute(0x0008, integrity)]);
  }
  message.writeUInt16BE(message.length - 20 + 8, 2);
  return Buffer.concat([message, attribute(0x8028, uint((crc32(message) ^ 0x5354554e) >>> 0, 4))]);
}

/** Whether these bytes are a Binding success. */
export const isAnswer = (bytes) => bytes.length >= 20 && bytes.readUInt16BE(0) === 0x0101;

/** A DTLS 1.2 ClientHello without cookie; `ciphers` as numbers. */
export function clientHello({ ciphers = [0xc02b, 0xc02f], sequence = 0 } = {}) {
  const body = Buffer.concat([
    Buffer.from([0xfe, 0xfd]),
    randomBytes(32),
    Buffer.from([0, 0]), // no session, no cookie
    uint(ciphers.length * 2, 2),
    ...ciphers.map((cipher) => uint(cipher, 2)),
    Buffer.from([1, 0]),
    uint(0, 2),
  ]);
  return record(22, handshake(1, body, { sequence: 0 }), sequence);
}

/** A piece of a handshake message that says it is `total` long. */
export function handshake(type, bytes, { sequence = 0, total = bytes.length, offset = 0 } = {}) {
  return Buffer.concat([Buffer.from([type]), uint(total, 3), uint(sequence, 2), uint(offset, 3), uint(bytes.length, 3), bytes]);
}

export function record(type, bytes, sequence = 0, epoch = 0) {
  return Buffer.concat([Buffer.from([type, 0xfe, 0xfd]), uint(epoch, 2), uint(sequence, 6), uint(bytes.length, 2), bytes]);
}

/** A UDP socket that counts what comes. */
export class UdpPeer {
  received = [];
  bytesIn = 0;
  bytesOut = 0;

  static async open(run, address = "127.0.0.1") {
    const peer = new UdpPeer();
    peer.socket = createSocket({ type: "udp4", sendBufferSize: 1 << 22, recvBufferSize: 1 << 22 });
    await new Promise((resolve) => peer.socket.bind(0, address, resolve));
    peer.socket.on("message", (bytes) => {
      peer.bytesIn += bytes.length;
      if (peer.received.length < 10_000) peer.received.push(bytes);
    });
    run.onEnd(() => peer.close());
    return peer;
  }
  send(bytes, port, address = "127.0.0.1") {
    this.bytesOut += bytes.length;
    return new Promise((resolve, reject) =>
      this.socket.send(bytes, port, address, (error) => (error ? reject(error) : resolve())),
    );
  }
  close() {
    if (!this.isClosed) this.socket.close();
    this.isClosed = true;
  }
}

/** A TCP connection whose frames are datagrams. */
export class TcpPeer {
  received = [];
  bytesIn = 0;
  #buffer = Buffer.alloc(0);

  static async open(port, { from = "127.0.0.1", reads = true } = {}) {
    const peer = new TcpPeer();
    peer.socket = connect({ port, host: "127.0.0.1", localAddress: from });
    peer.closed = new Promise((resolve) => peer.socket.once("close", () => resolve((peer.isClosed = true))));
    peer.socket.on("error", () => {}); // reset is an end as well
    if (reads) peer.socket.on("data", (bytes) => peer.#take(bytes));
    else peer.socket.pause();
    await new Promise((resolve) => peer.socket.once("connect", resolve).once("close", resolve));
    return peer;
  }
  send(bytes) {
    return this.write(Buffer.concat([uint(bytes.length, 2), bytes]));
  }
  write(bytes) {
    return this.socket.write(bytes);
  }
  #take(bytes) {
    this.bytesIn += bytes.length;
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    while (this.#buffer.length >= 2 && this.#buffer.length >= 2 + this.#buffer.readUInt16BE(0)) {
      const size = this.#buffer.readUInt16BE(0);
      this.received.push(this.#buffer.subarray(2, 2 + size));
      this.#buffer = this.#buffer.subarray(2 + size);
    }
  }
}

function uint(value, size) {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

function attribute(type, value) {
  const padding = Buffer.alloc((4 - (value.length % 4)) % 4);
  return Buffer.concat([uint(type, 2), uint(value.length, 2), value, padding]);
}

function header(type, attributes) {
  const body = Buffer.concat(attributes);
  return Buffer.concat([uint(type, 2), uint(body.length, 2), uint(COOKIE, 4), randomBytes(12), body]);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; ++bit) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
