import { keepText } from "../../device/storage";

const TOLD = "taskfleet.told-notices";
/** More than come while anybody looks. */
const KEPT = 100;
/** What one window has stored, another one sees a little later: storage is no part of the turns that they take. */
const SPREAD_MS = 100;

/**
 * Take on telling of notices; returns those that no window of this browser has taken on before.
 *
 * Windows take turns, so that each notice is told once however many are open.
 */
export async function takeOn(ids: readonly string[]): Promise<readonly string[]> {
  return inTurn(async () => {
    const told = readTold();
    const mine = ids.filter((id) => !told.includes(id));
    if (mine.length > 0) {
      keepText(localStorage, TOLD, JSON.stringify([...told, ...mine].slice(-KEPT)));
      await new Promise((resolve) => setTimeout(resolve, SPREAD_MS));
    }
    return mine;
  });
}

const listeners = new Set<() => void>();

/** Say that somebody has the list of notices before their eyes. */
export function noteLookedAt(): void {
  for (const listener of listeners) {
    listener();
  }
}

/** Be told when somebody looks at the list; returns how to stop that. */
export function onLookedAt(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Forget what was told of, with the user who was told. */
export function forgetTold(): void {
  localStorage.removeItem(TOLD);
}

function readTold(): readonly unknown[] {
  try {
    const told: unknown = JSON.parse(localStorage.getItem(TOLD) ?? "[]");
    return Array.isArray(told) ? told : [];
  } catch {
    return []; // not written by this app
  }
}

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  // Not there on plain-http pages other than localhost; two windows may then tell the same.
  return "locks" in navigator ? navigator.locks.request("taskfleet.told-notices", work) : work();
}
