import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import type { TaskChange } from "./task-changes";

/** Changes that are sent together, and that wait for it. */
export interface QueuedChanges {
  readonly state: "queued";
  /** The idempotency key under which they are sent, each time. */
  readonly key: string;
  /** The window that sends them. */
  readonly owner: string;
  /** They are sent in this order. */
  readonly order: number;
  readonly changes: readonly TaskChange[];
  /** What the service had of their tasks, of which nothing else was waiting. */
  readonly confirmed: readonly TaskOut[];
}

/** A change that the service refused, until somebody has read that. */
export interface RefusedChange {
  readonly state: "refused";
  readonly key: string;
  readonly owner: string;
  readonly order: number;
  readonly change: TaskChange;
  /** The answer of the service; undefined where something else went wrong. */
  readonly problem: { readonly status: number; readonly document: Record<string, unknown> } | undefined;
  /** The key under which to try again what may have been done after all. */
  readonly retryKey: string | undefined;
}

export type ChangeRecord = QueuedChanges | RefusedChange;

/** Where changes are kept that must outlive the window. */
export interface ChangeStore {
  /** Put and delete records at once. Rejects when they cannot be kept. */
  readonly write: (put: readonly ChangeRecord[], deleted: readonly string[]) => Promise<void>;
  /** Take over all records whose windows are gone, and return them. */
  readonly adopt: (owner: string) => Promise<readonly ChangeRecord[]>;
}

/** How long a change waits for the device; one that keeps nothing is no reason to send nothing. */
const KEEPING_PATIENCE_MS = 1_000;

/** Puts records on the device, and what could not be put there as soon as it can be. */
export class RecordKeeper {
  readonly #store: ChangeStore;
  readonly #onChange: () => void;
  /** What is to be put on the device, and deleted from it, and has not been yet. */
  readonly #toPut = new Map<string, ChangeRecord>();
  readonly #toDelete = new Set<string>();
  #isKeeping = true;

  /** `onChange` hears of each time when records were kept or could not be. */
  constructor(store: ChangeStore, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  /** Whether there is something that would be lost with this window. */
  get isAtRisk(): boolean {
    return !this.#isKeeping && this.#toPut.size > 0;
  }

  /** Put records on the device and delete others, with what could not be done before; resolves after a while anyway. */
  async keep(put: readonly ChangeRecord[], deleted: readonly string[]): Promise<void> {
    for (const record of put) {
      this.#toPut.set(record.key, record);
      this.#toDelete.delete(record.key); // what is tried again has the key under which it was given up
    }
    for (const key of deleted) {
      this.#toPut.delete(key);
      this.#toDelete.add(key);
    }
    const [records, keys] = [[...this.#toPut.values()], [...this.#toDelete]];
    await new Promise<void>((resolve) => {
      const timer = window.setTimeout(() => {
        this.#noteKept(false);
        resolve();
      }, KEEPING_PATIENCE_MS);
      void this.#write(records, keys).then(() => {
        window.clearTimeout(timer);
        resolve();
      });
    });
  }

  async #write(records: readonly ChangeRecord[], keys: readonly string[]): Promise<void> {
    try {
      await this.#store.write(records, keys);
    } catch {
      this.#noteKept(false); // the next time it is tried again
      return;
    }
    for (const record of records) {
      if (this.#toPut.get(record.key) === record) {
        this.#toPut.delete(record.key);
      }
    }
    for (const key of keys) {
      this.#toDelete.delete(key);
    }
    this.#noteKept(true);
  }

  #noteKept(isKept: boolean): void {
    this.#isKeeping = isKept;
    this.#onChange();
  }
}
