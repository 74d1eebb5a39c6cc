// Says what is new, once. In: elements with an id and data-announce. Out: one alert, and a call;
// data-announce-softly: words only, that wait until the reader is silent.
import { playTone } from "./tone.ts";

/** The texts of those that were not there before, in page order. */
export function freshTexts(known: ReadonlySet<string>, now: ReadonlyMap<string, string>): string[] {
  return [...now].filter(([id]) => !known.has(id)).map(([, text]) => text);
}

function onPage(attribute: string): Map<string, string> {
  const elements = document.querySelectorAll(`[id][${attribute}]`);
  return new Map([...elements].map((one) => [one.id, one.getAttribute(attribute) ?? ""]));
}

/** Watch for what is new of one kind. */
function watch(attribute: string, boxId: string, tones: number): void {
  const box = document.getElementById(boxId);
  if (!box) return;
  let known = new Set(onPage(attribute).keys());
  document.addEventListener("htmx:after:swap", () => {
    const now = onPage(attribute);
    const fresh = freshTexts(known, now);
    known = new Set(now.keys());
    if (fresh.length === 0) return;
    box.textContent = fresh.join(". ");
    if (tones) playTone(tones);
  });
}

/** Watch the page's fragments for what is new. */
export function startAnnouncing(): void {
  watch("data-announce", "announce", 2);
  watch("data-announce-softly", "announce-softly", 0);
}
