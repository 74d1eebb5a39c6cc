// A part of a page that shows what was asked for last. In: addresses. Out: what to fetch, in its order.

export type Swap = "innerMorph" | "innerHTML";
/** Whether what was asked for is still the newest wish. */
export type Current = () => boolean;
export type Ask = (url: string, swap: Swap, current: Current) => Promise<void>;

/**
 * Keeps what is shown to the newest wish: an answer to an earlier one, however late, is not taken.
 * A refresh never takes the place of a wish, and one that comes while another runs follows it.
 */
export class Pane {
  #wanted: string;
  #turn = 0;
  #underWay = false;
  #again = false;
  readonly #ask: Ask;

  constructor(ask: Ask, wanted = "") {
    this.#ask = ask;
    this.#wanted = wanted;
  }

  /** Ask for what is to be shown; false when another was asked for before it came. */
  async show(url: string, swap: Swap): Promise<boolean> {
    this.#wanted = url;
    this.#turn += 1;
    const mine = this.#turn;
    const current = () => mine === this.#turn;
    this.#underWay = true;
    this.#again = false;
    try {
      await this.#ask(url, swap, current);
    } finally {
      if (current()) this.#underWay = false;
    }
    if (!current()) return false;
    if (this.#again) void this.refresh();
    return true;
  }

  /** Fetch anew what is shown, if anything is. */
  async refresh(): Promise<void> {
    if (this.#underWay) this.#again = true;
    else if (this.#wanted) await this.show(this.#wanted, "innerMorph");
  }

  /** Show nothing: what is on its way is not taken. */
  empty(): void {
    this.#wanted = "";
    this.#turn += 1;
    this.#underWay = false;
    this.#again = false;
  }
}

/** Fetch; one that was ended because another took its place is no failure, and has nothing to show. */
async function fetchWhile(current: Current, url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (current()) throw error;
    return new Response(null, { status: 204 });
  }
}

/** A pane in the element of this id, filled by htmx; `hx-sync="this:replace"` on it ends overtaken fetches. */
export function paneIn(id: string, wanted = ""): Pane {
  const target = `#${id}`;
  document.getElementById(id)?.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = (event as CustomEvent<{ ctx: { current?: Current } }>).detail;
    if (ctx.current?.() === false) event.preventDefault();
  });
  return new Pane((url, swap, current) => {
    const fetch = fetchWhile.bind(null, current);
    return htmx.ajax("GET", url, { target, source: target, swap, fetch, current });
  }, wanted);
}
