import {
  type DehydratedState,
  dehydrate,
  hydrate,
  type InfiniteData,
  type Query,
  type QueryClient,
  type QueryKey,
} from "@tanstack/react-query";
import type { DeviceDatabase } from "./database";
import { within } from "./deadline";

/** One query as it lies on the device. */
export interface KeptQuery {
  readonly hash: string;
  readonly keptAt: number;
  readonly state: DehydratedState["queries"][number];
}

/** Which queries are kept: what opens the app, and the lists that were looked at. */
const KEPT = new Set<unknown>(["profile", "lists", "labels", "task-list"]);
/** Of a list: enough for a while without a network, and little enough to be written often. */
const KEPT_PAGES = 5;
const KEPT_FOR_MS = 30 * 24 * 60 * 60 * 1_000;
/** Soon enough for whoever closes the window at once, and seldom enough for many changes in a row. */
const DELAY_MS = 250;
/** After that the app opens as on a device that is new. */
const READING_PATIENCE_MS = 2_000;
const REVISION_KEY = ["revision"];

/** The user's revision up to which everything that is loaded here is current; undefined before anybody has asked. */
export function caughtUpRevision(client: QueryClient): number | undefined {
  return client.getQueryData<number>(REVISION_KEY);
}

/** Note that everything that is loaded here is current up to a revision. */
export function noteCaughtUp(client: QueryClient, revision: number): void {
  client.setQueryDefaults(REVISION_KEY, { gcTime: Number.POSITIVE_INFINITY });
  client.setQueryData(REVISION_KEY, revision);
}

/** Put what was last seen on this device back into the client. */
export async function restoreQueries(client: QueryClient, database: DeviceDatabase): Promise<void> {
  const oldest = Date.now() - KEPT_FOR_MS;
  try {
    const reading = database.transaction(["queries", "revisions"]);
    const [kept, hashes, numbers] = await within(
      READING_PATIENCE_MS,
      Promise.all([
        reading.objectStore("queries").getAll(),
        reading.objectStore("revisions").getAllKeys(),
        reading.objectStore("revisions").getAll(),
      ]),
    );
    const revisionOf = new Map(hashes.map((hash, index) => [hash, numbers[index]]));
    const present = kept.filter(({ keptAt }) => keptAt > oldest);
    const expired = kept.filter(({ keptAt }) => keptAt <= oldest).map(({ hash }) => hash);
    // Nobody waits for that.
    void deleteQueries(database, expired).catch(() => undefined);
    const known = present.flatMap(({ hash }) => revisionOf.get(hash) ?? []);
    if (known.length === present.length && known.length > 0) {
      hydrate(client, { queries: present.map(({ state }) => state), mutations: [] });
      noteCaughtUp(client, Math.min(...known));
    }
  } catch {
    // As on a device that is new.
  }
}

/** Returns what the service has confirmed of a query's data, without what is merely expected. */
type Confirm = <Data>(key: QueryKey, data: Data) => Data;

/**
 * Writes what is seen to the device, a moment after it has changed.
 *
 * Of changes that wait nothing is written with it: they may be refused when this window is gone.
 */
export class QueryKeeper {
  readonly #client: QueryClient;
  readonly #database: DeviceDatabase;
  readonly #confirm: Confirm;
  /** By hash: the data and the revision that this window has written last. */
  readonly #written = new Map<string, { readonly data: unknown; readonly revision: number }>();
  readonly #removed = new Set<string>();
  #timer: number | undefined;

  constructor(client: QueryClient, database: DeviceDatabase, confirm: Confirm) {
    this.#client = client;
    this.#database = database;
    this.#confirm = confirm;
  }

  /** Begin to follow what is seen; returns how to stop. */
  start(): () => void {
    const stop = this.#client.getQueryCache().subscribe(({ type, query }) => {
      if (type === "removed" && KEPT.has(query.queryKey[0])) {
        this.#removed.add(query.queryHash);
      }
      if (type !== "added" && (isKept(query) || query.queryKey[0] === REVISION_KEY[0])) {
        this.#timer ??= window.setTimeout(this.#write, DELAY_MS);
      }
    });
    document.addEventListener("visibilitychange", this.#writeWhenHidden);
    return () => {
      stop();
      window.clearTimeout(this.#timer);
      document.removeEventListener("visibilitychange", this.#writeWhenHidden);
    };
  }

  readonly #writeWhenHidden = () => {
    if (document.visibilityState === "hidden" && this.#timer !== undefined) {
      window.clearTimeout(this.#timer);
      this.#write();
    }
  };

  readonly #write = () => {
    this.#timer = undefined;
    void this.write();
  };

  /** Write what has changed since the last time. */
  async write(): Promise<void> {
    const revision = caughtUpRevision(this.#client);
    if (revision === undefined) {
      return; // nobody could tell later what has changed since
    }
    const queries = dehydrate(this.#client, { shouldDehydrateQuery: isCurrent }).queries.map(this.#toKeep);
    const removed = [...this.#removed];
    try {
      await deleteQueries(this.#database, removed);
      const writing = this.#database.transaction(["queries", "revisions"], "readwrite");
      const [kept, revisions] = [writing.objectStore("queries"), writing.objectStore("revisions")];
      await Promise.all([
        ...queries.map(async (state) => {
          const hash = state.queryHash;
          const written = this.#written.get(hash);
          const isMine = written !== undefined && written.revision === (await revisions.get(hash));
          if (!(isMine && isSame(written.data, state.state.data))) {
            await kept.put({ hash, keptAt: Date.now(), state });
          }
          await revisions.put(revision, hash);
        }),
        writing.done,
      ]);
    } catch {
      return; // the device is full, or another tab signs out; what is there is older, not wrong
    }
    for (const { queryHash, state } of queries) {
      this.#written.set(queryHash, { data: state.data, revision });
    }
    for (const hash of removed) {
      this.#removed.delete(hash);
    }
  }

  /** What can be stored of a query: no promises, of a list the first pages, and nothing that is merely expected. */
  readonly #toKeep = ({ promise: _, ...query }: KeptQuery["state"]): KeptQuery["state"] => {
    const { data, ...state } = query.state;
    return { ...query, state: { ...state, data: firstPages(this.#confirm(query.queryKey, data)) } };
  };
}

/** Whether data are those that were written before. */
function isSame(written: unknown, data: unknown): boolean {
  return isInfinite(written) && isInfinite(data)
    ? written.pages.length === data.pages.length &&
        written.pages.every((page, index) => page === data.pages[index])
    : written === data;
}

async function deleteQueries(database: DeviceDatabase, hashes: readonly string[]): Promise<void> {
  if (hashes.length === 0) {
    return;
  }
  const writing = database.transaction(["queries", "revisions"], "readwrite");
  await Promise.all([
    ...hashes.flatMap((hash) => [
      writing.objectStore("queries").delete(hash),
      writing.objectStore("revisions").delete(hash),
    ]),
    writing.done,
  ]);
}

/** Whether a query is as current as the revision says: what is to be asked again may be older. */
function isCurrent(query: Query): boolean {
  return isKept(query) && !query.state.isInvalidated;
}

function isKept(query: Query): boolean {
  return KEPT.has(query.queryKey[0]) && query.state.data !== undefined && query.meta?.isPassing !== true;
}

function firstPages(data: unknown): unknown {
  return isInfinite(data) && data.pages.length > KEPT_PAGES
    ? { pages: data.pages.slice(0, KEPT_PAGES), pageParams: data.pageParams.slice(0, KEPT_PAGES) }
    : data;
}

function isInfinite(data: unknown): data is InfiniteData<unknown> {
  return typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages);
}
