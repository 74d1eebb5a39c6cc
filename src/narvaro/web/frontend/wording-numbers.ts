// Whose numbers a text holds. In: plain text (folding.ts). Out: personnummer, phone numbers, doubtful ones.
// The twin of core/wording_numbers.py, function by function; why a rule is so stands there.

export type Hidden = "personnummer" | "telefonnummer";
export type Found = { start: number; end: number; code: Hidden };

const BETWEEN = /^(?: ?[-+./_]\n? ?| )$/;
const BETWEEN_PHONE = /^[ ()]{0,2}[-/. ()][ ()]{0,2}$/;
const LONGEST_BETWEEN = 5;
const LOOK_BACK = 32;
const PERSON =
  /(?<![a-zåäö])(?:pers(?:on)?[ .-]?n(?:umme)?r|p\.?-?nr|sam(?:ordnings)?[ .-]?n(?:umme)?r)[ .:=\n]{0,3}$/i;
const PHONE =
  /(?<![a-zåäö])(?:tel(?:efon)?|tfn|mob(?:il)?|phone)[ .-]?(?:n(?:umme)?r)?[ .:=\n]{0,3}$/i;
const REFERENCE =
  /(?:(?:ärende|order|rapport|händelse|diarie|faktura|larm|objekt|jobb|konto|serie|case|ticket)[a-zåäö]{0,12}|(?<![a-zåäö])(?:nr|nummer|no|ao|dnr|ref|org\.?nr))[ .:=#]{0,3}$/i;
const MOBILE = /^07[02369][0-9]{7}$/;
const MOBILE_ABROAD = /^467[02369][0-9]{7}$/;
const ORGANISATIONS = /^(?:020|077)/;
const CITY = "0(?:1[013689]|2[136]|3[1356]|4[0246]|54|6[03]|90)";
const AREA = new RegExp(`^(?:08|${CITY}|(?!${CITY}|020)0[1-69][0-9]{2})$`);
const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the tenth digit is the check digit of the nine before it. */
export function isChecked(ten: string): boolean {
  const doubled = [...ten].map((one, at) => Number(one) * (2 - (at % 2)));
  return doubled.reduce((sum, value) => sum + Math.floor(value / 10) + (value % 10), 0) % 10 === 0;
}

const isClock = (four: string): boolean => four.slice(0, 2) < "24" && four.slice(2) < "60";

function isDated(digits: string): boolean {
  const ten = digits.slice(-10);
  const month = Number(ten.slice(2, 4));
  const day = Number(ten.slice(4, 6));
  if (!/^(?:18|19|20)?$/.test(digits.slice(0, -10)) || month < 1 || month > 12) return false;
  const inMonth = day > 60 ? day - 60 : day;
  return inMonth >= 1 && inMonth <= (DAYS[month] ?? 0);
}

/** Whether groups end where a writer pauses: after year, month, day, and in the last four. */
function isSpelt(parts: string[], century: number): boolean {
  const lengths = parts.map((part) => part.length);
  if (parts.length === 1 || lengths.every((one) => one === 1)) return true;
  if (lengths.join() === "2,10") return true;
  let count = -century;
  const ends = lengths.slice(0, -1).map((length) => (count += length));
  return ends.includes(6) && ends.every((end) => end > 6 || end % 2 === 0);
}

/** Whether digits behind + or 00 are a number: Sweden's by its length, others by ten digits. */
function isForeign(digits: string): boolean {
  if (digits.startsWith("46")) {
    const length = digits.slice(2).replace(/^0/, "").length;
    return length >= 7 && length <= 9;
  }
  return !digits.startsWith("0") && digits.length >= 10 && digits.length <= 13;
}

function isMobile(parts: string[]): boolean {
  const lengths = parts.map((part) => part.length);
  const [first = 0, ...rest] = lengths;
  if (parts.length === 1 || lengths.every((one) => one === 1)) return true;
  if (Math.min(...lengths) < 2 || first < 3) return false;
  return first !== 4 || lengths.join() === "4,6" || Math.max(...rest) < 4;
}

/** The numbers of a plain text: `found`, and `doubtful` as [start, end]. */
export class Numbers {
  readonly found: Found[] = [];
  readonly doubtful: [number, number][] = [];
  readonly #plain: string;
  readonly #groups: [number, number][];
  #maskedUntil = -1; // the last group that is masked

  constructor(plain: string) {
    this.#plain = plain;
    this.#groups = [...plain.matchAll(/[0-9]+/g)].map((one) => [
      one.index,
      one.index + one[0].length,
    ]);
    for (let first = 0; first < this.#groups.length; first += 1) {
      this.#hide(first, this.#findPersonNumber(first), "personnummer");
      this.#hide(first, this.#findPhoneNumber(first), "telefonnummer");
    }
  }

  #start(group: number): number {
    return this.#groups[group]?.[0] ?? this.#plain.length;
  }

  #end(group: number): number {
    return this.#groups[group]?.[1] ?? 0;
  }

  #hide(first: number, last: number | null, code: Hidden): void {
    if (last === null) return;
    const plus = code === "telefonnummer" && this.#isBehindPlus(first);
    this.found.push({ start: this.#start(first) - (plus ? 1 : 0), end: this.#end(last), code });
    this.#maskedUntil = Math.max(this.#maskedUntil, last);
  }

  #parts(first: number, last: number): string[] {
    return this.#groups.slice(first, last + 1).map(([start, end]) => this.#plain.slice(start, end));
  }

  /** What stands between a group and the one before it, cut where it is long. */
  #between(group: number): string {
    const start = this.#end(group - 1);
    return this.#plain.slice(start, Math.min(this.#start(group), start + LONGEST_BETWEEN + 1));
  }

  #isCalled(group: number, name: RegExp): boolean {
    const start = this.#start(group);
    return name.test(this.#plain.slice(Math.max(0, start - LOOK_BACK), start));
  }

  #isReference(group: number): boolean {
    return this.#isCalled(group, REFERENCE) && !this.#isCalled(group, PHONE);
  }

  /** Whether one of the signs alone joins a group to one before it that is not masked. */
  #isJoined(group: number, signs: string): boolean {
    if (group === 0 || group - 1 <= this.#maskedUntil) return false;
    const between = this.#between(group);
    return between.length === 1 && signs.includes(between);
  }

  #isBehindPlus(group: number): boolean {
    return this.#plain[this.#start(group) - 1] === "+";
  }

  /** Each last group and the count of digits up to it, as long as they stand together. */
  *#windows(first: number, between: RegExp, most: number): Generator<[number, number]> {
    let count = 0;
    for (let last = first; last < this.#groups.length; last += 1) {
      count += this.#end(last) - this.#start(last);
      if (count > most || (last > first && !between.test(this.#between(last)))) return;
      yield [last, count];
    }
  }

  /** The last group of a personnummer that begins with group `first`. */
  #findPersonNumber(first: number): number | null {
    const lasts = [...this.#windows(first, BETWEEN, 12)]
      .filter(([, count]) => count === 10 || count === 12)
      .map(([last]) => last);
    if (lasts.length === 0) return null;
    const called = this.#isCalled(first, PERSON);
    const likely = lasts.filter((last) => this.#isLikely(first, last));
    const hidden = likely.filter((last) => called || this.#isPersons(first, last));
    if (hidden.length > 0) return hidden.at(-1) ?? null;
    if (called) return lasts[0] ?? null;
    if (likely.includes(first) && this.#isDoubtful(first))
      this.doubtful.push([this.#start(first), this.#end(first)]);
    return null;
  }

  /** Whether groups hold a date and four digits, and are no day with its clock time. */
  #isLikely(first: number, last: number): boolean {
    const parts = this.#parts(first, last);
    const digits = parts.join("");
    if (!isDated(digits) || !isSpelt(parts, digits.length - 10)) return false;
    const dotted = last > first && parts.at(-1)?.length === 2 && this.#between(last).trim() === ".";
    return !(dotted && isClock(digits.slice(-4)));
  }

  /** Whether a likely number is taken for a person's: by its check digit or its look. */
  #isPersons(first: number, last: number): boolean {
    const parts = this.#parts(first, last);
    const digits = parts.join("");
    const tail = parts.at(-1) ?? "";
    const joint = last > first ? this.#between(last).trim() : "";
    const short = parts.length === 2 && tail.length === 4 && /^[-+]$/.test(joint);
    if (!short && this.#isDecimals(first)) return false;
    if (isChecked(digits.slice(-10))) return true;
    if (this.#isReference(first)) return false;
    if (parts.length === 1) return digits.length === 12 && digits.startsWith("19");
    return tail.length === 4 && /^[-+]?$/.test(joint) && (short || !isClock(tail));
  }

  /** Whether a group stands behind the point of a coordinate or a price. */
  #isDecimals(first: number): boolean {
    return this.#isJoined(first, ".,:") && this.#end(first - 1) - this.#start(first - 1) < 4;
  }

  /** Whether one group alone looks like a personnummer with a wrong check digit. */
  #isDoubtful(first: number): boolean {
    const digits = this.#plain.slice(this.#start(first), this.#end(first));
    const told = this.#isDecimals(first) || this.#isReference(first);
    return !(told || isClock(digits.slice(-4)) || MOBILE.test(digits));
  }

  /** The last group of the longest phone number that begins with group `first`. */
  #findPhoneNumber(first: number): number | null {
    const plus = this.#isBehindPlus(first);
    const begins = /[04]/.test(this.#plain[this.#start(first)] ?? "");
    if (!plus && (!begins || this.#isJoined(first, "-/.:,"))) return null;
    let found: number | null = null;
    for (const [last, count] of this.#windows(first, BETWEEN_PHONE, 15)) {
      if (count > 7 && !this.#isCut(last) && this.#isPhone(first, last, count, plus)) found = last;
    }
    return found;
  }

  /** Whether group `last` is followed by the minutes of a clock time. */
  #isCut(last: number): boolean {
    if (last + 1 === this.#groups.length || !/^[:.]$/.test(this.#between(last + 1))) return false;
    return this.#end(last + 1) - this.#start(last + 1) === 2;
  }

  #isPhone(first: number, last: number, count: number, plus: boolean): boolean {
    const parts = this.#parts(first, last);
    const digits = parts.join("");
    if (plus) return isForeign(digits);
    if (digits.startsWith("00"))
      return (parts.length > 1 || digits.startsWith("0046")) && isForeign(digits.slice(2));
    if (ORGANISATIONS.test(digits)) return false;
    if (MOBILE.test(digits)) return isMobile(parts);
    if (parts.length === 1) {
      const called = count <= 10 && digits.startsWith("0") && this.#isCalled(first, PHONE);
      return called || MOBILE_ABROAD.test(digits);
    }
    return count <= 10 && this.#isLandline(first, parts);
  }

  #isLandline(first: number, parts: string[]): boolean {
    const [area = "", second = "", ...rest] = parts;
    if (!AREA.test(area) || this.#isReference(first)) return false;
    const apart = this.#between(first + 1).replace(/^[ ()]+|[ ()]+$/g, "");
    if (rest.length === 0 && second.length > 3) return /^[-/]$/.test(apart) && second.length > 4;
    const shortest = /^[-/]$/.test(apart) || area.length === 4 ? 2 : 3;
    return (
      /^[-/]?$/.test(apart) &&
      second.length >= shortest &&
      [second, ...rest].every((part) => part.length === 2 || part.length === 3) &&
      rest.every((_, at) => this.#between(first + 2 + at) === " ")
    );
  }
}
