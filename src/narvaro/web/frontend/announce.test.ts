// What counts as new.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshTexts } from "./announce.ts";

test("only what was not there before is said, in page order", () => {
  const now = new Map([
    ["c", "third"],
    ["a", "first"],
    ["b", "second"],
  ]);
  assert.deepEqual(freshTexts(new Set(["a"]), now), ["third", "second"]);
  assert.deepEqual(freshTexts(new Set(["a", "b", "c", "gone"]), now), []);
});
