// Sends forms that must not get lost, and shows what waits. In: form[data-outbox], #outbox. Out: a POST,
// or a kept form in sight. Without script the forms post as any other.
import { announceChange } from "./live.ts";
import { type Field, judge, type Kept, Outbox, type Outcome, waits } from "./outbox.ts";
import { browserStore } from "./outbox-store.ts";
import { makeId } from "./reports.ts";
import { forgetChoice } from "./store.ts";
import { serverNow } from "./time.ts";

const LOOK_MS = 4_000;
const GIVE_UP_MS = 20_000;

let box: HTMLElement;
let outbox: Outbox | undefined;

const word = (name: string): string => box.dataset[name] ?? "";

function token(): string {
  return document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
}

async function whyNot(answer: Response): Promise<string> {
  if (!(answer.headers.get("Content-Type") ?? "").includes("json")) return word("textRefused");
  const problem = (await answer.json()) as { detail?: string; title?: string };
  return problem.detail ?? problem.title ?? word("textRefused");
}

/** Write the fields as the browser would: as parts only where there are photos. */
function bodyOf(fields: Field[]): FormData | URLSearchParams {
  const all: Field[] = [...fields, ["csrfmiddlewaretoken", token()]];
  const texts = all.filter((one): one is [string, string] => typeof one[1] === "string");
  if (texts.length === all.length) return new URLSearchParams(texts);
  const body = new FormData();
  for (const [name, value] of all) body.append(name, value);
  return body;
}

/** Send one; a net that fails ("away") is no fault: it is tried again. */
async function post(kept: Pick<Kept, "url" | "fields">): Promise<Outcome> {
  const body = bodyOf(kept.fields);
  try {
    const answer = await fetch(kept.url, {
      method: "POST",
      headers: { Accept: "application/json, text/html;q=0.5", "X-CSRFToken": token() },
      body,
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    const atSignIn = answer.redirected && /^\/(login|who)\//.test(new URL(answer.url).pathname);
    const kind = judge(answer.status, atSignIn);
    return kind === "refused" ? { kind, why: await whyNot(answer) } : { kind };
  } catch {
    return { kind: "away" };
  }
}

function fieldsOf(form: HTMLFormElement, submitter: HTMLElement | null): Field[] {
  // FormData comes past the guard of words: numbers of persons are masked before they are kept.
  const fields: Field[] = [...new FormData(form, submitter)];
  const filled = fields.filter(([, value]) => !(value instanceof File && value.size === 0));
  const given = filled.filter(([name]) => name !== "csrfmiddlewaretoken");
  return [...given, ["written_at", new Date(serverNow()).toISOString()]];
}

function idOf(form: HTMLFormElement, fields: Field[]): string {
  const own = fields.find(([name]) => name === "id" || name === "0-id")?.[1];
  return typeof own === "string" && own ? own : form.action;
}

function element(tag: string, text: string, kind = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function clock(at: number): string {
  const { timeZone } = document.documentElement.dataset;
  return new Date(at).toLocaleTimeString("sv-SE", {
    hour: "2-digit",
    minute: "2-digit",
    ...(timeZone ? { timeZone } : {}),
  });
}

function line(kept: Kept): HTMLElement {
  const item = document.createElement("li");
  const at = kept.sentAt ?? kept.at;
  const [state, kind] = waits(kept)
    ? [kept.waits ?? word("textWaits"), "waits"]
    : kept.sentAt === undefined
      ? [`${word("textRefused")} ${kept.refused}`, "refused"]
      : [word("textSent"), "sent"];
  const words = element("span", "");
  words.append(element("b", kept.title), ` ${clock(at)} – ${state}`);
  item.className = kind;
  item.append(words);
  if (!waits(kept)) {
    const button = element("button", word("textDismiss"), "plain") as HTMLButtonElement;
    button.type = "button";
    button.addEventListener("click", () => void outbox?.drop(kept.id).then(show));
    item.append(button);
  }
  return item;
}

let unheard: ReadonlySet<string> = new Set();

/** Say it at the button itself: the server has not heard that it was pressed. */
function markForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-outbox-waits]"))
    form.toggleAttribute("data-waits", unheard.has(form.action));
}

/** Show what waits, what was refused, and the receipts. */
async function show(): Promise<void> {
  const kept = (await outbox?.list(serverNow())) ?? [];
  const waiting = kept.filter(waits).length;
  const head = box.querySelector<HTMLElement>("[data-outbox-head]");
  if (head) head.textContent = waiting ? word("textCount").replace("#", String(waiting)) : "";
  box.querySelector("ul")?.replaceChildren(...kept.map(line));
  box.hidden = kept.length === 0;
  box.dataset.waiting = String(waiting);
  unheard = new Set(kept.filter(waits).map((one) => one.url));
  markForms();
}

/** Make a form that can be filled several times ready for the next report; put another away. */
function clear(form: HTMLFormElement): void {
  const entries = [...form.querySelectorAll<HTMLElement>("[data-entry]")];
  if (form.dataset.draft) forgetChoice(`draft.${form.dataset.draft}`);
  if (form.dataset.send !== undefined) return; // a tap: the same button may be tapped again
  if (entries.length === 0) {
    form.hidden = true;
    return;
  }
  for (const more of entries.slice(1)) more.remove();
  form.reset();
  const id = form.querySelector<HTMLInputElement>("[name='0-id']");
  if (id) id.value = makeId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
}

async function keep(form: HTMLFormElement, fields: Field[]): Promise<void> {
  const title = form.dataset.outbox || document.querySelector("h1")?.textContent?.trim() || "";
  const { outboxWaits: waits } = form.dataset;
  const filled = { id: idOf(form, fields), url: form.action, title, fields };
  await outbox?.keep(waits ? { ...filled, waits } : filled, serverNow());
  clear(form);
  await show();
  if (form.dataset.send === undefined) box.focus();
  else form.scrollIntoView({ block: "nearest" });
}

/** Keep a tap that could not be sent; false where the form is none that is kept. */
export async function keepForLater(
  form: HTMLFormElement,
  submitter: HTMLElement | null,
): Promise<boolean> {
  if (form.dataset.outbox === undefined || !outbox) return false;
  await keep(form, fieldsOf(form, submitter));
  return true;
}

async function submit(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const fields = fieldsOf(form, submitter);
  const outcome = navigator.onLine
    ? await post({ url: form.action, fields })
    : ({ kind: "away" } as Outcome);
  if (outcome.kind === "later" || outcome.kind === "away") await keep(form, fields);
  else if (outcome.kind === "sent")
    location.assign((form.dataset.outboxNext ?? "/").replace("{id}", idOf(form, fields)));
  else form.submit(); // the page itself says what is wrong, beside each field
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.outbox === undefined) return;
  if (form.dataset.send !== undefined) return;
  if (event.submitter?.getAttribute("name") === "add") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.sending !== undefined) return;
  form.dataset.sending = "";
  submit(form, event.submitter)
    .catch(() => form.submit()) // the browser keeps nothing: better an error page than silence
    .finally(() => delete form.dataset.sending);
}

async function flush(all: boolean): Promise<void> {
  const work = async (): Promise<void> => {
    const sent = await outbox?.flush(serverNow(), all);
    await show();
    if (sent) announceChange();
  };
  if (!navigator.onLine) return show();
  if (!navigator.locks) return work();
  await navigator.locks.request("narvaro-outbox", { ifAvailable: true }, (lock) =>
    lock ? work() : show(),
  );
}

/** Start the outbox, before the other forms: what it sends, they leave alone. */
export function startOutbox(): void {
  const found = document.getElementById("outbox");
  if (!found || !("indexedDB" in window)) return;
  box = found;
  outbox = new Outbox(browserStore, box.dataset.who ?? "", post);
  const look = (all: boolean): void => void flush(all).catch(() => box.setAttribute("hidden", ""));
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:after:swap", markForms); // the server's page knows nothing of it
  window.addEventListener("online", () => look(true));
  document.addEventListener("visibilitychange", () => look(false));
  setInterval(() => Number(box.dataset.waiting) && look(false), LOOK_MS);
  look(true);
}
