// Says what is new, once. In: elements with an id and data-announce. Out: one alert, and a call.
import { playTone } from "./tone.ts";

/** The texts of those that were not there before, in page order. */
export function freshTexts(known: ReadonlySet<string>, now: ReadonlyMap<string, string>): string[] {
  return [...now].filter(([id]) => !known.has(id)).map(([, text]) => text);
}

function onPage(): Map<string, string> {
  const elements = document.querySelectorAll<HTMLElement>("[id][data-announce]");
  return new Map([...elements].map((element) => [element.id, element.dataset.announce ?? ""]));
}

/** Watch the page's fragments for what is new. */
export function startAnnouncing(): void {
  const box = document.getElementById("announce");
  if (!box) return;
  let known = new Set(onPage().keys());
  document.addEventListener("htmx:after:swap", () => {
    const now = onPage();
    const fresh = freshTexts(known, now);
    known = new Set(now.keys());
    if (fresh.length === 0) return;
    box.textContent = fresh.join(". ");
    playTone(2);
  });
}
