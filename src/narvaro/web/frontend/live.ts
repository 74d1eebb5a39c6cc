// Keeps the page live. In: /live, one stream for all tabs. Out: DOM events on <body>.
// `narvaro:<kind>` per notice, `narvaro:changed` (at most four a second) for those who refetch at
// once, `narvaro:settled` (at most two) for what may follow: an alarm must not wait behind maps;
// `narvaro:live` when the state of the connection changes.
import { type Notice, retryDelay, StreamReader, toNotice } from "./stream.ts";

export type LiveState = "live" | "reconnecting" | "down" | "out";
type TabMessage =
  | { type: "notice"; notice: Notice }
  | { type: "state"; state: LiveState; position: number }
  | { type: "ask" };

const CHANGED_MS = 250;
const SETTLED_MS = 500;
const DOWN_AFTER_MS = 10_000;
const SILENCE_MS = 45_000; // the server sends a sign of life every 15 s
const ASK_MS = 5_000;

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

class Live {
  #position: number;
  #state: LiveState = "reconnecting";
  #leading = false;
  #lostAt = Date.now();
  #answeredAt = Date.now();
  #changedTimer: ReturnType<typeof setTimeout> | undefined;
  #changedAgain = false;
  #controller: AbortController | undefined;
  readonly #url: string;
  readonly #tabs = "BroadcastChannel" in window ? new BroadcastChannel("narvaro-live") : null;

  constructor(url: string, position: number) {
    this.#url = url;
    this.#position = position;
  }

  start(): void {
    this.#show();
    this.#tabs?.addEventListener("message", (event: MessageEvent<TabMessage>) =>
      this.#hear(event.data),
    );
    window.addEventListener("offline", () => this.#leading && this.#controller?.abort());
    if (!navigator.locks) {
      void this.#lead();
      return;
    }
    this.#takeOver(false);
    this.#say({ type: "ask" });
    setInterval(() => this.#watchLeader(), ASK_MS);
  }

  #takeOver(steal: boolean): void {
    navigator.locks
      .request("narvaro-live", steal ? { steal } : {}, () => this.#lead())
      .catch(() => {
        this.#leading = false; // another tab, seen by a person, has taken the lead
        this.#controller?.abort();
        this.#answeredAt = Date.now();
        this.#takeOver(false);
      });
  }

  /** A leading tab may be frozen by the browser: a visible one takes over when it is silent. */
  #watchLeader(): void {
    if (this.#leading) return;
    this.#say({ type: "ask" });
    const silent = Date.now() - this.#answeredAt > 3 * ASK_MS;
    if (silent && document.visibilityState === "visible") this.#takeOver(true);
  }

  #hear(message: TabMessage): void {
    if (message.type === "ask") {
      if (this.#leading) this.#say(this.#stateMessage());
      return;
    }
    if (this.#leading) return;
    this.#answeredAt = Date.now();
    if (message.type === "notice") this.#take(message.notice);
    else this.#follow(message.state, message.position);
  }

  #follow(state: LiveState, position: number): void {
    const behind = position > this.#position;
    this.#position = Math.max(position, this.#position);
    this.#set(state);
    if (behind) this.#changed();
  }

  #say(message: TabMessage): void {
    this.#tabs?.postMessage(message);
  }

  #stateMessage(): TabMessage {
    return { type: "state", state: this.#state, position: this.#position };
  }

  async #lead(): Promise<void> {
    this.#leading = true;
    for (let tries = 0; this.#leading; tries += 1) {
      const heard = await this.#connect();
      if (!this.#leading) return;
      if (heard) tries = 0;
      if (this.#state === "live") this.#lostAt = Date.now();
      const down = Date.now() - this.#lostAt > DOWN_AFTER_MS;
      if (this.#state !== "out") this.#set(down ? "down" : "reconnecting");
      await wait(retryDelay(tries, Math.random()));
    }
  }

  /** Read the stream until it breaks; true when it was open at all. */
  async #connect(): Promise<boolean> {
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const answer = await fetch(`${this.#url}?after=${this.#position}`, {
        headers: { Accept: "text/event-stream", "Last-Event-ID": String(this.#position) },
        cache: "no-store",
        signal: controller.signal,
      });
      const type = answer.headers.get("Content-Type") ?? "";
      if (answer.status === 401 || answer.status === 403 || answer.redirected) this.#set("out");
      if (!answer.ok || !answer.body || !type.startsWith("text/event-stream")) return false;
      this.#set("live");
      await this.#read(answer.body, controller);
      return true;
    } catch {
      return false; // the connection broke: the loop tries again and the page says so
    }
  }

  async #read(body: ReadableStream<Uint8Array>, controller: AbortController): Promise<void> {
    const messages = new StreamReader();
    const text = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const silence = setTimeout(() => controller.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      for (const message of messages.push(text.decode(value, { stream: true }))) {
        const notice = toNotice(message);
        if (notice) this.#take(notice);
        if (notice) this.#say({ type: "notice", notice });
      }
    }
  }

  #take(notice: Notice): void {
    if (notice.position <= this.#position) return;
    this.#position = notice.position;
    document.body.dispatchEvent(new CustomEvent(`narvaro:${notice.kind}`, { detail: notice }));
    this.#changed();
  }

  #changed(): void {
    if (this.#changedTimer) {
      this.#changedAgain = true;
      return;
    }
    announceChange();
    this.#changedTimer = setTimeout(() => {
      this.#changedTimer = undefined;
      const again = this.#changedAgain;
      this.#changedAgain = false;
      if (again) this.#changed();
    }, CHANGED_MS);
  }

  #set(state: LiveState): void {
    const before = this.#state;
    this.#state = state;
    if (this.#leading) this.#say(this.#stateMessage());
    if (before === state) return;
    this.#show();
    if (state === "live") this.#changed(); // whatever happened while we were away
  }

  #show(): void {
    for (const element of document.querySelectorAll<HTMLElement>("[data-live-state]")) {
      element.dataset.liveState = this.#state;
      const words = element.querySelector("[data-live-words]");
      if (words) words.textContent = element.getAttribute(`data-text-${this.#state}`);
    }
    document.body.dispatchEvent(new CustomEvent("narvaro:live", { detail: this.#state }));
  }
}

/** Tell everyone on the page who shows data to fetch it again. */
export function announceChange(): void {
  document.body.dispatchEvent(new CustomEvent("narvaro:changed"));
}

/** After the first of some changes, wait a moment for the others, then tell of all at once. */
function startSettling(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.body.addEventListener("narvaro:changed", () => {
    if (timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      document.body.dispatchEvent(new CustomEvent("narvaro:settled"));
    }, SETTLED_MS);
  });
}

/** Start the live stream on a page that has a position to listen from. */
export function startLive(): void {
  startSettling();
  const { liveUrl, liveAfter } = document.body.dataset;
  if (liveUrl && liveAfter) new Live(liveUrl, Number(liveAfter)).start();
}
