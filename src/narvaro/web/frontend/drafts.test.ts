import assert from "node:assert/strict";
import { test } from "node:test";
import { readDraft } from "./drafts.ts";

test("a draft is given back for half a day, and never when it is damaged", () => {
  const kept = JSON.stringify({ at: 1_000, id: "7", fields: [["text", "glass"]] });
  assert.deepEqual(readDraft(kept, 2_000)?.fields, [["text", "glass"]]);
  assert.equal(readDraft(kept, 1_000 + 12 * 3_600_000), null);
  assert.equal(readDraft("{", 2_000), null);
  assert.equal(readDraft("7", 2_000), null);
  assert.equal(readDraft(null, 2_000), null);
});
