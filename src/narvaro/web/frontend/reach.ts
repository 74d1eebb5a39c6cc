// How far a unit gets, who reaches a case. In: buttons with an address. Out: a list, told to the map.
import { type Pane, paneIn } from "./pane.ts";

const REFRESH_MS = 10_000;

let pane: Pane;

const panelOf = (): HTMLElement | null => document.getElementById("reach");
const keyOf = (panel: HTMLElement | null): string =>
  panel?.querySelector<HTMLElement>("[data-reach-key]")?.dataset.reachKey ?? "";

function tellMap(): void {
  document.body.dispatchEvent(new CustomEvent("narvaro:reach"));
}

/** Say on each button whether the map shows its reach: lists are fetched anew, the panel is not. */
function markOpeners(): void {
  const key = keyOf(panelOf());
  for (const button of document.querySelectorAll<HTMLElement>("[data-reach-of]"))
    button.ariaPressed = String(button.dataset.reachOf === key);
}

/** Show what a button stands for; by keyboard one goes on in the list, from its heading. */
async function show(button: HTMLElement, byKey: boolean): Promise<void> {
  const opens = button.dataset.reachOf !== undefined;
  const url = button.dataset.reach ?? "";
  if (!(await pane.show(url, opens ? "innerHTML" : "innerMorph"))) return;
  markOpeners();
  tellMap();
  if (opens && byKey) panelOf()?.querySelector("h3")?.focus();
}

function takeAway(): void {
  const panel = panelOf();
  const key = keyOf(panel);
  pane.empty();
  panel?.replaceChildren();
  markOpeners();
  tellMap();
  document.querySelector<HTMLElement>(`[data-reach-of="${CSS.escape(key)}"]`)?.focus();
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  if (target.closest("[data-reach-away]")) takeAway();
  const button = target.closest<HTMLElement>("[data-reach]");
  if (!button) return;
  if (button.ariaPressed === "true" && button.dataset.reachOf !== undefined) takeAway();
  else void show(button, event.detail === 0); // a click that no pointer made
}

/** Start listening on a page that has a place for the list. */
export function startReach(): void {
  if (!panelOf()) return;
  pane = paneIn("reach");
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:after:swap", markOpeners);
  document.body.addEventListener("narvaro:settled", () => void pane.refresh());
  setInterval(() => void pane.refresh(), REFRESH_MS);
}
