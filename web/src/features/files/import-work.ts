import { getImport } from "../../api/generated/taskfleet";
import type { ImportOut } from "../../api/generated/taskfleet.schemas";
import { newIdempotencyKey } from "../../api/http";
import { carryOut, type Means, type Progress } from "./carry-out";
import { type FormatName, guessFormat, listNameOf } from "./formats";
import { LostFileError, upload } from "./upload";

/** Where somebody is with the import of a file. */
export interface ImportState {
  readonly file?: File;
  readonly isArchive?: boolean;
  readonly format: FormatName;
  readonly listName: string;
  /** What is under way, and whether it only looks. */
  readonly progress?: Progress & { readonly isDry: boolean };
  /** What would come of it. */
  readonly preview?: ImportOut;
  /** What came of it. */
  readonly result?: ImportOut;
  readonly error?: unknown;
  /** Whether somebody stopped an import that may have begun. */
  readonly isStopped?: boolean;
}

const NOTHING: ImportState = { format: "taskfleet", listName: "" };

const MEANS: Means = { upload, read: getImport, pause: pauseOrOnline };

/**
 * The import of one file, from choosing it to the report.
 *
 * It outlives the page that shows it: whoever looks at the tasks meanwhile finds it again. Each file has a key for each
 * way in which it can be sent, so that sending it again never imports it twice.
 */
export class ImportWork {
  readonly #means: Means;
  readonly #listeners = new Set<() => void>();
  readonly #keys = new Map<string, string>();
  #state: ImportState = NOTHING;
  #ownerId: string | undefined;
  #running: AbortController | undefined;

  constructor(means: Means = MEANS) {
    this.#means = means;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getState = (): ImportState => this.#state;

  /** Forget what is another user's. */
  beginFor(userId: string): void {
    if (this.#ownerId !== userId) {
      this.#ownerId = userId;
      if (this.#state !== NOTHING) {
        this.clear();
      }
    }
  }

  /** Take a file, and guess what it is. */
  async choose(file: File): Promise<void> {
    if (this.#running !== undefined) {
      return;
    }
    this.clear();
    this.#set({ file, listName: listNameOf(file) });
    try {
      const guessed = await guessFormat(file);
      if (this.#state.file === file) {
        this.#set(guessed === "archive" ? { isArchive: true } : { format: guessed });
      }
    } catch (error) {
      if (this.#state.file === file) {
        this.#set({ error: new LostFileError(error) });
      }
    }
  }

  /** Say what the file is, or into which list it goes; what was found out before no longer counts. */
  describe(change: Partial<Pick<ImportState, "format" | "listName">>): void {
    if (this.#running === undefined) {
      this.#set({ ...change, preview: undefined, error: undefined, isStopped: undefined });
    }
  }

  /** Import the file, or only look at what would come of it. */
  async run(isDry: boolean): Promise<void> {
    const { file, format, listName } = this.#state;
    if (file === undefined || this.#running !== undefined) {
      return;
    }
    const running = new AbortController();
    this.#running = running;
    const tell = (progress: Progress) => {
      if (this.#running === running) {
        this.#set({ progress: { ...progress, isDry } });
      }
    };
    tell({ stage: "sending", share: 0 });
    this.#set({ error: undefined, isStopped: undefined });
    const order = { file, format, listName: listName.trim(), isDry };
    let outcome: Partial<ImportState>;
    try {
      const report = await carryOut({ ...order, key: this.#keyOf(order) }, this.#means, tell, running.signal);
      outcome = isDry ? { preview: report } : { result: report };
    } catch (error) {
      outcome = { error };
    }
    if (this.#running === running) {
      this.#running = undefined;
      this.#set({ ...outcome, progress: undefined });
    }
  }

  /** Stop sending. */
  stop(): void {
    const isStopped = this.#state.progress?.isDry === false;
    this.#running?.abort();
    this.#running = undefined;
    this.#set({ progress: undefined, isStopped });
  }

  /** Forget the file. */
  clear(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#keys.clear();
    this.#state = NOTHING;
    this.#set({});
  }

  #keyOf({ format, listName, isDry }: { format: FormatName; listName: string; isDry: boolean }): string {
    const way = JSON.stringify([format, listName, isDry]);
    const key = this.#keys.get(way) ?? newIdempotencyKey();
    this.#keys.set(way, key);
    return key;
  }

  #set(change: Partial<ImportState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** The import of this window. */
export const importWork = new ImportWork();

/** Let time pass, and without a network all the time until there is one. */
function pauseOrOnline(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const isOffline = !navigator.onLine;
    const timer = isOffline ? undefined : window.setTimeout(() => end(resolve), milliseconds);
    const cancel = () => end(() => reject(signal.reason));
    const goOn = () => end(resolve);
    const end = (then: () => void) => {
      window.clearTimeout(timer);
      window.removeEventListener("online", goOn);
      signal.removeEventListener("abort", cancel);
      then();
    };
    window.addEventListener("online", goOn);
    signal.addEventListener("abort", cancel);
  });
}
