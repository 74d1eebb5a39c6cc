// The reporting forms. In: form[data-entries]. Out: one more report in it, the place where the phone is.
import { type Draft, readDraft } from "./drafts.ts";
import { readChoice } from "./store.ts";

const ASK_MS = 20_000;

/** Make an id that sorts by time (RFC 9562, version 7), as the server makes them. */
export function makeId(now: number, random: Uint8Array): string {
  const bytes = new Uint8Array(random.slice(0, 16));
  for (let at = 0; at < 6; at++) bytes[at] = Math.floor(now / 2 ** (8 * (5 - at))) % 256;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Count the reports that a draft holds. */
export function countEntries(draft: Draft | null): number {
  return new Set(draft?.fields.map(([name]) => /^(\d+)-/.exec(name)?.[1]).filter(Boolean)).size;
}

function entriesOf(form: HTMLFormElement): HTMLElement[] {
  return [...form.querySelectorAll<HTMLElement>("[data-entry]")];
}

function field(entry: HTMLElement, name: string): HTMLInputElement | null {
  return entry.querySelector<HTMLInputElement>(`[name$="-${name}"]`);
}

/** Give the new report the place and the time of the one before. */
function copyPlace(from: HTMLElement, to: HTMLElement): void {
  for (const name of ["where", "lat", "lon", "from", "until"]) {
    const [given, wanted] = [field(from, name), field(to, name)];
    if (given && wanted) wanted.value = given.value;
  }
  const when = from.querySelector<HTMLInputElement>('[name$="-when"]:checked')?.value;
  const same = to.querySelector<HTMLInputElement>(`[name$="-when"][value="${when}"]`);
  if (same) same.checked = true;
}

function addEntry(form: HTMLFormElement): HTMLElement | null {
  const blank = form.querySelector<HTMLTemplateElement>("template[data-blank]");
  const entries = entriesOf(form);
  const last = entries.at(-1);
  if (!blank || !last || entries.length >= Number(form.dataset.most)) return null;
  const number = entries.length;
  const made = document.createElement("template");
  made.innerHTML = blank.innerHTML
    .replaceAll("__n__-", `${number}-`)
    .replaceAll("__n__", String(number + 1));
  const entry = made.content.querySelector<HTMLElement>("[data-entry]");
  if (!entry) return null;
  last.after(entry);
  const id = field(entry, "id");
  if (id) id.value = makeId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  copyPlace(last, entry);
  showHere(entry);
  form
    .querySelector("[data-add]")
    ?.toggleAttribute("hidden", number + 1 >= Number(form.dataset.most));
  return entry;
}

/** Show the button that asks the phone where it is; without script, or a phone that knows, it stays hidden. */
function showHere(within: ParentNode): void {
  if (!("geolocation" in navigator)) return;
  for (const here of within.querySelectorAll<HTMLElement>("[data-here]")) here.hidden = false;
}

function put(here: HTMLElement, lat: string, lon: string, words: string): void {
  const [first, second] = [here.querySelector("[data-lat]"), here.querySelector("[data-lon]")];
  if (first instanceof HTMLInputElement) first.value = lat;
  if (second instanceof HTMLInputElement) second.value = lon;
  const told = here.querySelector("[role=status]");
  if (told) told.textContent = words;
  const drop = here.querySelector<HTMLElement>("[data-here-drop]");
  if (drop) drop.hidden = lat === "";
  first?.dispatchEvent(new Event("input", { bubbles: true }));
}

function askWhere(here: HTMLElement): void {
  const words = here.querySelector<HTMLElement>("[role=status]")?.dataset ?? {};
  put(here, "", "", words.textAsking ?? "");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const within = `${words.textTaken ?? ""} ${Math.round(coords.accuracy)} m`;
      put(here, coords.latitude.toFixed(6), coords.longitude.toFixed(6), within);
    },
    () => put(here, "", "", words.textRefused ?? ""),
    { enableHighAccuracy: true, timeout: ASK_MS, maximumAge: 0 },
  );
}

function onClick(form: HTMLFormElement, event: MouseEvent): void {
  const target = event.target as Element;
  if (target.closest("[data-add]")) {
    event.preventDefault();
    const entry = addEntry(form);
    entry?.scrollIntoView();
    entry?.querySelector<HTMLInputElement>("input[type=radio]")?.focus();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const here = target.closest<HTMLElement>("[data-here]");
  if (here && target.closest("[data-here-take]")) askWhere(here);
  if (here && target.closest("[data-here-drop]")) put(here, "", "", "");
}

/** Start the page's form, before its draft is put back: as many reports as the draft holds. */
export function startReports(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-entries]");
  if (!form) return;
  showHere(form);
  form.addEventListener("click", (event) => onClick(form, event));
  if (form.dataset.refused !== undefined) return;
  const kept = countEntries(readDraft(readChoice(`draft.${form.dataset.draft}`), Date.now()));
  while (entriesOf(form).length < kept) if (!addEntry(form)) return;
}
