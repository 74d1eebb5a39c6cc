// A tone that a person has asked for. In: a tap. Out: sound and vibration.
import { keepChoice, readChoice } from "./store.ts";

let audio: AudioContext | null = null;

/** Whether the person has turned the sound on in this browser. */
export function wantsSound(): boolean {
  return readChoice("sound") === "on";
}

/** Let sound out; browsers allow it only from a tap or a key. */
export async function openSound(): Promise<boolean> {
  audio ??= new AudioContext();
  await audio.resume();
  return audio.state === "running";
}

/** Turn the sound on or off and keep the choice. */
export async function setSound(on: boolean): Promise<void> {
  keepChoice("sound", on ? "on" : "off");
  if (on && (await openSound())) playTone(1);
}

/** Play `times` two-note calls and vibrate, if the sound is on. */
export function playTone(times: number): void {
  if (!wantsSound()) return;
  if ("vibrate" in navigator) navigator.vibrate(Array(times).fill([250, 120]).flat());
  if (audio?.state !== "running") return;
  for (let n = 0; n < times; n += 1) {
    note(audio, 660, n * 0.6);
    note(audio, 880, n * 0.6 + 0.2);
  }
}

function note(context: AudioContext, hertz: number, after_s: number): void {
  const start = context.currentTime + after_s;
  const volume = context.createGain();
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(0.3, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.18);
  const oscillator = new OscillatorNode(context, { frequency: hertz, type: "triangle" });
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + 0.2);
}

type SoundState = "on" | "off" | "locked";

/** What a page may say of its sound: chosen but not let out by the browser yet is "locked". */
export function soundState(wanted: boolean, running: boolean): SoundState {
  if (!wanted) return "off";
  return running ? "on" : "locked";
}

function stateNow(): SoundState {
  return soundState(wantsSound(), audio?.state === "running");
}

function show(button: HTMLButtonElement): void {
  const state = stateNow();
  const { textOn, textOff, textLocked } = button.dataset;
  button.dataset.sound = state;
  button.ariaPressed = String(state === "on");
  const words = button.querySelector("[data-words]");
  if (words) words.textContent = { on: textOn, off: textOff, locked: textLocked }[state] ?? "";
}

/** Let the sound out at any first tap or key where it is chosen; keep the button's words true. */
export function startSound(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-sound]");
  const follow = (): void => {
    if (button) show(button);
    if (audio) audio.onstatechange = () => button && show(button);
  };
  const unlock = (event: Event): void => {
    if (stateNow() !== "locked" || button?.contains(event.target as Node)) return;
    void openSound().then(follow);
    follow();
  };
  for (const kind of ["pointerdown", "pointerup", "click", "keydown"])
    document.addEventListener(kind, unlock, { capture: true });
  button?.addEventListener("click", () => void setSound(stateNow() !== "on").then(follow));
  follow();
}
