// What is typed as a place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readPlace } from "./drawing.ts";

test("latitude and longitude become a place, anything else none", () => {
  const table: [string, [number, number] | null][] = [
    ["59.19521,17.62533", [17.62533, 59.19521]],
    [" 59.2 , 17.6 ", [17.6, 59.2]],
    ["", null],
    ["59.2", null],
    ["59.2,", null],
    ["91,17", null],
    ["59.2,17.6,1", null],
    ["norr,17", null],
  ];
  for (const [text, expected] of table) assert.deepEqual(readPlace(text), expected, text);
});
