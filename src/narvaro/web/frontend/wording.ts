// What must not be written in a report. In: what a person typed. Out: the same, masked; and marks.
// The twin of core/wording.py; tests/core/wording_cases.json holds the two together. Positions are
// JavaScript's own (UTF-16), Python's are characters.
import { fold } from "./folding.ts";
import { type Found, Numbers } from "./wording-numbers.ts";
import table from "./wording-rules.json";

export type Masked = { text: string; masked: Found[] };
export type Mark = { start: number; end: number; code: string; advice: string };

function merge(spans: Found[]): Found[] {
  const merged: Found[] = [];
  for (const span of spans.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1);
    if (!last || span.start >= last.end) {
      merged.push(span);
      continue;
    }
    last.end = Math.max(last.end, span.end);
    if (span.code === "personnummer") last.code = span.code;
  }
  return merged;
}

/** Replace personnummer and phone numbers by `[personnummer]` and `[telefonnummer]`. */
export function mask(text: string): Masked {
  const { text: plain, starts, ends } = fold(text);
  const masked = merge(
    new Numbers(plain).found.map(({ start, end, code }) => ({
      start: starts[start] ?? 0,
      end: ends[end - 1] ?? 0,
      code,
    })),
  );
  let clean = "";
  let at = 0;
  for (const { start, end, code } of masked) {
    clean += `${text.slice(at, start)}[${code}]`;
    at = end;
  }
  return { text: clean + text.slice(at), masked };
}

type Search = { code: string; pattern: RegExp; excepts: boolean };

function compile(): Search[] {
  const edge = "[A-Za-zÅÄÖåäö0-9]";
  return table.rules.map(([code, anyCase, source]) => {
    let text = String(source);
    for (const [name, part] of Object.entries(table.parts))
      text = text.replaceAll(`<${name}>`, part);
    const pattern = new RegExp(`(?<!${edge})(?:${text})(?!${edge})`, anyCase ? "gi" : "g");
    return { code: String(code), pattern, excepts: /\((?!\?)/.test(text) };
  });
}

let searches: Search[] | null = null;

function findDoubtful(plain: string): [number, number, string][] {
  searches ??= compile();
  const found: [number, number, string][] = new Numbers(plain).doubtful.map(([start, end]) => [
    start,
    end,
    "number",
  ]);
  for (const { code, pattern, excepts } of searches) {
    for (const match of plain.matchAll(pattern)) {
      // the first group catches the exceptions
      if (!(excepts && match[1])) found.push([match.index, match.index + match[0].length, code]);
    }
  }
  return found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
}

/** Point at words that may describe a person: in order, none upon another. */
export function mark(text: string): Mark[] {
  const { text: plain, starts, ends } = fold(text);
  const advice: Record<string, string> = table.advice;
  const marks: Mark[] = [];
  for (const [from, to, code] of findDoubtful(plain)) {
    const start = starts[from] ?? 0;
    if (start >= (marks.at(-1)?.end ?? 0))
      marks.push({ start, end: ends[to - 1] ?? 0, code, advice: advice[code] ?? "" });
  }
  return marks;
}
