// The guard's phone. In: the offer on the page. Out: a call until it is answered, a screen that stays lit.
import { serverNow } from "./time.ts";
import { playTone, wantsSound } from "./tone.ts";

const CALL_MS = 2_500;
const REMIND_MS = 15_000;
const REMIND_AHEAD_MS = 120_000;

let calledFor = "";
let calling: ReturnType<typeof setInterval> | undefined;
let wakeLock: WakeLockSentinel | null = null;

function offerId(): string {
  return document.querySelector<HTMLElement>("[data-offer]")?.dataset.offer ?? "";
}

function stopCalling(): void {
  clearInterval(calling);
  calling = undefined;
}

function callForOffer(): void {
  const id = offerId();
  if (id === calledFor) return;
  calledFor = id;
  stopCalling();
  if (!id) return;
  playTone(2);
  calling = setInterval(() => (offerId() === id ? playTone(2) : stopCalling()), CALL_MS);
}

/** Remind of the sign of life that is due in two minutes, and go on until it is given. */
function remind(): void {
  const due = document.querySelector<HTMLTimeElement>("[data-watch-due]");
  if (due && Date.parse(due.dateTime) - serverNow() < REMIND_AHEAD_MS) playTone(1);
}

/** Keep the screen lit while the page is in front, when the person has asked to be called. */
async function stayAwake(): Promise<void> {
  if (!wantsSound() || !("wakeLock" in navigator) || document.visibilityState !== "visible") return;
  if (wakeLock && !wakeLock.released) return;
  try {
    wakeLock = await navigator.wakeLock.request("screen");
  } catch {
    wakeLock = null; // the phone saves power: the screen may go dark, the tone still comes
  }
}

/** Start the phone page. */
export function startPhone(): void {
  if (!document.querySelector("[data-phone]")) return;
  callForOffer();
  document.addEventListener("htmx:after:swap", callForOffer);
  setInterval(remind, REMIND_MS);
  document.addEventListener("click", () => void stayAwake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    void stayAwake();
    document.body.dispatchEvent(new CustomEvent("narvaro:changed"));
  });
}
