import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import type { ChangeRecord } from "../features/tasks/record-keeper";
import { within } from "./deadline";
import type { KeptQuery } from "./kept-queries";
import { keepText } from "./storage";

/** What is kept on the device of one user: what was last seen, and what has not been sent yet. */
interface Schema extends DBSchema {
  changes: { key: string; value: ChangeRecord };
  queries: { key: string; value: KeptQuery };
  /** By the hash of a query: the revision up to which it is kept current. */
  revisions: { key: string; value: number };
}

export type DeviceDatabase = IDBPDatabase<Schema>;

const VERSION = 1;
const LAST_USER = "taskfleet.user";
const TAB_USER = "taskfleet.tab-user";
/** A database that does not open by then (another tab holds it) is as good as none: the app opens without. */
const OPENING_PATIENCE_MS = 2_000;
/** A database that does not go by then goes when the last tab that holds it does. */
const DELETION_PATIENCE_MS = 2_000;

/** Who was signed in here last, and has not signed out. */
export function lastUser(): string | undefined {
  return localStorage.getItem(LAST_USER) ?? undefined;
}

/** Note who is signed in, for all tabs. Whether that could be done. */
export function noteUser(userId: string): boolean {
  keepText(localStorage, LAST_USER, userId);
  return lastUser() === userId;
}

/** Show nobody's tasks, and send nobody's changes, before it is known who signs in; what is kept stays. */
export function forgetLastUser(): void {
  localStorage.removeItem(LAST_USER);
}

/** Make this tab a user's, unless it was another's before. */
export function claimTab(userId: string): "own" | "another's" {
  const before = sessionStorage.getItem(TAB_USER);
  if (before !== null && before !== userId) {
    return "another's";
  }
  keepText(sessionStorage, TAB_USER, userId);
  return "own";
}

/** Hear which user has signed in in another tab; returns how to stop that. */
export function onUserElsewhere(listener: (userId: string) => void): () => void {
  const hear = ({ key, newValue }: StorageEvent) => {
    if (key === LAST_USER && newValue !== null) {
      listener(newValue);
    }
  };
  window.addEventListener("storage", hear);
  return () => window.removeEventListener("storage", hear);
}

/** Open what is kept for a user; undefined where the browser keeps nothing (a private window, a full disk). */
export async function openDatabase(userId: string): Promise<DeviceDatabase | undefined> {
  try {
    const opening = openDB<Schema>(nameOf(userId), VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore("changes", { keyPath: "key" });
        fresh.createObjectStore("queries", { keyPath: "hash" });
        fresh.createObjectStore("revisions");
      },
      // Another tab is signing out and waits for this one to let go.
      blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
    });
    return await within(OPENING_PATIENCE_MS, opening);
  } catch {
    return undefined;
  }
}

/** Leave nothing of a user on the device. */
export async function eraseUser(userId: string): Promise<void> {
  forgetLastUser();
  try {
    await within(DELETION_PATIENCE_MS, deleteDB(nameOf(userId)));
  } catch {
    // Where nothing can be kept, nothing has to go.
  }
}

function nameOf(userId: string): string {
  return `taskfleet-${userId}`;
}
