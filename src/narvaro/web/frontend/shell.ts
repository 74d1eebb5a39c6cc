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

/** Bring the room that one is in into sight, where the rooms are more than the width holds. */
function showRoom(): void {
  const rooms = document.querySelector<HTMLElement>(".rooms");
  const here = rooms?.querySelector<HTMLElement>("[aria-current]");
  if (!rooms || !here) return;
  const left = here.getBoundingClientRect().left - rooms.getBoundingClientRect().left;
  rooms.scrollLeft += left - (rooms.clientWidth - here.offsetWidth) / 2;
}

/** Start the head of the page. */
export function startShell(): void {
  showRoom();
  startTheme();
  startMenus();
  startDialogs();
}
