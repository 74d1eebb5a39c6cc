// Reads a text/event-stream. In: pieces of text as they arrive. Out: whole messages.

export type StreamMessage = { id: string; event: string; data: string };

/** Cut a stream of text into messages; comment lines count as signs of life only. */
export class StreamReader {
  #rest = "";
  #id = "";
  #event = "";
  #data: string[] = [];

  /** Take one piece of text and return the messages that it completes. */
  push(piece: string): StreamMessage[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#line(line)).filter((message) => message !== null);
  }

  #line(line: string): StreamMessage | null {
    if (line === "") return this.#finish();
    if (line.startsWith(":")) return null;
    const [name = "", ...rest] = line.split(":");
    const value = rest.join(":").replace(/^ /, "");
    if (name === "id") this.#id = value;
    else if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    return null;
  }

  #finish(): StreamMessage | null {
    const message = { id: this.#id, event: this.#event || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return empty ? null : message;
  }
}

export type Notice = { position: number; kind: string; case: string | null; unit: string | null };

/** Turn a stream message into a notice; null when it is not one. */
export function toNotice(message: StreamMessage): Notice | null {
  const position = Number(message.id);
  if (message.id === "" || !Number.isInteger(position)) return null;
  try {
    const data = JSON.parse(message.data) as { case?: string | null; unit?: string | null };
    return { position, kind: message.event, case: data.case ?? null, unit: data.unit ?? null };
  } catch {
    return null; // not JSON: a notice that cannot be read says nothing; the next refetch shows all
  }
}

/** Milliseconds to wait before try number `tries` (from 0): 0.5 s doubling up to 5 s, spread by a fifth. */
export function retryDelay(tries: number, chance: number): number {
  return Math.min(5000, 500 * 2 ** tries) * (0.8 + 0.4 * chance);
}
