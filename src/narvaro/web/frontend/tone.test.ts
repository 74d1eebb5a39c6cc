import assert from "node:assert/strict";
import { test } from "node:test";
import { soundState } from "./tone.ts";

test("a page claims sound only while the browser lets it out", () => {
  assert.equal(soundState(true, true), "on");
  assert.equal(soundState(true, false), "locked");
  assert.equal(soundState(false, true), "off");
});
