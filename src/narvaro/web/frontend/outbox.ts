// What waits for the net, in order. In: filled forms that could not be sent. Out: each sent once, with a
// receipt; what the server refuses is kept with its words until a person takes it away. Pure: where
// it is kept and how it is sent are given (outbox-store.ts, outbox-forms.ts).

export type Field = [string, string | Blob];
export type Kept = {
  id: string; // the record's own id, proposed by the form: sent twice it is one record
  who: string; // on a shared phone nobody sees or sends another's
  url: string;
  title: string;
  at: number;
  tries: number;
  next: number;
  fields: Field[];
  refused?: string;
  sentAt?: number;
  waits?: string; // what is said while it waits, where that is more than that it waits
};
export type Outcome = { kind: "sent" | "later" | "away" } | { kind: "refused"; why: string };
export type Store = {
  list(): Promise<Kept[]>;
  put(kept: Kept): Promise<void>;
  drop(id: string): Promise<void>;
};

const FIRST_MS = 4_000;
const SLOWEST_MS = 120_000;
const RECEIPT_MS = 12 * 3_600_000;

/** How long to rest after so many tries: 4, 8, 16 … seconds, two minutes at most. */
export function restAfter(tries: number): number {
  return Math.min(FIRST_MS * 2 ** Math.max(0, tries - 1), SLOWEST_MS);
}

/** Judge an answer: taken, refused for good, or to be tried again. */
export function judge(status: number, atSignIn: boolean): "sent" | "later" | "refused" {
  if (atSignIn || status === 401 || status === 403) return "later"; // signed out: kept for him
  if (status === 408 || status === 429 || status >= 500) return "later";
  return status >= 400 ? "refused" : "sent";
}

/** Whether it waits to be sent. */
export function waits(kept: Kept): boolean {
  return kept.refused === undefined && kept.sentAt === undefined;
}

export class Outbox {
  readonly #store: Store;
  readonly #send: (kept: Kept) => Promise<Outcome>;
  readonly #who: string;

  constructor(store: Store, who: string, send: (kept: Kept) => Promise<Outcome>) {
    this.#store = store;
    this.#who = who;
    this.#send = send;
  }

  /** List one's own, oldest first; receipts are forgotten after half a day. */
  async list(now: number): Promise<Kept[]> {
    const mine: Kept[] = [];
    for (const kept of await this.#store.list()) {
      if (kept.who !== this.#who) continue;
      if (kept.sentAt !== undefined && now - kept.sentAt > RECEIPT_MS)
        await this.#store.drop(kept.id);
      else mine.push(kept);
    }
    return mine.sort((one, other) => one.at - other.at);
  }

  /** Keep a filled form; the same record once more takes the place of what was kept of it. */
  async keep(
    form: Pick<Kept, "id" | "url" | "title" | "fields" | "waits">,
    now: number,
  ): Promise<void> {
    const kept = { ...form, who: this.#who, at: now, tries: 1, next: now + restAfter(1) };
    await this.#store.put(kept);
  }

  /** Take one away. */
  async drop(id: string): Promise<void> {
    await this.#store.drop(id);
  }

  /** Send what is due (all, when the net has just come back), oldest first; stop where the net fails. */
  async flush(now: number, all: boolean): Promise<number> {
    let sent = 0;
    for (const kept of await this.list(now)) {
      if (!waits(kept) || (!all && kept.next > now)) continue;
      const outcome = await this.#send(kept);
      if (outcome.kind === "later" || outcome.kind === "away") {
        const tries = kept.tries + 1;
        await this.#store.put({ ...kept, tries, next: now + restAfter(tries) });
        if (outcome.kind === "away") return sent;
      } else if (outcome.kind === "refused")
        await this.#store.put({ ...kept, refused: outcome.why });
      else {
        await this.#store.put({ ...kept, fields: [], sentAt: now });
        sent += 1;
      }
    }
    return sent;
  }
}
