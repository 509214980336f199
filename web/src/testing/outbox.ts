import type { QueryClient } from "@tanstack/react-query";
import { Outbox, type Sender } from "../features/tasks/outbox";
import type { ChangeRecord, ChangeStore } from "../features/tasks/record-keeper";

/** Keeps changes as a device does, in memory; `living` are the windows that are still there. */
export class MemoryStore implements ChangeStore {
  readonly records = new Map<string, ChangeRecord>();
  readonly living = new Set<string>();
  /** Whether there is no room for more. */
  isFull = false;

  readonly write: ChangeStore["write"] = async (put, deleted) => {
    if (this.isFull) {
      throw new DOMException("No room.", "QuotaExceededError");
    }
    // What lies on a device is a copy.
    for (const record of structuredClone(put)) {
      this.records.set(record.key, record);
    }
    for (const key of deleted) {
      this.records.delete(key);
    }
  };

  readonly adopt: ChangeStore["adopt"] = async (owner) => {
    const orphans = [...this.records.values()].filter(
      (record) => record.owner !== owner && !this.living.has(record.owner),
    );
    const adopted = orphans.map((record) => ({ ...record, owner }));
    await this.write(adopted, []).catch(() => undefined); // without room they are no less to be sent
    return adopted;
  };
}

/** The outbox of a window. */
export function outboxOf(
  client: QueryClient,
  store: ChangeStore = new MemoryStore(),
  sender: Partial<Sender> = {},
): Outbox {
  return new Outbox(client, store, {
    owner: "window-1",
    isPresent: () => true,
    timezone: () => "UTC",
    ...sender,
  });
}
