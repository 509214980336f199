import type { QueryClient } from "@tanstack/react-query";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { newIdempotencyKey } from "../../api/http";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import type { TaskChanges } from "./pages";
import { withIds, withRevision } from "./rebase";
import {
  type ChangeRecord,
  type ChangeStore,
  type QueuedChanges,
  RecordKeeper,
  type RefusedChange,
} from "./record-keeper";
import { currentOf, isGone, MAX_BATCH, type Outcome, sendChanges } from "./send-changes";
import { patching, predict, seenBefore, type TaskChange, taskIdOf } from "./task-changes";
import { applyChanges, knownTask, labelsQuery } from "./task-queries";
import { passTypedOn } from "./typed-text";

/** What there is to say about the changes that were made here. */
export interface OutboxState {
  /** How many changes the service does not have yet. */
  readonly pending: number;
  /** Whether sending them has failed, and is tried again. */
  readonly isStuck: boolean;
  /** Whether they would be lost with this window. */
  readonly isAtRisk: boolean;
  readonly refused: readonly RefusedChange[];
}

/** Longer than the first tries to add a task take together; after that a task shown twice is the lesser evil. */
const CREATION_PATIENCE_MS = 5_000;
/** The answers that say that a server is away, not that it failed at this. */
const AWAY = new Set([429, 502, 503, 504]);
/** An earlier try is still being worked at, or its claim has not run out yet. */
const IN_USE = "idempotency-key-in-use";
/** For whom an outbox sends. */
export interface Sender {
  /** The window that sends. */
  readonly owner: string;
  /** Whether its user is still the one who is signed in. */
  readonly isPresent: () => boolean;
  /** The user's zone, in which due dates without one of their own are meant. */
  readonly timezone: () => string;
}

/**
 * The changes of tasks that were made in this window: shown at once, kept on the device, and sent one after another.
 *
 * What nobody answers is sent again until somebody does. What the service refuses is taken back, and told. What the
 * service has of a task whose changes wait is remembered, so that each can be taken back alone.
 */
export class Outbox {
  readonly #client: QueryClient;
  readonly #store: ChangeStore;
  readonly #keeper: RecordKeeper;
  readonly #sender: Sender;
  #queue: QueuedChanges[] = [];
  readonly #confirmed = new Map<string, TaskOut | undefined>();
  /** The service's ids of tasks that were added in this window. */
  readonly #ids = new Map<string, string>();
  /** The ids under which tasks that were added in this window were shown first. */
  readonly #firstIds = new Map<string, string>();
  readonly #waiting = new Map<string, (outcomes: readonly Outcome[]) => void>();
  readonly #listeners = new Set<() => void>();
  #state: OutboxState = { pending: 0, isStuck: false, isAtRisk: false, refused: [] };
  #lastOrder = 0;
  #isRunning = false;
  #wake: (() => void) | undefined;

  constructor(client: QueryClient, store: ChangeStore, sender: Sender) {
    this.#client = client;
    this.#store = store;
    this.#keeper = new RecordKeeper(store, () => this.#tell({}));
    this.#sender = sender;
  }

  /** Whether the user whose changes these are is still the one who is signed in. */
  readonly isUserPresent = (): boolean => this.#sender.isPresent();

  /** Take over what windows that are gone have left behind: show it, and send what was not sent. */
  async adopt(): Promise<void> {
    let records: readonly ChangeRecord[] = [];
    try {
      records = await this.#store.adopt(this.#sender.owner);
    } catch {
      // They stay where they are for the next time.
    }
    const own = new Set([...this.#queue, ...this.#state.refused].map(({ key }) => key));
    const others = records.filter(({ key }) => !own.has(key));
    const queued = others.filter((record) => record.state === "queued");
    for (const task of queued.flatMap(({ confirmed }) => confirmed)) {
      this.#confirmed.set(
        task.id,
        newest(task, this.#confirmed.get(task.id), knownTask(this.#client, task.id)),
      );
    }
    this.#queue = [...this.#queue, ...queued].toSorted((one, other) => one.order - other.order);
    this.#lastOrder = Math.max(this.#lastOrder, ...queued.map(({ order }) => order));
    for (const { changes } of queued) {
      this.#show(changes.map(taskIdOf));
    }
    const refused = others.filter((record) => record.state === "refused");
    this.#tell({ refused: [...this.#state.refused, ...refused] });
    this.resume();
  }

  /**
   * Show changes, keep them, and send them as soon as all earlier ones are through.
   *
   * Resolves, when the service has answered, with what became of each.
   */
  async make(changes: readonly TaskChange[]): Promise<readonly Outcome[]> {
    const outcomes: Promise<readonly Outcome[]>[] = [];
    for (let start = 0; start < changes.length; start += MAX_BATCH) {
      outcomes.push(this.#enqueue(changes.slice(start, start + MAX_BATCH)));
    }
    return (await Promise.all(outcomes)).flat();
  }

  /** Take in what has changed on the service, below the changes that wait here. */
  receive(news: TaskChanges): void {
    const shown: TaskOut[] = [];
    const gone: string[] = [];
    const waiting: string[] = [];
    for (const task of news.tasks) {
      if (this.#isWaiting(task.id)) {
        this.#confirmed.set(task.id, newest(this.#confirmed.get(task.id) ?? task, task));
        waiting.push(task.id);
      } else {
        shown.push(task);
      }
    }
    for (const id of news.gone) {
      if (this.#isWaiting(id)) {
        this.#confirmed.set(id, undefined);
        waiting.push(id);
      } else {
        gone.push(id);
      }
    }
    applyChanges(this.#client, { tasks: shown, gone });
    this.#show(waiting);
  }

  /** Send now what was to be tried again later. */
  readonly resume = (): void => {
    this.#wake?.();
    if (!this.#isRunning) {
      void this.#run();
    }
  };

  /** Make a refused change again: of the task as it is by now. */
  readonly insist = (refused: RefusedChange): void => {
    const { change, key, retryKey } = refused;
    const current = refused.problem && currentIn(refused.problem);
    const again =
      current !== undefined && change.kind === "update" ? patching(current, change.patch) : change;
    this.#tell({ refused: this.#state.refused.filter((other) => other.key !== key) });
    void this.#enqueue([again], { key: retryKey, replaces: key });
  };

  /** Forget a refused change, which somebody has read. */
  readonly drop = (refused: RefusedChange): void => {
    this.#tell({ refused: this.#state.refused.filter(({ key }) => key !== refused.key) });
    void this.#keeper.keep([], [refused.key]);
  };

  /** The id under which the service has a task. */
  realIdOf(id: string): string {
    return this.#ids.get(id) ?? id;
  }

  /** The id under which a task was first shown in this window: its row is the same before and after it was added. */
  firstIdOf(id: string): string {
    return this.#firstIds.get(id) ?? id;
  }

  /** What the service has of the tasks whose changes wait: what would be shown without these. */
  readonly getConfirmed = (): TaskChanges => {
    const ids = new Set(this.#queue.flatMap(({ changes }) => changes.map(taskIdOf)));
    const tasks = [...ids].flatMap((id) => this.#confirmed.get(id) ?? []);
    return { tasks, gone: [...ids].filter((id) => this.#confirmed.get(id) === undefined) };
  };

  /**
   * Wait until no task is being added by this window. Each gets its id by its own answer; brought by another way before
   * that, it would stand there twice.
   */
  whenCreationsSettled(): Promise<void> {
    const isCreating = () => this.#queue.some(({ changes }) => changes.some(({ kind }) => kind === "create"));
    if (!isCreating()) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const finish = () => {
        window.clearTimeout(timer);
        stop();
        resolve();
      };
      const stop = this.subscribe(() => {
        if (!isCreating()) {
          finish();
        }
      });
      const timer = window.setTimeout(finish, CREATION_PATIENCE_MS);
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getState = (): OutboxState => this.#state;

  #enqueue(
    made: readonly TaskChange[],
    {
      key = newIdempotencyKey(),
      replaces,
    }: { readonly key?: string | undefined; readonly replaces?: string } = {},
  ): Promise<readonly Outcome[]> {
    const changes = made.map((change) => withIds(change, this.#ids));
    const confirmed: TaskOut[] = [];
    for (const change of changes) {
      const id = taskIdOf(change);
      if (!this.#isWaiting(id)) {
        // What was seen may be older than what is shown by now.
        const seen = seenBefore(change);
        const known = seen && newest(seen, knownTask(this.#client, id));
        this.#confirmed.set(id, known);
        confirmed.push(...(known === undefined ? [] : [known]));
      }
    }
    this.#lastOrder = Math.max(this.#lastOrder + 1, Date.now());
    const entry: QueuedChanges = {
      state: "queued",
      key,
      owner: this.#sender.owner,
      order: this.#lastOrder,
      changes,
      confirmed,
    };
    const outcomes = new Promise<readonly Outcome[]>((resolve) => this.#waiting.set(key, resolve));
    this.#queue.push(entry);
    this.#show(changes.map(taskIdOf));
    this.#tell({});
    // Kept before an idle outbox sends it, so that a window that goes away meanwhile leaves a trace of it.
    void this.#keeper.keep([entry], replaces === undefined ? [] : [replaces]).then(this.resume);
    return outcomes;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let entry = this.#queue[0]; entry !== undefined && this.isUserPresent(); entry = this.#queue[0]) {
        const outcomes = await this.#send(entry);
        if (outcomes === undefined) {
          break;
        }
        this.#settle(entry, outcomes);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Send changes until somebody has answered; undefined when they have to wait for the user's next session. */
  async #send({ key, changes }: QueuedChanges): Promise<readonly Outcome[] | undefined> {
    let tries = 0;
    let failures = 0;
    while (this.isUserPresent()) {
      try {
        return await sendChanges(key, changes);
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 401) {
          return undefined;
        }
        const isFailure = !isAway(error);
        if (isFailure && !mayRetry(failures, error)) {
          const reason = error instanceof Error ? error : new Error(String(error));
          return changes.map(() => ({ isSaved: false, error: reason }));
        }
        failures += isFailure ? 1 : 0;
        this.#tell({ isStuck: true });
        await this.#pause(retryDelay(tries, error));
        tries += 1;
      }
    }
    return undefined;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        window.clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = window.setTimeout(finish, delayMs);
      this.#wake = finish;
    });
  }

  #settle(entry: QueuedChanges, outcomes: readonly Outcome[]): void {
    this.#queue = this.#queue.filter(({ key }) => key !== entry.key);
    const waiting = this.#queue;
    const refused: RefusedChange[] = [];
    const ids = new Set<string>();
    for (const [index, change] of entry.changes.entries()) {
      const outcome = outcomes[index];
      const id = taskIdOf(change);
      ids.add(id);
      if (outcome?.isSaved) {
        this.#confirm(change, outcome.task, ids);
      } else if (outcome !== undefined) {
        const current = currentOf(outcome.error);
        if (current !== undefined) {
          this.#confirmed.set(id, newest(this.#confirmed.get(id) ?? current, current));
        } else if (isGone(outcome.error)) {
          this.#confirmed.set(id, undefined);
        }
        refused.push(this.#refusalOf(entry, index, change, outcome.error));
      }
    }
    this.#show([...ids]);
    for (const id of ids) {
      this.#passOn(id);
    }
    const rebased = this.#queue.filter((other) => !waiting.includes(other));
    void this.#keeper.keep([...refused, ...rebased], [entry.key]);
    if (refused.length < entry.changes.length) {
      void this.#client.invalidateQueries({ queryKey: labelsQuery.queryKey });
    }
    this.#tell({ isStuck: false, refused: [...this.#state.refused, ...refused] });
    this.#waiting.get(entry.key)?.(outcomes);
    this.#waiting.delete(entry.key);
  }

  /** Note what the service made of a change, and let the later ones of the same task build on it. */
  #confirm(change: TaskChange, task: TaskOut | undefined, ids: Set<string>): void {
    const id = taskIdOf(change);
    if (task === undefined || change.kind !== "create") {
      const known = this.#confirmed.get(id);
      // Told to be gone since: an answer may be older than that, above all one that is given again under its key.
      const isGoneSince = change.kind !== "restore" && known === undefined && this.#confirmed.has(id);
      this.#confirmed.set(id, task === undefined || isGoneSince ? undefined : newest(known ?? task, task));
    } else {
      this.#ids.set(id, task.id);
      this.#firstIds.set(task.id, id);
      passTypedOn(id, task.id);
      this.#confirmed.delete(id);
      this.#confirmed.set(task.id, task);
      ids.add(task.id);
    }
    if (task !== undefined) {
      const seen = change.kind === "create" ? 0 : change.task.revision;
      this.#queue = this.#queue.map((entry) => {
        const changes = entry.changes.map((later) => withRevision(withIds(later, this.#ids), task, seen));
        return changes.every((later, index) => later === entry.changes[index])
          ? entry
          : { ...entry, changes };
      });
    }
  }

  /** Leave what the service has of a task to the first change of it that waits; forget it where there is none. */
  #passOn(id: string): void {
    const first = this.#queue.findIndex(({ changes }) => changes.some((change) => taskIdOf(change) === id));
    const entry = this.#queue[first];
    if (entry === undefined) {
      this.#confirmed.delete(id);
      return;
    }
    const task = this.#confirmed.get(id);
    const others = entry.confirmed.filter((other) => other.id !== id);
    const confirmed = task === undefined ? others : [...others, task];
    this.#queue = this.#queue.with(first, { ...entry, confirmed });
  }

  #refusalOf(entry: QueuedChanges, index: number, change: TaskChange, error: Error): RefusedChange {
    const problem =
      error instanceof ApiProblem ? { status: error.status, document: { ...error.document } } : undefined;
    const isUnknown = problem === undefined || problem.status >= 500;
    return {
      state: "refused",
      key: `${entry.key}/${index}`,
      owner: this.#sender.owner,
      order: entry.order,
      change,
      problem,
      retryKey: isUnknown && entry.changes.length === 1 ? entry.key : undefined,
    };
  }

  /** Show tasks as the service has them, with what the changes that wait make of them. */
  #show(ids: readonly string[]): void {
    const tasks: TaskOut[] = [];
    const gone: string[] = [];
    for (const id of ids) {
      const waiting = this.#queue.flatMap(({ changes }) =>
        changes.filter((change) => taskIdOf(change) === id),
      );
      const shown = waiting.reduce<TaskOut | undefined>(
        (present, change) => predict(change, present, this.#sender.timezone()),
        this.#confirmed.get(id),
      );
      if (shown === undefined) {
        gone.push(id);
      } else {
        tasks.push(shown);
      }
    }
    applyChanges(this.#client, { tasks, gone });
  }

  #isWaiting(id: string): boolean {
    return this.#queue.some(({ changes }) => changes.some((change) => taskIdOf(change) === id));
  }

  #tell(news: Partial<Pick<OutboxState, "isStuck" | "refused">>): void {
    const pending = this.#queue.reduce((sum, { changes }) => sum + changes.length, 0);
    this.#state = { ...this.#state, ...news, pending, isAtRisk: this.#keeper.isAtRisk };
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** Return the version of a task that stands in a refused change's way. */
export function currentIn({ status, document }: NonNullable<RefusedChange["problem"]>): TaskOut | undefined {
  return currentOf(new ApiProblem(status, document));
}

function isAway(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    (error instanceof ApiProblem && (AWAY.has(error.status) || error.type.endsWith(IN_USE)))
  );
}

/** Return the newest version of a task; of two that are as new as each other, the later one. */
function newest(task: TaskOut, ...others: readonly (TaskOut | undefined)[]): TaskOut {
  return others.reduce<TaskOut>(
    (best, other) => (other !== undefined && other.revision >= best.revision ? other : best),
    task,
  );
}
