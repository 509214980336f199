import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import type { ChangeRecord } from "../features/tasks/outbox";
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

/** Who was signed in here last, and has not signed out. */
export function lastUser(): string | undefined {
  return localStorage.getItem(LAST_USER) ?? undefined;
}

export function noteUser(userId: string): void {
  keepText(localStorage, LAST_USER, userId);
}

/** Show nobody's tasks before it is known who signs in; what is kept stays. */
export function forgetLastUser(): void {
  localStorage.removeItem(LAST_USER);
}

/** Open what is kept for a user; undefined where the browser keeps nothing (a private window, a full disk). */
export async function openDatabase(userId: string): Promise<DeviceDatabase | undefined> {
  try {
    return await openDB<Schema>(nameOf(userId), VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore("changes", { keyPath: "key" });
        fresh.createObjectStore("queries", { keyPath: "hash" });
        fresh.createObjectStore("revisions");
      },
      // Another tab is signing out and waits for this one to let go.
      blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
    });
  } catch {
    return undefined;
  }
}

/** Leave nothing of a user on the device. */
export async function eraseUser(userId: string): Promise<void> {
  forgetLastUser();
  try {
    await deleteDB(nameOf(userId));
  } catch {
    // Where nothing can be kept, nothing has to go.
  }
}

function nameOf(userId: string): string {
  return `taskfleet-${userId}`;
}
