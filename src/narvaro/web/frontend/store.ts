// Small choices kept in this browser. In: a name and a text. Out: the text, or null.

/** Read a kept choice; null when there is none or the browser keeps nothing. */
export function readChoice(name: string): string | null {
  try {
    return localStorage.getItem(`narvaro.${name}`);
  } catch {
    return null; // storage is blocked by the browser's settings: the default holds
  }
}

/** Keep a choice; false when the browser keeps nothing. */
export function keepChoice(name: string, value: string): boolean {
  try {
    localStorage.setItem(`narvaro.${name}`, value);
    return true;
  } catch {
    return false;
  }
}

/** List the names of what is kept whose names begin so. */
export function listChoices(prefix: string): string[] {
  try {
    const begins = `narvaro.${prefix}`;
    const names = Object.keys(localStorage).filter((name) => name.startsWith(begins));
    return names.map((name) => name.slice("narvaro.".length));
  } catch {
    return []; // storage is blocked: nothing is kept
  }
}

/** Keep it no longer. */
export function forgetChoice(name: string): void {
  try {
    localStorage.removeItem(`narvaro.${name}`);
  } catch {
    return; // storage is blocked: nothing is kept
  }
}
