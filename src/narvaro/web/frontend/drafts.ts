// Keeps a half-written form over a reload. In: form[data-draft]. Out: the same words, until sent.
import { forgetChoice, keepChoice, listChoices, readChoice } from "./store.ts";

export type Draft = { at: number; id: string; fields: [string, string][] };

const PREFIX = "draft.";
const KEPT_MS = 12 * 3_600_000;

/** Read a draft as it was kept; null when it is none, damaged, or older than half a day. */
export function readDraft(text: string | null, now: number): Draft | null {
  try {
    const draft = JSON.parse(text ?? "null") as Draft | null;
    return draft && Array.isArray(draft.fields) && now - draft.at < KEPT_MS ? draft : null;
  } catch {
    return null; // not what this page wrote: the form starts empty
  }
}

function fieldsOf(form: HTMLFormElement): [string, string][] {
  const given = [...new FormData(form)].filter(
    (one): one is [string, string] => typeof one[1] === "string",
  );
  return given.filter(([name]) => name !== "csrfmiddlewaretoken");
}

function putBack(form: HTMLFormElement, draft: Draft): void {
  for (const element of form.elements) {
    if (element instanceof HTMLInputElement && /radio|checkbox/.test(element.type))
      element.checked = draft.fields.some(([n, v]) => n === element.name && v === element.value);
  }
  for (const [name, value] of draft.fields) {
    const element = form.elements.namedItem(name);
    const chosen = element instanceof HTMLInputElement && /radio|checkbox/.test(element.type);
    if (!chosen && element && "value" in element) element.value = value;
  }
}

/** Forget what the server says has arrived, and what is too old. */
function forgetSent(): void {
  const sent = document.querySelector<HTMLElement>("[data-sent]")?.dataset.sent;
  for (const name of listChoices(PREFIX)) {
    const draft = readDraft(readChoice(name), Date.now());
    if (!draft || draft.id === sent) forgetChoice(name);
  }
}

/** Return the id that a form proposes; of several reports in one form, the first one's. */
function firstId(data: FormData): FormDataEntryValue {
  return data.get("id") ?? data.get("0-id") ?? "";
}

function startDraft(form: HTMLFormElement): void {
  const name = PREFIX + form.dataset.draft;
  const empty = JSON.stringify(fieldsOf(form));
  const kept = readDraft(readChoice(name), Date.now());
  if (kept && form.dataset.refused === undefined) {
    putBack(form, kept);
    const told = document.getElementById("draft");
    if (told) told.hidden = false;
  }
  form.addEventListener("input", () => {
    const fields = fieldsOf(form);
    const id = form.dataset.draftId ?? String(firstId(new FormData(form)));
    if (JSON.stringify(fields) === empty) forgetChoice(name);
    else keepChoice(name, JSON.stringify({ at: Date.now(), id, fields } satisfies Draft));
  });
  document.addEventListener("click", (event) => {
    const drop = (event.target as Element).closest<HTMLElement>("[data-drops-draft]");
    if (!drop) return;
    forgetChoice(name);
    if (drop.dataset.reloads !== undefined) location.assign(location.pathname);
  });
}

/** Start the page's form; signing out leaves nothing of anyone's in the browser. */
export function startDrafts(): void {
  forgetSent();
  const form = document.querySelector<HTMLFormElement>("form[data-draft]");
  if (form) startDraft(form);
  document.querySelector('form[action="/logout/"]')?.addEventListener("submit", () => {
    for (const name of listChoices(PREFIX)) forgetChoice(name);
  });
}
