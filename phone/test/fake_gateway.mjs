// SPDX-License-Identifier: GPL-3.0-or-later
// Serves phone/dist and plays a gateway without media, for looking at the page: what happens to a call is
// decided by the number (see ACTS). Usage: node fake_gateway.mjs [port], or import startFakeGateway.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:";
const CONFIG = {
  demo: true,
  domain: "demo.patchcord.example",
  users: ["1001", "1002"].map((login) => ({ login, password: `pw${login}` })),
};

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (i + 16).toString(16).toUpperCase()).join(":");
const sdp = (setup) =>
  [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=ice-lite",
    "a=group:BUNDLE 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
    "c=IN IP4 127.0.0.1",
    "a=mid:0",
    "a=sendrecv",
    "a=rtcp-mux",
    "a=ice-ufrag:fake",
    "a=ice-pwd:fakefakefakefakefakefake",
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${setup}`,
    "a=msid:s t",
    "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:0 PCMU/8000",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 40009 typ host",
    "a=end-of-candidates",
    "",
  ].join("\r\n");

/** What the far end does, by number; any other number rings and answers. */
const ACTS = {
  486: [
    ["busy", "BUSY"],
    ["finish", "FINISH", { reason: "busy", by: "remote", sipStatus: 486, sipReason: "Busy Here" }],
  ],
  404: [["finish", "FAILED", { reason: "not_found", by: "remote", sipStatus: 404, sipReason: "Not Found" }]],
  180: [["ring", "RING"]],
  183: [["ring", "RING_MEDIA"]],
};
const ANSWERED = [
  ["ring", "RING"],
  ["talk", "ESTABLISHED"],
];

export function startFakeGateway(port, { stepMs = 150 } = {}) {
  const http = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    response.setHeader("Content-Security-Policy", POLICY);
    if (path === "/config.json") return response.end(JSON.stringify(CONFIG));
    const file = DIST + (path === "/" ? "/index.html" : path);
    if (path.includes("..") || !existsSync(file)) return response.writeHead(404).end();
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  const sockets = new Set();
  new WebSocketServer({ server: http }).on("connection", (socket) => {
    sockets.add(socket);
    const tell = (message, ...data) => socket.send(JSON.stringify({ message, data }));
    const act = async (callId, steps) => {
      for (const [message, status, fields] of steps) {
        await new Promise((resolve) => setTimeout(resolve, stepMs));
        tell(message, { callId, status, ...fields });
      }
    };
    socket.on("message", (text) => {
      const { message, data } = JSON.parse(text);
      const [args] = data;
      if (message === "connection") {
        tell("getUserData", { authToken: "t", sipLogin: args.sipLogin });
        if (args.sipPassword === `pw${args.sipLogin}`) tell("registered", {});
        else
          tell("fail", {
            status: "AUTHENTICATION_FAIL",
            reason: "auth_rejected",
            sipStatus: 403,
            sipReason: "Forbidden",
          });
      } else if (message === "call") {
        tell("notifyTryingResponse", { callId: args.callId, status: "TRYING" });
        tell("setRemoteSDP", args.callId, sdp("passive"), true);
        void act(args.callId, ACTS[args.callee] ?? ANSWERED);
      } else if (message === "answer") {
        void act(args.callId, [["talk", "ESTABLISHED"]]);
      } else if (message === "hangup") {
        void act(args.callId, [["finish", "FINISH", { reason: "hangup", by: "local" }]]);
      }
    });
    socket.on("close", () => sockets.delete(socket));
  });
  http.listen(port);
  return {
    /** Rings every signed-in page. */
    callIn(caller, visibleName) {
      for (const socket of sockets) {
        const callId = crypto.randomUUID();
        const tell = (message, ...data) => socket.send(JSON.stringify({ message, data }));
        tell("setRemoteSDP", callId, sdp("actpass"), false);
        tell("notifyIncomingCall", { callId, incoming: true, caller, callee: "1001", visibleName });
        tell("ring", { callId, status: "RING" });
      }
    },
    dropAll: () => sockets.forEach((socket) => socket.terminate()),
    close: () => {
      sockets.forEach((socket) => socket.terminate());
      http.close();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) startFakeGateway(Number(process.argv[2] ?? 8099));
