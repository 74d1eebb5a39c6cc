// The table that the server's twin is held against too.
import assert from "node:assert/strict";
import { test } from "node:test";
import cases from "../../../../tests/core/wording_cases.json";
import { mark, mask } from "./wording.ts";

type Case = { text: string; masked?: string; marks?: string[][] };

const marksOf = (text: string): string[][] =>
  mark(text).map(({ start, end, code }) => [text.slice(start, end), code]);

test("every case of the shared table is masked and marked as it says", () => {
  for (const { text, masked, marks } of cases as Case[]) {
    const clean = mask(text).text;
    assert.equal(clean, masked ?? text);
    assert.deepEqual(marksOf(clean), marks ?? [], text);
  }
});

test("what is masked once is masked for good", () => {
  for (const { text } of cases as Case[]) {
    const clean = mask(text).text;
    assert.deepEqual(mask(clean), { text: clean, masked: [] });
  }
});

test("each span says where the number stood, beside signs of two code units too", () => {
  const text = "🙂 850709-9805, 070-174 06 05";
  const spans = mask(text).masked.map(({ start, end, code }) => [text.slice(start, end), code]);
  assert.deepEqual(spans, [
    ["850709-9805", "personnummer"],
    ["070-174 06 05", "telefonnummer"],
  ]);
});

test("every mark says what to write instead", () => {
  const advice = (cases as Case[]).flatMap(({ text }) =>
    mark(mask(text).text).map((m) => m.advice),
  );
  assert.ok(advice.length > 60);
  assert.ok(advice.every((code) => code !== ""));
});
