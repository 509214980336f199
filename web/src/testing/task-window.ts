import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { TaskOut } from "../api/generated/taskfleet.schemas";
import type { Outbox, Sender } from "../features/tasks/outbox";
import type { ChangeRecord, ChangeStore, RefusedChange } from "../features/tasks/record-keeper";
import { isPending, type TaskChange } from "../features/tasks/task-changes";
import { taskListQuery } from "../features/tasks/task-queries";
import type { TaskView } from "../features/tasks/view";
import { outboxOf } from "./outbox";
import type { Answer, SentRequest } from "./service";
import { taskOf } from "./tasks";

export const NOW = new Date("2026-12-01T09:00:00Z");
export const DAY = { today: "2026-12-01", timezone: "UTC" };
export const ALL: TaskView = { kind: "all" };
export const TODAY: TaskView = { kind: "today" };

export const milk = taskOf({ id: "milk", title: "Milk", position: "a0" });
export const bread = taskOf({
  id: "bread",
  title: "Bread",
  position: "a1",
  due: { date: "2026-12-01" },
  due_at: "2026-12-01T23:59:59.000Z",
});

/** What the window of this test has. */
export let client: QueryClient;
export let outbox: Outbox;

/** Give each test of a file a window of its own, which shows two tasks. */
export function haveWindow(): void {
  beforeEach(() => {
    client = new QueryClient();
    outbox = outboxOf(client);
    load(ALL, [milk, bread]);
  });
  afterEach(() => {
    client.clear();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** Go on in another window, which has nothing in memory. */
export function replaceClient(): void {
  client = new QueryClient();
}

/** Have an outbox that keeps its changes in a store that the test holds. */
export function replaceOutbox(store: ChangeStore, sender: Partial<Sender> = {}): void {
  outbox = outboxOf(client, store, sender);
}

/** Have a view loaded to its end. */
export function load(view: TaskView, items: TaskOut[]): void {
  client.setQueryData(taskListQuery(view, DAY).queryKey, {
    pages: [{ items, next_cursor: null }],
    pageParams: [undefined],
  });
}

export function tasksIn(view: TaskView = ALL): TaskOut[] {
  return client.getQueryData(taskListQuery(view, DAY).queryKey)?.pages.flatMap(({ items }) => items) ?? [];
}

export function titlesIn(view: TaskView = ALL): string[] {
  return tasksIn(view).map(({ title }) => title);
}

/** Carry a change out as the app does; resolves when it is saved, rejects when it was refused. */
export function carryOut(change: TaskChange): Promise<TaskOut | undefined> {
  const carriedOut = outbox.make([change]).then(([outcome]) => {
    if (outcome === undefined || !outcome.isSaved) {
      throw outcome?.error;
    }
    return outcome.task;
  });
  carriedOut.catch(() => undefined); // whoever waits for it learns of a failure
  return carriedOut;
}

/** Answers that the test gives, one request after the other. */
export class Answers {
  readonly #waiting: ((answer: Response | Promise<never>) => void)[] = [];

  readonly answer: Answer = () =>
    new Promise((resolve) => {
      this.#waiting.push(resolve);
    });

  async give(answer: Response | Promise<never>): Promise<void> {
    await vi.waitFor(() => expect(this.#waiting).not.toEqual([]));
    this.#waiting.shift()?.(answer);
  }
}

/** The only change that was refused. */
export function onlyRefused(): RefusedChange {
  const [refused, ...others] = outbox.getState().refused;
  if (refused === undefined || others.length > 0) {
    throw new Error("Not one change was refused.");
  }
  return refused;
}

/** The only task that is being added. */
export function onlyPending(): TaskOut {
  const [task, ...others] = tasksIn().filter(isPending);
  if (task === undefined || others.length > 0) {
    throw new Error("Not one task is being added.");
  }
  return task;
}

export function pathsOf(requests: readonly SentRequest[]): string[] {
  return requests.map(({ method, url }) => `${method} ${url.pathname}`);
}

/** A change as a window that is gone has left it on the device. */
export function leftBehind(
  key: string,
  order: number,
  change: TaskChange,
  confirmed: TaskOut[] = [],
): ChangeRecord {
  return { state: "queued", key, owner: "gone window", order, changes: [change], confirmed };
}

/** Keep the clock of the answers in the test's hand. */
export function holdTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

export function keysOf(requests: readonly SentRequest[]): (string | null)[] {
  return requests.map(({ headers }) => headers.get("Idempotency-Key"));
}
