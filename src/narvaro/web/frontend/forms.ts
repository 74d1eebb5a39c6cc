// Sends small forms without leaving the page. In: form[data-send]. Out: a POST, then fresh data.
import { announceChange } from "./live.ts";
import { keepForLater } from "./outbox-forms.ts";
import { forgetChoice, keepChoice, readChoice } from "./store.ts";
import { clockText, serverNow } from "./time.ts";

const SAID_NEXT = "said-next";
const SAID_NEXT_MS = 10_000;

type ProblemAnswer = { detail?: string; title?: string };

function say(id: string, text: string): void {
  const box = document.getElementById(id);
  const words = box?.querySelector("[data-words]");
  if (!box || !words) return;
  words.textContent = text;
  box.hidden = text === "";
}

let about: { id: string; before: string; after: string | null } | null = null;

function told(id: string): string {
  return document.getElementById(id)?.dataset.told ?? "";
}

/** Note what a form's notice will speak of: the element around it that tells its state. */
function noteAbout(form: HTMLFormElement): { id: string; before: string; after: null } {
  const near = form.closest<HTMLElement>("[data-told]");
  const id = (near ?? document.querySelector<HTMLElement>("[data-told]"))?.id ?? "";
  return { id, before: told(id), after: null };
}

let ending: ReturnType<typeof setTimeout> | undefined;

function endNotice(): void {
  clearTimeout(ending);
  say("notice", "");
  about = null;
}

/** Say what a form has done, at what time (#); what holds only then ends by itself. */
function giveNotice(form: HTMLFormElement, spokenOf: typeof about): void {
  endNotice();
  const { done, doneS } = form.dataset;
  say("notice", (done ?? "").replace("#", clockText(serverNow())));
  about = spokenOf;
  if (doneS) ending = setTimeout(endNotice, 1000 * Number(doneS));
}

/** Take the notice away when the countdown that it speaks of passes zero. */
function endWithCountdown(event: Event): void {
  const near = (event.target as Element).closest("[data-told]");
  if (near && near.id === about?.id) endNotice();
}

/** Go to another page, and say there what was done. */
function goOn(next: string, done = ""): void {
  if (done) keepChoice(SAID_NEXT, done);
  location.assign(next);
}

function sayWhatWasDone(): void {
  const done = readChoice(SAID_NEXT);
  if (!done) return;
  forgetChoice(SAID_NEXT);
  say("notice", done);
  ending = setTimeout(endNotice, SAID_NEXT_MS);
}

let focusNext: { at: string; from: Element | null } | null = null;

/** Where the pressed button is gone from the page, go on from what the form names. */
function keepFocus(): void {
  if (!focusNext) return;
  const { activeElement } = document;
  if (activeElement === focusNext.from && activeElement !== document.body) return;
  const target = document.querySelector<HTMLElement>(focusNext.at);
  if (activeElement !== document.body || !target) {
    if (activeElement !== document.body) focusNext = null; // the person went on himself
    return;
  }
  focusNext = null;
  if (target.tabIndex < 0) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/** Take the notice away when what it speaks of has changed once more. */
function followNotice(): void {
  if (!about) return;
  const now = told(about.id);
  if (about.after === null) {
    if (now !== about.before) about.after = now;
  } else if (now !== about.after) endNotice();
}

function isGone(answer: Response): boolean {
  return answer.redirected && new URL(answer.url).pathname.startsWith("/login/");
}

async function problemText(answer: Response, otherwise: string): Promise<string> {
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) return otherwise;
  const problem = (await answer.json()) as ProblemAnswer;
  return problem.detail ?? problem.title ?? otherwise;
}

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const body = new URLSearchParams();
  const spokenOf = noteAbout(form);
  for (const [name, value] of new FormData(form, submitter)) body.append(name, String(value));
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": body.get("csrfmiddlewaretoken") ?? "" },
    body,
  });
  const texts = document.getElementById("problem")?.dataset ?? {};
  if (isGone(answer)) say("problem", texts.textOut ?? "");
  else if (!answer.ok) say("problem", await problemText(answer, texts.textFailed ?? ""));
  else {
    say("problem", "");
    giveNotice(form, spokenOf);
    followNotice();
    const { focus } = form.dataset;
    focusNext = focus ? { at: focus, from: submitter } : null;
    if (form.dataset.next) goOn(form.dataset.next, form.dataset.done);
  }
  announceChange();
}

async function submit(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  if (form.dataset.sending !== undefined) return;
  form.dataset.sending = "";
  submitter?.setAttribute("aria-disabled", "true");
  endNotice(); // what the last tap gave must not stand where this one may give nothing
  try {
    await send(form, submitter);
  } catch {
    if (await keepForLater(form, submitter)) return;
    const texts = document.getElementById("problem")?.dataset ?? {};
    say("problem", texts.textOffline ?? "");
  } finally {
    delete form.dataset.sending;
    submitter?.removeAttribute("aria-disabled");
  }
}

/** Take over the forms that are marked for it; without script they post and come back. */
export function startForms(): void {
  sayWhatWasDone();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.send === undefined) return;
    event.preventDefault();
    void submit(form, event.submitter);
  });
  document.addEventListener("htmx:after:swap", followNotice);
  document.addEventListener("htmx:after:swap", keepFocus);
  document.addEventListener("narvaro:over", endWithCountdown);
  window.addEventListener("offline", endNotice);
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-dismiss]");
    const box = button?.closest<HTMLElement>("[data-box]");
    if (box) box.hidden = true;
  });
}
