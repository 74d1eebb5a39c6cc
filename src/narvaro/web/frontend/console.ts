// The console: which case is open, and kept fresh. In: rows and live events. Out: fragments.
import { type Pane, paneIn } from "./pane.ts";

const REFRESH_MS = 15_000;

let pane: Pane;
let openId = "";

const rows = (): HTMLAnchorElement[] => [
  ...document.querySelectorAll<HTMLAnchorElement>("a[data-case]"),
];

function markOpen(): void {
  for (const row of rows()) row.ariaCurrent = row.dataset.case === openId ? "true" : null;
  document.querySelector("[data-console]")?.toggleAttribute("data-open", openId !== "");
}

/** Open a case; by keyboard one goes on in it, from its heading. */
async function openCase(row: HTMLAnchorElement, byKey = false): Promise<void> {
  const same = row.dataset.case === openId;
  openId = row.dataset.case ?? "";
  markOpen();
  history.replaceState(null, "", row.href);
  if (!(await pane.show(row.pathname, same ? "innerMorph" : "innerHTML"))) return;
  const panel = document.getElementById("case");
  if (panel && !same) panel.scrollTop = 0;
  if (byKey) panel?.querySelector("h2")?.focus();
  document.body.dispatchEvent(new CustomEvent("narvaro:case", { detail: openId }));
}

function closeCase(): void {
  const row = rows().find((candidate) => candidate.dataset.case === openId);
  openId = "";
  pane.empty();
  document.getElementById("case")?.replaceChildren();
  markOpen();
  history.replaceState(null, "", "/console/");
  document.body.dispatchEvent(new CustomEvent("narvaro:case", { detail: "" }));
  row?.focus();
}

/** Open the case that a marker on the map or another row stands for. */
export function openById(id: string): void {
  const row = rows().find((candidate) => candidate.dataset.case === id);
  if (row) void openCase(row);
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  if (target.closest("[data-close-case]")) closeCase();
  const row = target.closest<HTMLAnchorElement>("a[data-case]");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (!row || !plain) return;
  event.preventDefault();
  void openCase(row, event.detail === 0); // a click that no pointer made
}

/** Start the console on its page. */
export function startConsole(): void {
  const root = document.querySelector<HTMLElement>("[data-console]");
  if (!root) return;
  const panel = document.getElementById("case");
  openId = panel?.dataset.case ?? "";
  pane = paneIn("case", panel?.dataset.detail);
  markOpen();
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:after:swap", markOpen);
  document.body.addEventListener("narvaro:changed", () => void pane.refresh());
  document.body.addEventListener("narvaro:open", (event) =>
    openById((event as CustomEvent<string>).detail),
  );
  setInterval(() => void pane.refresh(), REFRESH_MS);
}
