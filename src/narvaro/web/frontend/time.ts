// Keeps ages and countdowns going. In: absolute times in datetime attributes. Out: text, each second.

const two = (value: number): string => String(value).padStart(2, "0");

/** Write an age: "12 s", "3:12", "1 h 05", "2 d". */
export function formatAge(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)}`;
  return `${Math.floor(s / 86_400)} d`;
}

/** Write what is left as "1:05"; what is past as "−1:05". */
export function formatLeft(seconds: number): string {
  const left = seconds >= 0 ? Math.ceil(seconds) : Math.floor(seconds);
  const s = Math.abs(left);
  const text =
    s < 3600
      ? `${Math.floor(s / 60)}:${two(s % 60)}`
      : `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)}`;
  return left < 0 ? `−${text}` : text;
}

/** How far an age has come: "" (young), "warn" or "alarm". */
export function ageLevel(age: number, warn: number, alarm: number): "" | "warn" | "alarm" {
  if (age >= alarm) return "alarm";
  return age >= warn ? "warn" : "";
}

let offset_ms: number | undefined; // read once in each bundle: the map's has its own

/** The server's time now, in milliseconds: the page says what it was when the page was made. */
export function serverNow(): number {
  offset_ms ??= readOffset();
  return Date.now() + offset_ms;
}

function readOffset(): number {
  const server = Date.parse(document.documentElement.dataset.now ?? "");
  return Number.isNaN(server) ? 0 : clockOffset(server);
}

function tickTime(element: HTMLTimeElement, now: number): void {
  const at = Date.parse(element.dateTime);
  if (Number.isNaN(at)) return;
  const left = (at - now) / 1000;
  const counting = element.dataset.tick === "left";
  const shown = element.dataset.floor === undefined ? left : Math.max(0, left);
  const text = counting ? formatLeft(shown) : formatAge(-left);
  if (element.textContent !== text) element.textContent = text;
  if (!counting) return;
  const passes = left < 0 && element.dataset.over === undefined;
  element.toggleAttribute("data-over", left < 0);
  if (passes) element.dispatchEvent(new CustomEvent("narvaro:over", { bubbles: true }));
}

function tickLevel(element: HTMLElement, now: number): void {
  const { agesFrom, warn, alarm } = element.dataset;
  const age = (now - Date.parse(agesFrom ?? "")) / 1000;
  const level = ageLevel(age, Number(warn), Number(alarm));
  if (element.dataset.ageLevel !== level) element.dataset.ageLevel = level;
}

function tickBar(element: HTMLProgressElement, now: number): void {
  const from = Date.parse(element.dataset.from ?? "");
  const until = Date.parse(element.dataset.until ?? "");
  element.value = Math.max(0, Math.min(1, (until - now) / (until - from)));
}

/** Bring every age, countdown, bar and clock on the page up to now. */
export function tick(): void {
  const now = serverNow();
  for (const e of document.querySelectorAll<HTMLTimeElement>("time[data-tick]")) tickTime(e, now);
  for (const e of document.querySelectorAll<HTMLElement>("[data-ages-from]")) tickLevel(e, now);
  for (const e of document.querySelectorAll<HTMLProgressElement>("progress[data-until]"))
    tickBar(e, now);
  const clock = document.querySelector<HTMLElement>("[data-clock]");
  if (clock) clock.textContent = clockText(now);
}

/** Write the clock time of an instant, with seconds. */
export function clockText(now: number): string {
  const { timeZone } = document.documentElement.dataset;
  return new Date(now).toLocaleTimeString("sv-SE", timeZone ? { timeZone } : {});
}

/** Start the seconds. */
export function startTime(): void {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:after:swap", tick);
}

function clockOffset(server: number): number {
  const timing = performance.getEntriesByType("navigation")[0] as
    | PerformanceNavigationTiming
    | undefined;
  const answered = performance.timeOrigin + (timing?.responseStart ?? performance.now());
  return server - answered;
}
