/** Keep a short text where the browser has room for it; without room it is as if nothing had been kept. */
export function keepText(storage: Storage, key: string, text: string): void {
  try {
    storage.setItem(key, text);
  } catch {
    // Full, or not allowed here.
  }
}
