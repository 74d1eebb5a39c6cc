// Ages and countdowns as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ageLevel, formatAge, formatLeft } from "./time.ts";

test("ages grow from seconds to days", () => {
  const table: [number, string][] = [
    [-3, "0 s"],
    [12.9, "12 s"],
    [60, "1:00"],
    [3599, "59:59"],
    [3900, "1 h 05"],
    [172_800, "2 d"],
  ];
  for (const [seconds, text] of table) assert.equal(formatAge(seconds), text);
});

test("a countdown shows zero only when nothing is left, and then what is past", () => {
  const table: [number, string][] = [
    [19.2, "0:20"],
    [0, "0:00"],
    [-0.5, "−0:01"],
    [-65, "−1:05"],
    [3700, "1 h 01"],
  ];
  for (const [seconds, text] of table) assert.equal(formatLeft(seconds), text);
});

test("a row ages in two steps", () => {
  assert.deepEqual(
    [59, 60, 120].map((age) => ageLevel(age, 60, 120)),
    ["", "warn", "alarm"],
  );
});
