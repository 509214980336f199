import type { QueryClient } from "@tanstack/react-query";
import { getStreamEventsUrl, sync } from "../../api/generated/taskfleet";
import { whenCreationsSettled } from "../tasks/task-changes";
import { applyChanges, labelsQuery, listsQuery, reloadTaskLists } from "../tasks/task-queries";

const PAGE_SIZE = 500;
const RETRY_MS = 5_000;

/**
 * Brings what is loaded up to date: asks for what changed since the last revision that is known here.
 *
 * Calls that come while one is under way are made good by one more after it.
 */
export class Catcher {
  readonly #client: QueryClient;
  #revision: number;
  #wanted = 0;
  #running: Promise<void> | undefined;

  constructor(client: QueryClient, revision: number) {
    this.#client = client;
    this.#revision = revision;
  }

  /** Ask whether anything has changed. */
  check(): Promise<void> {
    return this.catchUp(this.#revision + 1);
  }

  /** Be at least at this revision, if it is to be had, when the promise resolves. Rejects when nobody answers. */
  catchUp(revision: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, revision);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#revision < this.#wanted) {
      const changes = await sync({ since: this.#revision, limit: PAGE_SIZE });
      if (changes.reset) {
        await reloadTaskLists(this.#client);
      }
      await whenCreationsSettled(this.#client);
      applyChanges(this.#client, { tasks: changes.tasks, gone: changes.deleted.tasks });
      if (changes.lists.length + changes.deleted.lists.length > 0) {
        void this.#client.invalidateQueries({ queryKey: listsQuery.queryKey });
      }
      void this.#client.invalidateQueries({ queryKey: labelsQuery.queryKey });
      const isBehind = changes.revision <= this.#revision && !changes.has_more;
      this.#revision = changes.revision;
      if (isBehind) {
        return; // the stream was ahead of what may be read; its next word brings us here again
      }
    }
  }
}

/** Follow the user's revisions until the returned function is called. */
export function followRevisions(catcher: Catcher): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;

  const ignoreFailure = () => {
    // The stream's next word, or its next opening, asks again.
  };
  const open = () => {
    source = new EventSource(getStreamEventsUrl());
    // What happened while there was no stream.
    source.addEventListener("open", () => catcher.check().catch(ignoreFailure));
    source.addEventListener("revision", (event) => {
      catcher.catchUp(Number(event.lastEventId)).catch(ignoreFailure);
    });
    source.addEventListener("error", () => {
      // The browser reconnects by itself, but gives up after an answer such as 401 or 503.
      if (source?.readyState === EventSource.CLOSED) {
        timer = window.setTimeout(reopen, RETRY_MS);
      }
    });
  };
  const reopen = () => {
    // A stream cannot renew an expired access token; this request does.
    void catcher.check().catch(ignoreFailure).finally(open);
  };
  open();
  return () => {
    window.clearTimeout(timer);
    source?.close();
  };
}
