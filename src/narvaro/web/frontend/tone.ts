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

/** Wire the sound button: its two texts come from the page. */
export function startSoundButton(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-sound]");
  if (!button) return;
  const show = (): void => {
    button.ariaPressed = String(wantsSound());
    const words = button.querySelector("[data-words]");
    const text = wantsSound() ? button.dataset.textOn : button.dataset.textOff;
    if (words) words.textContent = text ?? "";
  };
  button.addEventListener("click", () => void setSound(!wantsSound()).then(show));
  document.addEventListener("pointerdown", () => wantsSound() && void openSound(), { once: true });
  show();
}
