// Single keys for the console. In: data-key on what a key does. Out: focus or a click.
// They can be switched off, and the choice is kept (WCAG 2.1.4).
import { keepChoice, readChoice } from "./store.ts";

const inText = "input, textarea, select, [contenteditable]";

/** Whether a key press is a single-key command, and not typing or a browser's own shortcut. */
export function isCommand(event: {
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
}): boolean {
  return !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing);
}

/** The row to go to from `current` (-1 = none) by `step`, staying inside the list. */
export function nextRow(current: number, step: 1 | -1, count: number): number {
  if (count === 0) return -1;
  if (current < 0) return step > 0 ? 0 : count - 1;
  return Math.max(0, Math.min(count - 1, current + step));
}

const areOn = (): boolean => document.documentElement.dataset.keys !== "off";

function setKeys(on: boolean): void {
  document.documentElement.dataset.keys = on ? "on" : "off";
  keepChoice("keys", on ? "on" : "off");
  for (const box of document.querySelectorAll<HTMLInputElement>("[data-keys-switch]"))
    box.checked = on;
}

function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-rows] [data-row]")];
  const active = document.activeElement;
  const focused = rows.indexOf(active as HTMLElement);
  const current = focused >= 0 ? focused : rows.findIndex((row) => row.ariaCurrent === "true");
  rows[nextRow(current, step, rows.length)]?.focus();
}

function press(key: string): boolean {
  if (key === "j" || key === "k") {
    moveRow(key === "j" ? 1 : -1);
    return true;
  }
  const keyed = `[data-key~="${CSS.escape(key)}"]`;
  const row = document.activeElement?.closest("[data-keys-of]"); // a key means the row one stands in
  const target =
    row?.querySelector<HTMLElement>(keyed) ?? document.querySelector<HTMLElement>(keyed);
  if (!target) return false;
  if (target.dataset.keyDoes === "focus") target.focus();
  else target.click();
  return true;
}

/** Start listening for keys on a page that has any. */
export function startKeys(): void {
  document.documentElement.dataset.keys = readChoice("keys") ?? "on";
  for (const box of document.querySelectorAll<HTMLInputElement>("[data-keys-switch]")) {
    box.checked = areOn();
    box.addEventListener("change", () => setKeys(box.checked));
  }
  document.addEventListener("keydown", (event) => {
    const target = event.target as Element;
    if (event.defaultPrevented || !areOn() || !isCommand(event) || target.closest(inText)) return;
    if (document.querySelector("dialog[open]")) return;
    if (press(event.key)) event.preventDefault();
  });
}
