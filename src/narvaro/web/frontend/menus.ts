// Small choices behind a button. In: details[data-menu] with buttons. Out: focus where one goes on.

function onToggle(event: Event): void {
  const menu = event.target;
  if (!(menu instanceof HTMLDetailsElement) || menu.dataset.menu === undefined || !menu.open)
    return;
  menu.querySelector<HTMLElement>("form button")?.focus();
}

function close(menu: HTMLDetailsElement): void {
  menu.open = false;
  menu.querySelector<HTMLElement>("summary")?.focus();
}

function onKey(event: KeyboardEvent): void {
  const near = (event.target as Element).closest<HTMLDetailsElement>("details[data-menu][open]");
  if (!near) return;
  if (event.key === "Escape") {
    close(near);
    event.preventDefault();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...near.querySelectorAll<HTMLElement>("form button")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  event.preventDefault();
}

function onClick(event: Event): void {
  const inside = (event.target as Element).closest("details[data-menu]");
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]"))
    if (menu !== inside) menu.open = false;
}

/** Start the menus of a page. */
export function startMenus(): void {
  document.addEventListener("toggle", onToggle, true); // it does not bubble
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", onClick);
}
