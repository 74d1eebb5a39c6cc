// Takes numbers of persons out of what is typed, before any of it leaves the phone. In: textareas and
// text inputs with data-wording. Out: masked fields, drafts and requests; marks beside the field, in
// words from the page (templates/_wording.html). It stops nothing from being sent.
import { mark, mask } from "./wording.ts";

type Field = HTMLTextAreaElement | HTMLInputElement;

const FIELDS = "textarea[data-wording], input[data-wording]";
const PAUSE_MS = 900; // as long as a person rests between two words
const SHOWN = 8;

const pauses = new Map<Field, ReturnType<typeof setTimeout>>();

function toField(target: EventTarget | null): Field | null {
  return target instanceof Element && target.matches(FIELDS) ? (target as Field) : null;
}

/** Mask what stands in a field; while someone types, not the number that the caret stands behind. */
function maskField(field: Field, typing: boolean): boolean {
  const caret = typing ? field.selectionEnd : null;
  const found = mask(field.value).masked.filter(({ end }) => end !== caret);
  const collapsed = field.selectionStart === field.selectionEnd;
  for (const { start, end, code } of found.reverse())
    field.setRangeText(`[${code}]`, start, end, "preserve");
  // Behind a replaced number the caret has become a selection: the next key would eat the mask.
  if (found.length > 0 && collapsed && field.selectionEnd !== null)
    field.setSelectionRange(field.selectionEnd, field.selectionEnd);
  return found.length > 0;
}

function listSaid(field: Field, told: HTMLElement): [string, string][] {
  const word = (name: string): string => told.getAttribute(`data-${name}`) ?? "";
  const said: [string, string][] = mark(field.value).map(({ start, end, code, advice }) => [
    field.value.slice(start, end),
    `${word(`mark-${code}`)}; ${word(`advice-${advice}`)}`,
  ]);
  const gone = new Set(field.value.match(/\[(?:personnummer|telefonnummer)\]/g) ?? []);
  const masked = [...gone].map((one): [string, string] => [one, word("masked")]);
  return [...masked, ...said].slice(0, SHOWN);
}

/** Say beside the field what is marked; the same is not said twice. */
function tell(field: Field): void {
  const told = document.querySelector<HTMLElement>(`[data-wording-of="${field.id}"]`);
  const list = told?.querySelector("[data-words]");
  const box = told?.querySelector<HTMLElement>("[data-marks]");
  if (!told || !list || !box) return;
  const said = listSaid(field, told);
  const now = JSON.stringify(said);
  if (now === told.dataset.said) return;
  told.dataset.said = now;
  list.replaceChildren(
    ...said.map(([words, text]) => {
      const quoted = document.createElement("b");
      quoted.textContent = words;
      const line = document.createElement("span");
      line.append(quoted, ` – ${text}`);
      const item = document.createElement("li");
      item.append(line);
      return item;
    }),
  );
  box.hidden = said.length === 0;
}

/** Say it after a pause: a line that came up under a tap on its way to a button would move it. */
function tellSoon(field: Field): void {
  clearTimeout(pauses.get(field));
  pauses.set(
    field,
    setTimeout(() => {
      pauses.delete(field);
      settle(field);
      tell(field);
    }, PAUSE_MS),
  );
}

/** Mask all that stands in a field; what keeps its words (drafts.ts) hears of it as of any change. */
function settle(field: Field): void {
  if (maskField(field, false)) field.dispatchEvent(new Event("input", { bubbles: true }));
}

function onInput(event: Event): void {
  const field = toField(event.target);
  if (!field) return;
  clearTimeout(pauses.get(field));
  // A word under way belongs to the keyboard: to change it now would garble it.
  if ((event as InputEvent).isComposing) return;
  maskField(field, /^insert(?:Text|LineBreak)?$/.test((event as InputEvent).inputType));
  tellSoon(field);
}

function onLeave(event: Event): void {
  const field = toField(event.target);
  if (!field) return;
  settle(field);
  tellSoon(field);
}

/** Mask the values that a request or a draft is made of, whatever the fields show. */
function maskEntries(data: FormData, fields: Iterable<Element>): void {
  const names = new Set([...fields].map((field) => field.getAttribute("name") ?? ""));
  for (const name of names) {
    const values = data.getAll(name);
    const clean = values.map((value) => (typeof value === "string" ? mask(value).text : value));
    if (clean.every((value, at) => value === values[at])) continue;
    data.delete(name);
    for (const value of clean) data.append(name, value);
  }
}

function listFields(form: HTMLFormElement): Field[] {
  return [...form.elements].map(toField).filter((field) => field !== null);
}

/** Guard every marked field of the page, those that come later too; call it before all others. */
export function guardForms(): void {
  document.addEventListener("input", onInput, { capture: true });
  document.addEventListener("compositionend", onInput, { capture: true });
  document.addEventListener("focusout", onLeave);
  document.addEventListener("change", onLeave, { capture: true });
  document.addEventListener(
    "submit",
    ({ target }) => {
      if (target instanceof HTMLFormElement) for (const field of listFields(target)) settle(field);
    },
    { capture: true },
  );
  // Every FormData of a form comes by here: the browser's own post, drafts.ts, forms.ts, htmx.
  document.addEventListener(
    "formdata",
    (event) => maskEntries(event.formData, listFields(event.target as HTMLFormElement)),
    { capture: true },
  );
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = (event as CustomEvent<{ ctx: { request: { body: unknown } } }>).detail;
    const { body } = ctx.request;
    if (body instanceof FormData) maskEntries(body, document.querySelectorAll(FIELDS));
  });
  // After the page's other scripts: a draft that was put back is looked at too.
  queueMicrotask(() => {
    for (const field of document.querySelectorAll<Field>(FIELDS)) {
      settle(field);
      tell(field);
    }
  });
}
