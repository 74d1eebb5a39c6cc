// What every page's head can do. In: the theme choice, menus, dialogs. Out: the same, working.
import { keepChoice, readChoice } from "./store.ts";

function startTheme(): void {
  const select = document.querySelector<HTMLSelectElement>("[data-theme-switch]");
  if (!select) return;
  select.value = readChoice("theme") ?? "auto";
  select.addEventListener("change", () => {
    keepChoice("theme", select.value);
    document.documentElement.dataset.theme = select.value;
    document.body.dispatchEvent(new CustomEvent("narvaro:theme"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.body.dispatchEvent(new CustomEvent("narvaro:theme")),
  );
}

function startMenus(): void {
  const menus = [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu]")];
  document.addEventListener("click", (event) => {
    for (const menu of menus) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = menus.find((candidate) => candidate.open);
    if (event.key !== "Escape" || !menu) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const opener = (event.target as Element).closest<HTMLElement>("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  });
}

/** Start the head of the page. */
export function startShell(): void {
  startTheme();
  startMenus();
  startDialogs();
}
