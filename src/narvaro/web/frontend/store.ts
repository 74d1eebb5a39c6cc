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
