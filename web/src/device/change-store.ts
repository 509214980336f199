import type { ChangeRecord, ChangeStore } from "../features/tasks/record-keeper";
import type { DeviceDatabase } from "./database";

const LOCK_PREFIX = "taskfleet.window.";

/** Say, for as long as this window lives, that it sends its changes itself. */
export async function claimWindow(owner: string): Promise<void> {
  if (!("locks" in navigator)) {
    return; // as on plain-http pages: another window may send the same under the same key, which acts once
  }
  await new Promise<void>((resolve) => {
    void navigator.locks.request(LOCK_PREFIX + owner, () => {
      resolve();
      return new Promise(() => {}); // held until the window goes
    });
  });
}

/** Keep changes in the database of a user; without one every write is refused. */
export function changeStoreIn(database: DeviceDatabase | undefined): ChangeStore {
  return {
    write: async (put, deleted) => {
      if (database === undefined) {
        throw new Error("Nothing can be kept on this device.");
      }
      const writing = database.transaction("changes", "readwrite");
      await Promise.all([
        ...put.map((record) => writing.store.put(record)),
        ...deleted.map((key) => writing.store.delete(key)),
        writing.done,
      ]);
    },
    adopt: async (owner) => {
      if (database === undefined) {
        return [];
      }
      const living = await livingWindows();
      const writing = database.transaction("changes", "readwrite");
      const orphans = (await writing.store.getAll()).filter(
        (record) => record.owner !== owner && !living.has(record.owner),
      );
      const adopted = orphans.map((record): ChangeRecord => ({ ...record, owner }));
      try {
        await Promise.all([...adopted.map((record) => writing.store.put(record)), writing.done]);
      } catch {
        // Without room they stay in the name of the window that is gone; they are no less to be sent.
      }
      return adopted;
    },
  };
}

async function livingWindows(): Promise<ReadonlySet<string>> {
  if (!("locks" in navigator)) {
    return new Set();
  }
  const { held = [] } = await navigator.locks.query();
  return new Set(
    held.flatMap(({ name = "" }) => (name.startsWith(LOCK_PREFIX) ? name.slice(LOCK_PREFIX.length) : [])),
  );
}
