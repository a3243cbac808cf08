// SPDX-License-Identifier: GPL-3.0-or-later
// A failure has one name, wherever it is told: in the API, in the call's record and in the log.
import assert from "node:assert/strict";
import { eventually } from "./run.mjs";

/**
 * The record of the browser's call `callId`, once the gateway's API, its file of records and its log all
 * say that the call ended for `reason`.
 */
export async function toldEverywhere(gateway, callId, reason) {
  const ofCall = (record) => [record.a.id, record.b.id].includes(callId);
  const record = await eventually(async () => (await gateway.ended()).find(ofCall), {
    what: `the API's word about call ${callId}`,
  });
  assert.equal(record.reason, reason, `the API: ${JSON.stringify(record)}`);
  const kept = await eventually(() => gateway.records().find(ofCall), { what: `the record of call ${callId}` });
  assert.deepEqual(kept, record, "record and API say the same");
  assert.match(gateway.log(), new RegExp(`call\\.ended .*\\bcall=${record.id}\\b.*\\breason=${reason}\\b`), "the log");
  return record;
}
