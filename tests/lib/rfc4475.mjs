// SPDX-License-Identifier: GPL-3.0-or-later
// The torture messages of RFC 4475 and what the gateway must answer to each.
import { ROOT } from "./run.mjs";

export const FOLDER = `${ROOT}/tests/corpora/rfc4475`;
export const NOTHING = "nothing";

// What a server must answer is the column of that name in MANIFEST.tsv; this is it for a server that is no
// registrar (a REGISTER is 405) and knows none of the users named (a good INVITE is 404).
export const ANSWERS = {
  wsinv: [481],
  intmeth: [501],
  esc01: [404],
  escnull: [405],
  esc02: [501],
  lwsdisp: [200],
  longreq: [404],
  dblreq: [405],
  semiuri: [200],
  transports: [200],
  mpart01: [405],
  unreason: NOTHING,
  noreason: NOTHING,
  badinv01: [400],
  clerr: [400],
  ncl: [400],
  scalar02: [400],
  scalarlg: NOTHING,
  quotbal: [400],
  ltgtruri: [400],
  lwsruri: [400],
  lwsstart: [400],
  trws: [400],
  escruri: [400],
  baddate: [404], // the Date is ignored, as the RFC allows
  regbadct: [400],
  badaspec: [400],
  baddn: [400],
  badvers: [505],
  mismatch01: [400],
  mismatch02: [400], // the manifest prefers 501 and allows 400
  bigcode: NOTHING,
  badbranch: [200],
  insuf: [400],
  unkscm: [416],
  novelsc: [416],
  unksm2: [405],
  bext01: [420],
  invut: [415],
  regaut01: [405],
  multi01: [400],
  mcl01: [400],
  bcast: NOTHING,
  zeromf: [200], // for the final server; a proxy would say 483
  cparam01: [405],
  cparam02: [405],
  regescrt: [405],
  sdp01: [406],
  inv2543: [404],
  test: [NOTHING, 400], // no numbered case: a first line without a version
};

/** What an answer must name. */
export const NAMES = {
  405: /^Allow: .*INVITE/m,
  415: /^Accept: application\/sdp/m,
  416: /^SIP\/2\.0 416/,
  420: /^Unsupported: .*/m,
  501: /^Allow: .*INVITE/m,
};
