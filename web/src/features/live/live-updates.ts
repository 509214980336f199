import type { QueryClient } from "@tanstack/react-query";
import { getStreamEventsUrl, sync } from "../../api/generated/taskfleet";
import type { SyncAnswer } from "../../api/generated/taskfleet.schemas";
import { isTransient, retryDelay } from "../../api/retry";
import { noteCaughtUp } from "../../device/kept-queries";
import { refreshNotices } from "../notifications/notices";
import type { Outbox } from "../tasks/outbox";
import { labelsQuery, listsQuery, reloadTasks } from "../tasks/task-queries";

const PAGE_SIZE = 500;
const RETRY_MS = 5_000;

/**
 * Brings what is loaded up to date: asks for what changed since the last revision that is known here.
 *
 * What is told while a question is under way is asked for by one more.
 */
export class Catcher {
  readonly #client: QueryClient;
  readonly #outbox: Outbox;
  #revision: number;
  #wanted = 0;
  #running: Promise<void> | undefined;

  constructor(client: QueryClient, outbox: Outbox, revision: number) {
    this.#client = client;
    this.#outbox = outbox;
    this.#revision = revision;
  }

  /** Ask whether anything has changed. Rejects when nobody answers. */
  check(): Promise<void> {
    return this.catchUp(Number.POSITIVE_INFINITY);
  }

  /** Ask whether anything has changed, of a service that can be reached again. Rejects when nobody answers. */
  greet(): Promise<void> {
    this.#outbox.resume();
    return this.check();
  }

  /** Ask for this revision, unless it is here. Rejects when nobody answers. */
  catchUp(revision: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, revision);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    // Whoever is signed in by now, what is shown here is somebody's.
    while (this.#wanted > this.#revision && this.#outbox.isUserPresent()) {
      this.#wanted = 0; // whoever wants more from now on is not content with the answer to this
      while (await this.#ask()) {
        // There is more.
      }
    }
  }

  async #ask(): Promise<boolean> {
    const changes = await sync({ since: this.#revision, limit: PAGE_SIZE });
    await this.#outbox.whenCreationsSettled();
    if (!this.#outbox.isUserPresent()) {
      return false;
    }
    if (changes.reset) {
      await reloadTasks(this.#client);
    }
    this.#outbox.receive({ tasks: changes.tasks, gone: changes.deleted.tasks });
    if (changes.reset || changes.lists.length + changes.deleted.lists.length > 0) {
      void this.#client.invalidateQueries({ queryKey: listsQuery.queryKey });
    }
    if (changes.reset || changes.tasks.length + changes.deleted.tasks.length > 0) {
      void this.#client.invalidateQueries({ queryKey: labelsQuery.queryKey });
    }
    if (mayHideMore(changes, this.#revision)) {
      refreshNotices(this.#client);
    }
    this.#revision = changes.revision;
    noteCaughtUp(this.#client, changes.revision);
    return changes.has_more;
  }
}

/**
 * Whether something may have happened after a revision that is neither of tasks nor of lists, as notices are.
 *
 * A notice has a revision of its own. Where each one is that of a task or a list, there was none.
 */
function mayHideMore({ revision, reset, tasks, lists }: SyncAnswer, since: number): boolean {
  const explained = new Set([...tasks, ...lists].map((changed) => changed.revision));
  return reset || revision - since > explained.size;
}

/** Follow the user's revisions until the returned function is called. */
export function followRevisions(catcher: Catcher): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  let askTimer: number | undefined;
  let isStopped = false;

  const ask = async (question: () => Promise<void>, failures = 0): Promise<void> => {
    window.clearTimeout(askTimer);
    try {
      await question();
    } catch (error) {
      // The stream may say nothing more for hours.
      if (isTransient(error) && !isStopped) {
        askTimer = window.setTimeout(
          () => ask(() => catcher.check(), failures + 1),
          retryDelay(failures, error),
        );
      }
    }
  };
  const open = () => {
    if (isStopped) {
      return;
    }
    source = new EventSource(getStreamEventsUrl());
    // What happened while there was no stream.
    source.addEventListener("open", () => ask(() => catcher.greet()));
    source.addEventListener("revision", (event) => ask(() => catcher.catchUp(Number(event.lastEventId))));
    source.addEventListener("error", () => {
      // The browser reconnects by itself, but gives up after an answer such as 401 or 503.
      if (source?.readyState === EventSource.CLOSED) {
        timer = window.setTimeout(reopen, RETRY_MS);
      }
    });
  };
  const reopen = () => {
    // A stream cannot renew an expired access token; this request does.
    void ask(() => catcher.check()).then(open);
  };
  open();
  return () => {
    isStopped = true;
    window.clearTimeout(timer);
    window.clearTimeout(askTimer);
    source?.close();
  };
}
