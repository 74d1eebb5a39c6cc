import assert from "node:assert/strict";
import { test } from "node:test";
import { countEntries, makeId } from "./reports.ts";

test("an id of the phone sorts by its time and is one of version 7", () => {
  const random = new Uint8Array(16).fill(0xff);
  const early = makeId(1_700_000_000_000, random);
  const late = makeId(1_700_000_000_001, random);
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(early.slice(0, 13), "018bcfe5-6800");
  assert.ok(early < late);
});

test("a draft says how many reports it holds", () => {
  const fields: [string, string][] = [
    ["0-id", "a"],
    ["0-text", "x"],
    ["1-id", "b"],
    ["response", "c"],
  ];
  assert.equal(countEntries({ at: 0, id: "", fields }), 2);
  assert.equal(countEntries(null), 0);
});
