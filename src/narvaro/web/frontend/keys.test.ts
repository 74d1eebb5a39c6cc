// Which key presses are commands, and where j and k lead.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCommand, nextRow } from "./keys.ts";

const plain = { ctrlKey: false, metaKey: false, altKey: false, isComposing: false };

test("the browser's own shortcuts and typed words are left alone", () => {
  assert.ok(isCommand(plain));
  for (const name of Object.keys(plain)) assert.ok(!isCommand({ ...plain, [name]: true }));
});

test("j and k stay inside the list", () => {
  assert.equal(nextRow(-1, 1, 3), 0);
  assert.equal(nextRow(-1, -1, 3), 2);
  assert.equal(nextRow(2, 1, 3), 2);
  assert.equal(nextRow(0, -1, 3), 0);
  assert.equal(nextRow(-1, 1, 0), -1);
});
