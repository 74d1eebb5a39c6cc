// Reads text as people see it. In: any text. Out: ASCII and å, ä, ö, and where each character stood.
// The twin of core/folding.py, which says what becomes of what.

/** Plain text; its character i stood at `starts[i]` to `ends[i]` of the original. */
export type Folded = { text: string; starts: number[]; ends: number[] };

const RINGS: Record<string, string> = {
  "a\u030a": "å",
  "a\u0308": "ä",
  "o\u0308": "ö",
  "A\u030a": "Å",
  "A\u0308": "Ä",
  "O\u0308": "Ö",
};
const KNOWN: Record<string, string> = { "\t": " ", "\n": "\n", "\r": "", "`": "'" };
const OWN = "åäöÅÄÖ";
const DOUBLE = "«»“”„‟″";
const SINGLE = "‘’‚‛′´";

/** The digit that a decimal digit of any script stands for: each script's ten stand in a row. */
function digitOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before += 1;
  return String(before % 10);
}

function letterOf(char: string): string {
  const own = char.normalize("NFKC");
  if (own.length === 1 && OWN.includes(own)) return own;
  const base = char.normalize("NFKD")[0] ?? "";
  if (/^[A-Za-z]$/.test(base)) return base;
  return /^[\p{Lu}\p{Lt}]$/u.test(char) ? "X" : "x";
}

function signOf(char: string): string {
  if (char === "\u2212" || /^\p{Pd}$/u.test(char)) return "-";
  if (DOUBLE.includes(char)) return '"';
  if (SINGLE.includes(char)) return "'";
  const plain = char.normalize("NFKC");
  return /^[!-~]$/.test(plain) ? plain : "~";
}

/** What a character reads as; nothing for what is not seen. */
function plain(char: string): string {
  const known = KNOWN[char];
  if (known !== undefined) return known;
  if (/^[!-~åäöÅÄÖ]$/.test(char)) return char;
  if (/^\p{Zs}$/u.test(char)) return " ";
  if (/^[\p{Zl}\p{Zp}]$/u.test(char)) return "\n";
  if (/^[\p{Cc}\p{Cf}\p{Mn}\p{Me}]$/u.test(char)) return "";
  if (/^\p{Nd}$/u.test(char)) return digitOf(char);
  return /^\p{L}$/u.test(char) ? letterOf(char) : signOf(char);
}

/** Read a text; spaces in a row become one, and a mark upon a, o joins it to å, ä, ö. */
export function fold(text: string): Folded {
  const chars: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const char of text) {
    const end = at + char.length;
    const seen = plain(char);
    const last = chars.length - 1;
    if (seen && !(seen === " " && chars[last] === " ")) {
      chars.push(seen);
      starts.push(at);
      ends.push(end);
    } else if ((char === "\u0308" || char === "\u030a") && ends[last] === at) {
      chars[last] = RINGS[chars[last] + char] ?? chars[last] ?? "";
      ends[last] = end;
    }
    at = end;
  }
  return { text: chars.join(""), starts, ends };
}
