import { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { deferred } from "../../testing/deferred";
import { ExclusiveLocks } from "../../testing/locks";
import { MemoryStore, outboxOf } from "../../testing/outbox";
import { type Answer, json, noNetwork, refusal, type SentRequest, serve } from "../../testing/service";
import { taskOf } from "../../testing/tasks";
import type { ChangeRecord, ChangeStore, Outbox, RefusedChange } from "./outbox";
import {
  completing,
  creating,
  deleting,
  isPending,
  moving,
  patching,
  reopening,
  restoring,
  type TaskChange,
  titleOf,
} from "./task-changes";
import { labelsQuery, taskListQuery } from "./task-queries";
import type { TaskView } from "./view";

const NOW = new Date("2026-12-01T09:00:00Z");
const DAY = { today: "2026-12-01", timezone: "UTC" };
const ALL: TaskView = { kind: "all" };
const TODAY: TaskView = { kind: "today" };

const milk = taskOf({ id: "milk", title: "Milk", position: "a0" });
const bread = taskOf({
  id: "bread",
  title: "Bread",
  position: "a1",
  due: { date: "2026-12-01" },
  due_at: "2026-12-01T23:59:59.000Z",
});

let client: QueryClient;
let outbox: Outbox;

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

/** Have a view loaded to its end. */
function load(view: TaskView, items: TaskOut[]): void {
  client.setQueryData(taskListQuery(view, DAY).queryKey, {
    pages: [{ items, next_cursor: null }],
    pageParams: [undefined],
  });
}

function tasksIn(view: TaskView = ALL): TaskOut[] {
  return client.getQueryData(taskListQuery(view, DAY).queryKey)?.pages.flatMap(({ items }) => items) ?? [];
}

function titlesIn(view: TaskView = ALL): string[] {
  return tasksIn(view).map(({ title }) => title);
}

/** Carry a change out as the app does; resolves when it is saved, rejects when it was refused. */
function carryOut(change: TaskChange): Promise<TaskOut | undefined> {
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
class Answers {
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
function onlyRefused(): RefusedChange {
  const [refused, ...others] = outbox.getState().refused;
  if (refused === undefined || others.length > 0) {
    throw new Error("Not one change was refused.");
  }
  return refused;
}

/** The only task that is being added. */
function onlyPending(): TaskOut {
  const [task, ...others] = tasksIn().filter(isPending);
  if (task === undefined || others.length > 0) {
    throw new Error("Not one task is being added.");
  }
  return task;
}

function pathsOf(requests: readonly SentRequest[]): string[] {
  return requests.map(({ method, url }) => `${method} ${url.pathname}`);
}

/** A change as a window that is gone has left it on the device. */
function leftBehind(key: string, order: number, change: TaskChange, confirmed: TaskOut[] = []): ChangeRecord {
  return { state: "queued", key, owner: "gone window", order, changes: [change], confirmed };
}

/** Keep the clock of the answers in the test's hand. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

function keysOf(requests: readonly SentRequest[]): (string | null)[] {
  return requests.map(({ headers }) => headers.get("Idempotency-Key"));
}

interface Case {
  readonly name: string;
  readonly change: () => TaskChange;
  /** The request that makes it. */
  readonly request: string;
  /** The titles while nobody has answered. */
  readonly predicted: string[];
  readonly answer: () => Response;
  /** The titles afterwards. */
  readonly saved: string[];
}

const CASES: readonly Case[] = [
  {
    name: "a new title",
    change: () => patching(milk, { title: " Oat milk" }),
    request: "PATCH /api/v1/tasks/milk",
    predicted: [" Oat milk", "Bread"],
    answer: () => json({ ...milk, title: "Oat milk", revision: 2 }),
    saved: ["Oat milk", "Bread"],
  },
  {
    name: "a completion",
    change: () => completing(milk),
    request: "POST /api/v1/tasks/milk/complete",
    predicted: ["Bread"],
    answer: () => json({ ...milk, status: "done", revision: 2 }),
    saved: ["Bread"],
  },
  {
    name: "a deletion",
    change: () => deleting(milk),
    request: "DELETE /api/v1/tasks/milk",
    predicted: ["Bread"],
    answer: () => new Response(null, { status: 204 }),
    saved: ["Bread"],
  },
  {
    name: "a completion that is taken back",
    change: () => reopening(taskOf({ id: "tea", title: "Tea", position: "a2" })),
    request: "POST /api/v1/tasks/tea/reopen",
    predicted: ["Milk", "Bread", "Tea"],
    answer: () => json(taskOf({ id: "tea", title: "Green tea", position: "a2", revision: 2 })),
    saved: ["Milk", "Bread", "Green tea"],
  },
  {
    name: "a deletion that is taken back",
    change: () => restoring(taskOf({ id: "tea", title: "Tea", position: "a0V" })),
    request: "POST /api/v1/tasks/tea/restore",
    predicted: ["Milk", "Tea", "Bread"],
    answer: () => json(taskOf({ id: "tea", title: "Tea", position: "a2", revision: 2 })),
    saved: ["Milk", "Bread", "Tea"],
  },
  {
    name: "a new task",
    change: () => creating({ title: "Tea" }, NOW),
    request: "POST /api/v1/tasks",
    predicted: ["Milk", "Bread", "Tea"],
    answer: () => json(taskOf({ id: "tea", title: "Tea", position: "Zz", revision: 2 }), 201),
    saved: ["Tea", "Milk", "Bread"],
  },
];

describe.each(CASES)("$name", ({ change, request, predicted, answer, saved }) => {
  test("is shown at once, before anybody has answered", async () => {
    const requests = serve(() => new Promise(() => {}));
    void carryOut(change());
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(titlesIn()).toEqual(predicted);
    expect(requests.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([request]);
  });

  test("is replaced by what the service answers", async () => {
    serve(answer);
    await carryOut(change());
    expect(titlesIn()).toEqual(saved);
    expect(tasksIn().some(isPending)).toBe(false);
  });

  test("is taken back when the service refuses it, which is not asked again", async () => {
    const requests = serve(() => refusal(422, { detail: "No." }));
    await expect(carryOut(change())).rejects.toThrow("No.");
    expect(tasksIn()).toEqual([milk, bread]);
    expect(requests).toHaveLength(1);
  });

  test("is tried again under the same key when nobody answers, and stays shown meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const answers: Answer[] = [
      () => Promise.reject(noNetwork()),
      () => refusal(503),
      () => refusal(429, {}, { "Retry-After": "3" }),
      answer,
    ];
    const shown: string[][] = [];
    const requests = serve((sent) => {
      shown.push(titlesIn());
      return (answers.shift() ?? answer)(sent);
    });
    const carriedOut = carryOut(change());
    await vi.runAllTimersAsync();
    await carriedOut;
    expect(requests).toHaveLength(4);
    expect(shown).toEqual([predicted, predicted, predicted, predicted]);
    expect(titlesIn()).toEqual(saved);
    const keys = new Set(keysOf(requests));
    expect(keys.size).toBe(1);
    // What is no POST may be repeated as it is.
    expect(keys.has(null)).toBe(!request.startsWith("POST"));
  });

  test("stays shown and is tried on and on while nobody answers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const requests = serve(() => Promise.reject(noNetwork()));
    void carryOut(change());
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(requests.length).toBeGreaterThan(50);
    expect(titlesIn()).toEqual(predicted);
    expect(outbox.getState()).toMatchObject({ pending: 1, isStuck: true, refused: [] });
  });

  test("is taken back when the service fails at it again and again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const requests = serve(() => refusal(500));
    const carriedOut = carryOut(change());
    await vi.runAllTimersAsync();
    await expect(carriedOut).rejects.toThrow();
    expect(requests).toHaveLength(5);
    expect(tasksIn()).toEqual([milk, bread]);
  });
});

describe("changes of the same kind", () => {
  test.each([
    ["two new tasks of one title", () => creating({ title: "Tea" }, NOW)],
    ["completing a task twice", () => completing(milk)],
  ])("have keys of their own: %s", async (_what, change) => {
    const requests = serve(() => json({ ...milk, revision: 2 }));
    await carryOut(change());
    await carryOut(change());
    expect(new Set(keysOf(requests)).size).toBe(2);
  });
});

describe("several changes", () => {
  let answers: Answers;
  let requests: readonly SentRequest[];

  beforeEach(() => {
    answers = new Answers();
    requests = serve(answers.answer);
  });

  function bodies(): unknown[] {
    return requests.map(({ body }) => body);
  }

  test("are all shown at once but sent one after the other, in their order", async () => {
    const first = carryOut(patching(milk, { title: "Oat milk" }));
    const second = carryOut(patching(bread, { title: "Rye bread" }));
    const third = carryOut(creating({ title: "Tea" }, NOW));
    expect(titlesIn()).toEqual(["Oat milk", "Rye bread", "Tea"]);
    await vi.waitFor(() => expect(bodies()).toEqual([{ title: "Oat milk" }]));

    await answers.give(json({ ...milk, title: "Oat milk", revision: 2 }));
    await first;
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(bodies()).toEqual([{ title: "Oat milk" }, { title: "Rye bread" }]);

    await answers.give(json({ ...bread, title: "Rye bread", revision: 3 }));
    await answers.give(json(taskOf({ id: "tea", title: "Tea", position: "a2", revision: 4 }), 201));
    await Promise.all([second, third]);
    expect(bodies()).toEqual([{ title: "Oat milk" }, { title: "Rye bread" }, { title: "Tea" }]);
    expect(titlesIn()).toEqual(["Oat milk", "Rye bread", "Tea"]);
  });

  test("go on after one was refused, and only that one is taken back", async () => {
    const first = carryOut(patching(milk, { title: "Oat milk" }));
    const second = carryOut(patching(bread, { title: "Rye bread" }));
    await answers.give(refusal(422));
    await expect(first).rejects.toThrow();
    expect(titlesIn()).toEqual(["Milk", "Rye bread"]);
    await answers.give(json({ ...bread, title: "Rye bread", revision: 2 }));
    await second;
    expect(titlesIn()).toEqual(["Milk", "Rye bread"]);
  });
});

describe("several changes of one task", () => {
  let answers: Answers;
  let requests: readonly SentRequest[];

  beforeEach(() => {
    answers = new Answers();
    requests = serve(answers.answer);
  });

  /** Change the first task as it is shown, by something that is to be seen at once. */
  async function change(patch: TaskPatch): Promise<{ readonly saved: Promise<TaskOut | undefined> }> {
    const saved = carryOut(patching(firstTask(), patch));
    await vi.waitFor(() => expect(firstTask()).toMatchObject(patch));
    return { saved };
  }

  function firstTask(): TaskOut {
    const [first] = tasksIn();
    if (first === undefined) {
      throw new Error("No task is shown.");
    }
    return first;
  }

  test("leave it as the service has it when all were refused", async () => {
    const title = await change({ title: "Oat milk" });
    const priority = await change({ priority: 3 });
    await answers.give(refusal(422));
    await answers.give(refusal(422));
    await Promise.allSettled([title.saved, priority.saved]);
    expect(requests).toHaveLength(2);
    expect(tasksIn()).toEqual([milk, bread]);
  });

  test("leave what was saved when only a later one was refused", async () => {
    const title = await change({ title: "Oat milk" });
    const priority = await change({ priority: 3 });
    const saved = { ...milk, title: "Oat milk", revision: 2 };
    await answers.give(json(saved));
    await answers.give(refusal(422));
    await Promise.allSettled([title.saved, priority.saved]);
    expect(tasksIn()).toEqual([saved, bread]);
  });

  test("show the later while the earlier one is answered", async () => {
    const earlier = await change({ title: "Oat milk" });
    await change({ title: "Soy milk" });
    await answers.give(json({ ...milk, title: "Oat milk", revision: 2 }));
    await earlier.saved;
    expect(titlesIn()).toEqual(["Soy milk", "Bread"]);
  });

  test("show the later while the earlier one is refused, and only that one taken back", async () => {
    const earlier = await change({ title: "Oat milk" });
    await change({ priority: 3 });
    await answers.give(refusal(422));
    await expect(earlier.saved).rejects.toThrow();
    expect(tasksIn()).toEqual([{ ...milk, priority: 3 }, bread]);
  });

  test("do not bring a task back that is being deleted when the one ahead of that is answered", async () => {
    const edit = await change({ title: "Oat milk" });
    void carryOut(deleting(firstTask()));
    await vi.waitFor(() => expect(titlesIn()).toEqual(["Bread"]));
    await answers.give(json({ ...milk, title: "Oat milk", revision: 2 }));
    await edit.saved;
    expect(titlesIn()).toEqual(["Bread"]);
  });

  test("leave a task that was deleted and taken back where it is when the deletion is answered", async () => {
    const deletion = carryOut(deleting(milk));
    void carryOut(restoring(milk));
    await vi.waitFor(() => expect(titlesIn()).toEqual(["Milk", "Bread"]));
    await answers.give(new Response(null, { status: 204 }));
    await deletion;
    expect(titlesIn()).toEqual(["Milk", "Bread"]);
  });

  test.each(["todo", "in_progress"] as const)("give a completed task its status %s back", async (status) => {
    const task = { ...milk, status };
    const completion = carryOut(completing(task));
    const undo = carryOut(reopening(task));
    await answers.give(json({ ...task, status: "done", revision: 2 }));
    await completion;
    await answers.give(json({ ...task, revision: 3 }));
    await undo;
    const [, last] = requests;
    expect(`${last?.method} ${last?.url.pathname}`).toBe(
      status === "todo" ? "POST /api/v1/tasks/milk/reopen" : "PATCH /api/v1/tasks/milk",
    );
    expect(firstTask().status).toBe(status);
  });

  test("are no conflict: an edit builds on the completion and its undo ahead of it", async () => {
    const juice = taskOf({ id: "juice", title: "Juice" }); // which no other test has changed
    load(ALL, [juice]);
    const undone = [carryOut(completing(juice)), carryOut(reopening(juice))];
    await vi.waitFor(() => expect(titlesIn()).toEqual(["Juice"]));
    const edited = await change({ title: "Apple juice" });
    await answers.give(json({ ...juice, status: "done", revision: 2 }));
    await answers.give(json({ ...juice, revision: 3 }));
    await answers.give(json({ ...juice, title: "Apple juice", revision: 4 }));
    await Promise.all([...undone, edited.saved]);
    expect(requests[2]?.method).toBe("PATCH");
    expect(requests[2]?.headers.get("If-Match")).toBe('"3"');
  });

  test.each([
    ["completion", completing],
    ["undone completion", reopening],
    ["restoration", restoring],
  ])("are no conflict: an edit builds on the %s ahead of it", async (name, make) => {
    const juice = taskOf({ id: `juice of ${name}` }); // which no other test has changed
    const saved = [carryOut(make(juice)), carryOut(patching(juice, { title: "Apple juice" }))];
    await answers.give(json({ ...juice, revision: 2 }));
    await answers.give(json({ ...juice, title: "Apple juice", revision: 3 }));
    await Promise.all(saved);
    expect(requests[1]?.headers.get("If-Match")).toBe('"2"');
  });
});

describe("a change whose answer was lost", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  /** Carry a change out of which the first try reached the service, but the answer did not come back. */
  async function carryOutTwice(change: TaskChange, secondAnswer: () => Response) {
    const answers: Answer[] = [() => Promise.reject(noNetwork()), secondAnswer];
    const requests = serve((request) => (answers.shift() ?? secondAnswer)(request));
    const carriedOut = carryOut(change);
    await vi.runAllTimersAsync();
    expect(requests).toHaveLength(2);
    return carriedOut;
  }

  test("is done when it was a deletion, and there is no such task any more", async () => {
    expect(await carryOutTwice(deleting(milk), () => refusal(404))).toBeUndefined();
    expect(titlesIn()).toEqual(["Bread"]);
  });

  test.each<[string, TaskPatch, Partial<TaskOut>]>([
    ["a title", { title: "Oat milk" }, { title: "Oat milk" }],
    [
      "a due date, whose instant the service has found",
      { due: { date: "2026-12-05" } },
      { due: { date: "2026-12-05", time: null, timezone: null }, due_at: "2026-12-05T23:59:59.000Z" },
    ],
    ["no due date", { due: null }, { due: null, due_at: null }],
  ])("is no conflict when the task is what it was to be: %s", async (_what, patch, members) => {
    const current = { ...milk, ...members, revision: 2 };
    expect(await carryOutTwice(patching(milk, patch), () => refusal(412, { current }))).toEqual(current);
    expect(tasksIn().find(({ id }) => id === "milk")).toEqual(current);
  });

  test("is a conflict when the task has become something else", async () => {
    const current = { ...milk, due: { date: "2026-12-06", time: null, timezone: null }, revision: 2 };
    const carriedOut = carryOutTwice(patching(milk, { due: { date: "2026-12-05" } }), () =>
      refusal(412, { current }),
    );
    await expect(carriedOut).rejects.toMatchObject({ status: 412 });
    expect(tasksIn().find(({ id }) => id === "milk")).toEqual(current);
  });
});

describe("a task that was deleted elsewhere", () => {
  test("stays gone when a change of it is refused with 404", async () => {
    const answers = new Answers();
    serve(answers.answer);
    const carriedOut = carryOut(patching(milk, { title: "Oat milk" }));
    await vi.waitFor(() => expect(titlesIn()).toContain("Oat milk"));
    outbox.receive({ tasks: [], gone: ["milk"] });
    await answers.give(refusal(404));
    await expect(carriedOut).rejects.toMatchObject({ status: 404 });
    expect(titlesIn()).toEqual(["Bread"]);
  });

  test("goes when a change of it is refused with 404, before anybody has told", async () => {
    serve(() => refusal(404));
    await expect(carryOut(completing(milk))).rejects.toMatchObject({ status: 404 });
    expect(titlesIn()).toEqual(["Bread"]);
  });
});

describe("what is shown", () => {
  test("is the same in every list that is loaded", async () => {
    load(TODAY, [bread]);
    serve(() => json({ ...bread, title: "Rye bread", revision: 2 }));
    await carryOut(patching(bread, { title: "Rye bread" }));
    expect(titlesIn(TODAY)).toEqual(["Rye bread"]);
    expect(titlesIn(ALL)).toEqual(["Milk", "Rye bread"]);
  });

  test("is a task added for today in today's list, and not a task without a date", async () => {
    load(TODAY, [bread]);
    serve(() => new Promise(() => {}));
    void carryOut(creating({ title: "Tea", due: { date: DAY.today } }, NOW));
    void carryOut(creating({ title: "Coffee" }, NOW));
    await vi.waitFor(() => expect(titlesIn(ALL)).toHaveLength(4));
    expect(titlesIn(TODAY).toSorted()).toEqual(["Bread", "Tea"]);
  });

  test("is not undone by the answer to an older question", async () => {
    const old = deferred<Response>();
    const requests = serve(({ method }) =>
      method === "GET" ? old.promise : json({ ...milk, title: "Oat milk", revision: 2 }),
    );
    const asked = client.fetchInfiniteQuery({ ...taskListQuery(ALL, DAY), staleTime: 0 });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    await carryOut(patching(milk, { title: "Oat milk" }));
    expect(requests.map(({ method }) => method)).toEqual(["GET", "PATCH"]);
    old.resolve(json({ items: [milk, bread], next_cursor: null }));
    await asked;
    expect(titlesIn()).toEqual(["Oat milk", "Bread"]);
  });

  test("is what came from elsewhere meanwhile, not what was there before, when a change is refused", async () => {
    const answers = new Answers();
    serve(answers.answer);
    const carriedOut = carryOut(patching(milk, { title: "Oat milk" }));
    await vi.waitFor(() => expect(titlesIn()).toContain("Oat milk"));
    outbox.receive({ tasks: [{ ...milk, title: "Soy milk", revision: 5 }], gone: [] });
    expect(titlesIn()).toContain("Oat milk");
    await answers.give(refusal(422));
    await expect(carriedOut).rejects.toThrow();
    expect(titlesIn()).toEqual(["Soy milk", "Bread"]);
  });

  test.each([
    [
      "asks for the labels again once it is saved",
      () => json({ ...milk, labels: ["home"], revision: 2 }),
      true,
    ],
    ["leaves the labels alone when it was refused", () => refusal(422), false],
  ])("%s", async (_what, answer, isInvalidated) => {
    client.setQueryData(labelsQuery.queryKey, []);
    serve(answer);
    await carryOut(patching(milk, { labels: ["home"] })).catch(() => undefined);
    expect(client.getQueryState(labelsQuery.queryKey)?.isInvalidated).toBe(isInvalidated);
  });
});

describe("a new task", () => {
  test("is on its way until the service has answered", async () => {
    const answers = new Answers();
    serve(answers.answer);
    const carriedOut = carryOut(creating({ title: "Tea" }, NOW));
    await vi.waitFor(() => expect(titlesIn()).toContain("Tea"));
    expect(tasksIn().filter(isPending)).toMatchObject([{ title: "Tea" }]);
    await answers.give(json(taskOf({ id: "tea", title: "Tea", position: "a2", revision: 2 }), 201));
    await carriedOut;
    expect(tasksIn().map(({ id }) => id)).toEqual(["milk", "bread", "tea"]);
  });

  test.each([
    ["before", [milk]],
    ["after", [milk, taskOf({ id: "tea", title: "Tea", position: "a2", revision: 2 })]],
  ])("is in a list that was loading for the first time, and read %s it was added", async (_when, items) => {
    const inbox: TaskView = { kind: "inbox" };
    const page = deferred<Response>();
    const requests = serve(({ method }) =>
      method === "GET"
        ? page.promise
        : json(taskOf({ id: "tea", title: "Tea", position: "a2", revision: 2 }), 201),
    );
    const observer = new InfiniteQueryObserver(client, taskListQuery(inbox, DAY));
    const stopShowing = observer.subscribe(() => {});
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    await carryOut(creating({ title: "Tea" }, NOW));
    page.resolve(json({ items, next_cursor: null }));
    await vi.waitFor(() => expect(observer.getCurrentResult().status).toBe("success"));
    expect(titlesIn(inbox)).toEqual(["Milk", "Tea"]);
    expect(requests.map(({ method }) => method)).toEqual(["GET", "POST"]);
    stopShowing();
  });

  test("is sent as it was given", async () => {
    const requests = serve(() => json(taskOf({ id: "tea" }), 201));
    await carryOut(creating({ title: "Tea", labels: ["home"], list_id: "list-a" }, NOW));
    expect(requests[0]?.body).toEqual({ title: "Tea", labels: ["home"], list_id: "list-a" });
  });
});

describe("the title of a change", () => {
  test.each([
    ["the new one", patching(milk, { title: "Oat milk" }), "Oat milk"],
    ["of what goes away", deleting(milk), "Milk"],
    ["of what is added", creating({ title: "Tea" }, NOW), "Tea"],
  ])("is %s", (_which, change, title) => {
    expect(titleOf(change)).toBe(title);
  });
});

describe("a window that goes away", () => {
  let store: MemoryStore;

  beforeEach(() => {
    store = new MemoryStore();
    outbox = outboxOf(client, store, { owner: "first window" });
  });

  /** Open another window, which shows what the device has kept of the lists: what was there at first. */
  async function openAnother(): Promise<void> {
    client = new QueryClient();
    load(ALL, [milk, bread]);
    outbox = outboxOf(client, store, { owner: "second window" });
    await outbox.adopt();
  }

  test("leaves what was not sent to the next one, which shows and sends it under the same key", async () => {
    const unanswered = serve(() => new Promise(() => {}));
    void carryOut(completing(milk));
    await vi.waitFor(() => expect(unanswered).toHaveLength(1));
    const requests = serve(() => json({ ...milk, status: "done", revision: 2 }));
    await openAnother();
    expect(titlesIn()).toEqual(["Bread"]);
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(0));
    expect(keysOf(requests)).toEqual(keysOf(unanswered));
    expect(titlesIn()).toEqual(["Bread"]);
  });

  test("leaves a task that was added without a network, and what was done with it since", async () => {
    const unanswered = serve(() => new Promise(() => {}));
    void carryOut(creating({ title: "Tea" }, NOW));
    const [tea] = tasksIn().filter(isPending);
    if (tea === undefined) {
      throw new Error("The new task is not shown.");
    }
    void carryOut(patching(tea, { title: "Green tea" }));
    await vi.waitFor(() => expect([unanswered.length, store.records.size]).toEqual([1, 2]));
    const made = taskOf({ id: "tea", title: "Tea", position: "a2", revision: 7 });
    const requests = serve(({ method }) =>
      method === "POST" ? json(made, 201) : json({ ...made, title: "Green tea", revision: 8 }),
    );
    await openAnother();
    expect(titlesIn()).toEqual(["Milk", "Bread", "Green tea"]);
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(0));
    expect(requests.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      "POST /api/v1/tasks",
      "PATCH /api/v1/tasks/tea",
    ]);
    expect(requests[1]?.headers.get("If-Match")).toBe('"7"');
    expect(tasksIn().map(({ id }) => id)).toEqual(["milk", "bread", "tea"]);
  });

  test("leaves what the service had, so that the next one can take a refused change back", async () => {
    const answers = new Answers();
    serve(answers.answer);
    void carryOut(patching(milk, { title: "Oat milk" }));
    void carryOut(patching(milk, { priority: 3 }));
    await answers.give(json({ ...milk, title: "Oat milk", revision: 2 }));
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(1));
    serve(() => refusal(422));
    await openAnother();
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(0));
    expect(tasksIn()[0]).toMatchObject({ title: "Oat milk", priority: 0, revision: 2 });
    expect(outbox.getState().refused).toHaveLength(1);
  });

  test("leaves what was refused to be read", async () => {
    serve(() => refusal(422, { detail: "No." }));
    await carryOut(creating({ title: "Tea" }, NOW)).catch(() => undefined);
    await openAnother();
    const [refused] = outbox.getState().refused;
    expect(refused).toMatchObject({ change: { draft: { title: "Tea" } }, problem: { status: 422 } });
    if (refused !== undefined) {
      outbox.drop(refused);
    }
    await vi.waitFor(() => expect(store.records.size).toBe(0));
  });

  test("is not robbed of its changes while it lives", async () => {
    store.living.add("first window");
    const requests = serve(() => new Promise(() => {}));
    void carryOut(completing(milk));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    await openAnother();
    expect(outbox.getState().pending).toBe(0);
    expect(requests).toHaveLength(1);
  });
});

describe("a device that is full", () => {
  test("lets changes be made, and says that they would be lost with the window", async () => {
    const store = new MemoryStore();
    store.isFull = true;
    outbox = outboxOf(client, store);
    const answers = new Answers();
    const requests = serve(answers.answer);
    const saved = carryOut(completing(milk));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(outbox.getState()).toMatchObject({ pending: 1, isAtRisk: true });
    await answers.give(json({ ...milk, status: "done", revision: 2 }));
    await saved;
    expect(outbox.getState()).toMatchObject({ pending: 0, isAtRisk: false });
  });

  test("is at risk until there is room, whatever else was kept since", async () => {
    const store = new MemoryStore();
    outbox = outboxOf(client, store);
    serve(() => new Promise(() => {}));
    store.isFull = true;
    void carryOut(completing(milk));
    await vi.waitFor(() => expect(outbox.getState().isAtRisk).toBe(true));
    store.isFull = false;
    void carryOut(completing(bread));
    await vi.waitFor(() => expect(outbox.getState().isAtRisk).toBe(false));
    expect(store.records.size).toBe(2);
  });

  test("is at risk of losing what was refused as well", async () => {
    const store = new MemoryStore();
    outbox = outboxOf(client, store);
    serve(() => {
      store.isFull = true;
      return refusal(422);
    });
    await expect(carryOut(completing(milk))).rejects.toThrow();
    await vi.waitFor(() => expect(outbox.getState()).toMatchObject({ pending: 0, isAtRisk: true }));
    store.isFull = false;
    outbox.drop(onlyRefused());
    await vi.waitFor(() => expect(outbox.getState().isAtRisk).toBe(false));
  });

  test("forgets what it could not forget at first, as soon as it can", async () => {
    const store = new MemoryStore();
    outbox = outboxOf(client, store);
    serve(() => {
      store.isFull = true;
      return json({ ...milk, status: "done", revision: 2 });
    });
    await carryOut(completing(milk));
    expect(store.records.size).toBe(1);
    store.isFull = false;
    serve(() => new Promise(() => {}));
    void carryOut(completing(bread));
    await vi.waitFor(() =>
      expect([...store.records.values()]).toMatchObject([{ changes: [{ task: { id: "bread" } }] }]),
    );
    expect(store.records.size).toBe(1);
  });
});

describe("a device that takes its time", () => {
  let written: ReturnType<typeof deferred<void>>;
  let requests: readonly SentRequest[];

  beforeEach(() => {
    holdTime();
    written = deferred();
    const store: ChangeStore = { write: () => written.promise, adopt: async () => [] };
    outbox = outboxOf(client, store);
    requests = serve(() => new Promise(() => {}));
  });

  test("has a change before it is sent", async () => {
    void carryOut(completing(milk));
    expect(titlesIn()).toEqual(["Bread"]);
    await vi.advanceTimersByTimeAsync(900);
    expect(requests).toEqual([]);
    written.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(1);
    expect(outbox.getState()).toMatchObject({ pending: 1, isAtRisk: false });
  });

  test("is waited for a second: then the change is sent, and told to be at risk until it is kept", async () => {
    void carryOut(completing(milk));
    expect(outbox.getState().isAtRisk).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests).toHaveLength(1);
    expect(outbox.getState()).toMatchObject({ pending: 1, isAtRisk: true });
    written.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.getState()).toMatchObject({ pending: 1, isAtRisk: false });
  });
});

describe("a session that has ended", () => {
  test("keeps the changes that were made meanwhile, and asks nothing more of the service", async () => {
    vi.stubGlobal("navigator", { onLine: true, locks: new ExclusiveLocks() });
    const store = new MemoryStore();
    outbox = outboxOf(client, store);
    const requests = serve(() => refusal(401));
    void carryOut(completing(milk));
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(0));
    expect(outbox.getState()).toMatchObject({ pending: 1, refused: [] });
    expect(titlesIn()).toEqual(["Bread"]);
    expect([...store.records.values()]).toMatchObject([{ state: "queued", changes: [{ kind: "complete" }] }]);
  });
});

describe("a change that met another one of the same task", () => {
  const current = { ...milk, title: "Soy milk", revision: 5 };

  test("is made of the newer version when the other one was about something else", async () => {
    const requests = serve(({ headers }) =>
      headers.get("If-Match") === '"5"'
        ? json({ ...current, priority: 3, revision: 6 })
        : refusal(412, { current }),
    );
    await carryOut(patching(milk, { priority: 3 }));
    expect(requests).toHaveLength(2);
    expect(tasksIn()[0]).toMatchObject({ title: "Soy milk", priority: 3, revision: 6 });
    expect(outbox.getState().refused).toEqual([]);
  });

  test("is refused when the service says that it met the version that it was made of", async () => {
    const requests = serve(() =>
      requests.length > 3 ? refusal(422) : refusal(412, { current: { ...milk, title: "Milk" } }),
    );
    await expect(carryOut(patching(milk, { priority: 3 }))).rejects.toMatchObject({ status: 412 });
    expect(requests).toHaveLength(1);
    expect(tasksIn()).toEqual([milk, bread]);
  });

  test("waits for somebody to choose when both were about the same, and insists if asked to", async () => {
    const requests = serve(({ headers }) =>
      headers.get("If-Match") === '"5"'
        ? json({ ...current, title: "Oat milk", revision: 6 })
        : refusal(412, { current }),
    );
    await expect(carryOut(patching(milk, { title: "Oat milk" }))).rejects.toThrow();
    expect(requests).toHaveLength(1);
    expect(titlesIn()).toEqual(["Soy milk", "Bread"]);
    const [refused] = outbox.getState().refused;
    if (refused === undefined) {
      throw new Error("Nobody is told.");
    }
    outbox.insist(refused);
    expect(outbox.getState().refused).toEqual([]);
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(0));
    expect(titlesIn()).toEqual(["Oat milk", "Bread"]);
  });
});

describe("changes of several tasks at once", () => {
  test("are done when what was to be deleted is gone already", async () => {
    serve(() =>
      json({
        results: [
          { status: 404, problem: { detail: "There is no such task." } },
          { status: 404, problem: { detail: "There is no such task." } },
        ],
      }),
    );
    const outcomes = await outbox.make([deleting(milk), completing(bread)]);
    expect(outcomes.map(({ isSaved }) => isSaved)).toEqual([true, false]);
    expect(outbox.getState().refused).toMatchObject([{ change: { kind: "complete" } }]);
    expect(titlesIn()).toEqual([]);
  });

  test("travel as one batch, in which each is saved or refused by itself", async () => {
    const requests = serve(() =>
      json({
        results: [
          { status: 200, task: { ...milk, priority: 2, revision: 2 } },
          { status: 422, problem: { detail: "No." } },
        ],
      }),
    );
    const outcomes = await outbox.make([patching(milk, { priority: 2 }), deleting(bread)]);
    expect(requests.map(({ url, body }) => [url.pathname, body])).toEqual([
      [
        "/api/v1/tasks/batch",
        {
          operations: [
            { op: "update", id: "milk", priority: 2 },
            { op: "delete", id: "bread" },
          ],
        },
      ],
    ]);
    expect(outcomes.map(({ isSaved }) => isSaved)).toEqual([true, false]);
    expect(tasksIn()).toMatchObject([{ id: "milk", priority: 2 }, { id: "bread" }]);
    expect(outbox.getState().refused).toMatchObject([{ change: { task: { id: "bread" } } }]);
  });

  test("are as many batches as they need", async () => {
    const many = Array.from({ length: 102 }, (_, index) =>
      taskOf({ id: `task-${index}`, position: `a${index}` }),
    );
    const sizes: number[] = [];
    serve(({ body }) => {
      const { operations } = body as { operations: unknown[] };
      sizes.push(operations.length);
      return json({ results: operations.map(() => ({ status: 204 })) });
    });
    const outcomes = await outbox.make(many.map(deleting));
    expect(sizes).toEqual([100, 2]);
    expect(outcomes.every(({ isSaved }) => isSaved)).toBe(true);
  });
});

describe("moving a task", () => {
  const tea = taskOf({ id: "tea", title: "Tea", position: "a2" });

  beforeEach(() => load(ALL, [milk, bread, tea]));

  test.each([
    ["to the top", null, ["Tea", "Milk", "Bread"]],
    ["between two others", "milk", ["Milk", "Tea", "Bread"]],
  ])("%s shows it there at once, and says so to the service", async (_where, afterId, titles) => {
    const requests = serve(() => new Promise(() => {}));
    void carryOut(moving(tea, { afterId }, tasksIn()));
    expect(titlesIn()).toEqual(titles);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(requests[0]?.url.pathname).toBe("/api/v1/tasks/tea/move");
    expect(requests[0]?.body).toEqual({ after_id: afterId });
  });
});

describe("a task that is still being added", () => {
  const made = taskOf({ id: "tea", title: "Tea", position: "a2", revision: 2 });
  let answers: Answers;
  let requests: readonly SentRequest[];

  beforeEach(() => {
    answers = new Answers();
    requests = serve(answers.answer);
  });

  const NAMING: [string, (tea: TaskOut) => TaskChange, unknown][] = [
    [
      "a task below it",
      (tea) => creating({ title: "Green", parent_id: tea.id }, NOW),
      { title: "Green", parent_id: "tea" },
    ],
    ["a task behind it", (tea) => moving(milk, { afterId: tea.id }, [milk, bread, tea]), { after_id: "tea" }],
  ];

  test.each(NAMING)("is named by its own id once it has one: %s", async (_what, change, body) => {
    void carryOut(creating({ title: "Tea" }, NOW));
    void carryOut(change(onlyPending()));
    await answers.give(json(made, 201));
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(requests[1]?.body).toEqual(body);
  });

  test.each(NAMING)("is named so by whoever saw it before that: %s", async (_what, change, body) => {
    const added = carryOut(creating({ title: "Tea" }, NOW));
    const tea = onlyPending();
    await answers.give(json(made, 201));
    await added;
    void carryOut(change(tea));
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(requests[1]?.body).toEqual(body);
  });

  test("can be changed afterwards by whoever saw it before", async () => {
    const added = carryOut(creating({ title: "Tea" }, NOW));
    const tea = onlyPending();
    await answers.give(json(made, 201));
    await added;
    expect(outbox.realIdOf(tea.id)).toBe("tea");
    void carryOut(patching(tea, { title: "Green tea" }));
    expect(titlesIn()).toEqual(["Milk", "Bread", "Green tea"]);
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(requests[1]?.url.pathname).toBe("/api/v1/tasks/tea");
  });
});

describe("what comes late", () => {
  const soy = { ...milk, title: "Soy milk", revision: 5 };
  let answers: Answers;

  beforeEach(() => {
    answers = new Answers();
    serve(answers.answer);
  });

  test("an answer that is older than news does not undo them", async () => {
    const saved = carryOut(patching(milk, { title: "Oat milk" }));
    outbox.receive({ tasks: [soy], gone: [] });
    await answers.give(json({ ...milk, title: "Oat milk", revision: 2 }));
    await saved;
    expect(tasksIn()).toEqual([soy, bread]);
  });

  test("an answer that is older than the news that a task is gone does not bring it back", async () => {
    const saved = carryOut(reopening(milk));
    outbox.receive({ tasks: [], gone: ["milk"] });
    await answers.give(json({ ...milk, revision: 2 }));
    await saved;
    expect(titlesIn()).toEqual(["Bread"]);
  });

  test("a task that is restored comes back, whatever was told of its deletion meanwhile", async () => {
    const deleted = carryOut(deleting(milk));
    const restored = carryOut(restoring(milk));
    await answers.give(new Response(null, { status: 204 }));
    await deleted;
    outbox.receive({ tasks: [], gone: ["milk"] });
    await answers.give(json({ ...milk, revision: 3 }));
    await restored;
    expect(tasksIn()).toEqual([{ ...milk, revision: 3 }, bread]);
  });

  test("news that are older than an answer do not undo it", async () => {
    const title = carryOut(patching(milk, { title: "Soy milk" }));
    const priority = carryOut(patching(milk, { priority: 3 }));
    await answers.give(json(soy));
    await title;
    outbox.receive({ tasks: [{ ...milk, title: "Old milk", revision: 3 }], gone: [] });
    await answers.give(refusal(422));
    await expect(priority).rejects.toThrow();
    expect(tasksIn()).toEqual([soy, bread]);
  });

  test("a version that was in the way of a change does not undo newer news", async () => {
    const saved = carryOut(patching(milk, { title: "Oat milk" }));
    outbox.receive({ tasks: [soy], gone: [] });
    await answers.give(refusal(412, { current: { ...milk, title: "Rice milk", revision: 4 } }));
    await expect(saved).rejects.toThrow();
    expect(tasksIn()).toEqual([soy, bread]);
  });

  test("a change of what was seen before news is shown upon these, and leaves them when it is refused", async () => {
    load(ALL, [soy, bread]);
    const saved = carryOut(patching(milk, { priority: 3 }));
    expect(tasksIn()).toEqual([{ ...soy, priority: 3 }, bread]);
    await answers.give(refusal(422));
    await expect(saved).rejects.toThrow();
    expect(tasksIn()).toEqual([soy, bread]);
  });

  test("what is typed stays shown though the list has a newer version by then", async () => {
    load(ALL, [soy, bread]);
    void carryOut(patching(milk, { title: "Oat milk" }));
    expect(tasksIn()).toEqual([{ ...soy, title: "Oat milk" }, bread]);
    expect(outbox.getConfirmed()).toEqual({ tasks: [soy], gone: [] });
  });

  test.each([
    ["an edit", () => patching(milk, { title: "Oat milk" })],
    ["a completion", () => completing(milk)],
    ["a deletion", () => deleting(milk)],
  ])("%s does not bring a task back that is gone since, even when it is refused", async (_what, change) => {
    const saved = carryOut(change());
    outbox.receive({ tasks: [], gone: ["milk"] });
    expect(titlesIn()).toEqual(["Bread"]);
    await answers.give(refusal(422));
    await expect(saved).rejects.toThrow();
    expect(titlesIn()).toEqual(["Bread"]);
  });
});

describe("trying again", () => {
  beforeEach(holdTime);

  test("counts what the service fails at for each change alone", async () => {
    const failures = [0, 0, 0, 0, 1, 0, 0, 0, 0, 1].map((isSaved) => isSaved === 1);
    serve(({ url }) =>
      failures.shift()
        ? json({ ...(url.pathname.includes("milk") ? milk : bread), status: "done", revision: 2 })
        : refusal(500),
    );
    const saved = [carryOut(completing(milk)), carryOut(completing(bread))];
    await vi.runAllTimersAsync();
    expect((await Promise.all(saved)).map((task) => task?.status)).toEqual(["done", "done"]);
    expect(failures).toEqual([]);
  });

  test.each([429, 502, 503, 504])("is no failure while a server is away, which says %i", async (status) => {
    const statuses = [status, status, status, status, status, status, 500];
    const requests = serve(() => {
      const next = statuses.shift();
      return next === undefined ? json({ ...milk, status: "done", revision: 2 }) : refusal(next);
    });
    const saved = carryOut(completing(milk));
    await vi.runAllTimersAsync();
    expect((await saved)?.status).toBe("done");
    expect(requests).toHaveLength(8);
  });

  test("goes on under the same key while an earlier try is still being worked at", async () => {
    const requests = serve(() =>
      requests.length <= 6
        ? refusal(409, { type: "/problems/idempotency-key-in-use" })
        : json({ ...milk, status: "done", revision: 2 }),
    );
    const saved = carryOut(completing(milk));
    await vi.runAllTimersAsync();
    expect((await saved)?.status).toBe("done");
    expect(requests).toHaveLength(7);
    expect(new Set(keysOf(requests)).size).toBe(1);
    expect(outbox.getState().refused).toEqual([]);
  });

  test("is not done where the service says that something else is in the way", async () => {
    const requests = serve(() => refusal(409, { type: "/problems/conflict" }));
    await expect(carryOut(completing(milk))).rejects.toMatchObject({ status: 409 });
    expect(requests).toHaveLength(1);
  });

  test("does not wait when somebody says that the service can be reached", async () => {
    const requests = serve(() =>
      requests.length === 1 ? Promise.reject(noNetwork()) : json({ ...milk, status: "done", revision: 2 }),
    );
    const saved = carryOut(completing(milk));
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.getState()).toMatchObject({ pending: 1, isStuck: true });
    outbox.resume();
    await saved;
    expect(requests).toHaveLength(2);
    expect(outbox.getState()).toMatchObject({ pending: 0, isStuck: false });
  });

  test("does not send twice at once, however often somebody says so", async () => {
    const requests = serve(() => new Promise(() => {}));
    void carryOut(completing(milk));
    await vi.advanceTimersByTimeAsync(0);
    outbox.resume();
    outbox.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(1);
  });
});

describe("a refused change that somebody insists on", () => {
  let store: MemoryStore;

  beforeEach(() => {
    store = new MemoryStore();
    outbox = outboxOf(client, store);
    holdTime();
  });

  /** Have the completion refused, by as many answers as it takes. */
  async function beRefused(status: number): Promise<readonly SentRequest[]> {
    const requests = serve(() => refusal(status));
    const saved = carryOut(completing(milk));
    await vi.runAllTimersAsync();
    await expect(saved).rejects.toThrow();
    return requests;
  }

  test.each([
    ["may have been done by the service that failed at it: it is sent under the same key", 500, true],
    ["was not done by the service that refused it: it is sent under a new key", 422, false],
  ])("%s", async (_what, status, isSameKey) => {
    const [refused] = keysOf(await beRefused(status));
    const requests = serve(() => json({ ...milk, status: "done", revision: 2 }));
    outbox.insist(onlyRefused());
    await vi.runAllTimersAsync();
    expect(outbox.getState()).toMatchObject({ pending: 0, refused: [] });
    const [again] = keysOf(requests);
    expect(again === refused).toBe(isSameKey);
    expect(again).not.toBeNull();
    expect(store.records.size).toBe(0);
  });

  test.each([500, 422])("takes its own place on the device, at once (%i)", async (status) => {
    await beRefused(status);
    const { key } = onlyRefused();
    expect([...store.records.keys()]).toEqual([key]);
    const write = vi.spyOn(store, "write");
    serve(() => new Promise(() => {}));
    outbox.insist(onlyRefused());
    await vi.advanceTimersByTimeAsync(0);
    expect(write.mock.calls).toEqual([[[expect.objectContaining({ state: "queued" })], [key]]]);
  });

  test("is kept though the device was full when it was refused", async () => {
    const requests = serve(() => {
      store.isFull = true;
      return refusal(500);
    });
    void carryOut(completing(milk));
    await vi.runAllTimersAsync();
    expect(requests).toHaveLength(5);
    store.isFull = false;
    serve(() => new Promise(() => {}));
    outbox.insist(onlyRefused());
    await vi.advanceTimersByTimeAsync(0);
    expect([...store.records.values()]).toMatchObject([{ state: "queued", changes: [{ kind: "complete" }] }]);
    expect(outbox.getState()).toMatchObject({ pending: 1, isAtRisk: false });
  });
});

describe("taking over what windows that are gone have left", () => {
  let store: MemoryStore;
  let isPresent: boolean;

  beforeEach(() => {
    store = new MemoryStore();
    isPresent = true;
    outbox = outboxOf(client, store, { isPresent: () => isPresent });
  });

  function leave(...records: ChangeRecord[]): void {
    for (const record of records) {
      store.records.set(record.key, record);
    }
  }

  test("sends it in the order in which it was made, ahead of what was made here since", async () => {
    isPresent = false;
    void carryOut(patching(milk, { title: "Oat milk" }));
    leave(leftBehind("b", 2, completing(bread), [bread]), leftBehind("a", 1, reopening(bread), [bread]));
    await outbox.adopt();
    expect(outbox.getState().pending).toBe(3);
    const requests = serve(() => json({ ...bread, revision: 2 }));
    isPresent = true;
    outbox.resume();
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(0));
    expect(pathsOf(requests)).toEqual([
      "POST /api/v1/tasks/bread/reopen",
      "POST /api/v1/tasks/bread/complete",
      "PATCH /api/v1/tasks/milk",
    ]);
  });

  test("takes it once, though the device has no room to say whose it is", async () => {
    serve(() => new Promise(() => {}));
    leave(leftBehind("a", 1, completing(milk), [milk]), {
      state: "refused",
      key: "b/0",
      owner: "gone window",
      order: 2,
      change: completing(bread),
      problem: { status: 422, document: {} },
      retryKey: undefined,
    });
    store.isFull = true;
    await outbox.adopt();
    await outbox.adopt();
    expect(outbox.getState().pending).toBe(1);
    expect(outbox.getState().refused).toHaveLength(1);
  });

  test("leaves it for the next time when the device does not answer, and goes on", async () => {
    leave(leftBehind("a", 1, completing(milk), [milk]));
    vi.spyOn(store, "adopt").mockRejectedValueOnce(new DOMException("Gone.", "InvalidStateError"));
    await outbox.adopt();
    expect(outbox.getState().pending).toBe(0);
    serve(() => new Promise(() => {}));
    await outbox.adopt();
    expect(outbox.getState().pending).toBe(1);
  });

  test("keeps the order of what is made from then on, whatever the clock says", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    serve(() => new Promise(() => {}));
    const orders = () => [...store.records.values()].map(({ order }) => order);
    void carryOut(completing(milk));
    leave(leftBehind("old", NOW.getTime() - 1_000, reopening(milk)));
    await outbox.adopt();
    store.records.delete("old");
    void carryOut(completing(bread));
    leave(leftBehind("late", NOW.getTime() + 1_000, reopening(bread))); // by a clock that went wrong
    await outbox.adopt();
    void carryOut(patching(milk, { priority: 3 }));
    await vi.waitFor(() => expect(store.records.size).toBe(4));
    expect(orders()).toEqual([...new Set(orders())].toSorted((one, other) => one - other));
  });

  test("shows it upon what is newer here, and leaves that when it is refused", async () => {
    const soy = { ...milk, title: "Soy milk", revision: 5 };
    load(ALL, [soy, bread]);
    const answers = new Answers();
    serve(answers.answer);
    leave(leftBehind("a", 1, patching(milk, { priority: 3 }), [milk]));
    await outbox.adopt();
    expect(tasksIn()).toEqual([{ ...soy, priority: 3 }, bread]);
    await answers.give(refusal(422));
    await vi.waitFor(() => expect(outbox.getState().pending).toBe(0));
    expect(tasksIn()).toEqual([soy, bread]);
  });

  test("knows of each task of a batch what the service had, though one was changed ahead of it", async () => {
    const answers = new Answers();
    serve(answers.answer);
    const title = carryOut(patching(milk, { title: "Oat milk" }));
    void outbox.make([patching(milk, { priority: 2 }), patching(bread, { priority: 2 })]);
    await answers.give(json({ ...milk, title: "Oat milk", revision: 2 }));
    await title;
    await vi.waitFor(() => expect(store.records.size).toBe(1));
    serve(() => new Promise(() => {}));
    client = new QueryClient();
    load(ALL, []); // of a window that has not shown them yet
    outbox = outboxOf(client, store, { owner: "second window" });
    await outbox.adopt();
    expect(tasksIn()).toMatchObject([
      { title: "Oat milk", priority: 2 },
      { title: "Bread", priority: 2 },
    ]);
  });
});

describe("a user who is not signed in any more", () => {
  let isPresent: boolean;

  beforeEach(() => {
    isPresent = true;
    outbox = outboxOf(client, new MemoryStore(), { isPresent: () => isPresent });
    holdTime();
  });

  test("has nothing sent until they are back", async () => {
    const requests = serve(() => json({ ...milk, status: "done", revision: 2 }));
    isPresent = false;
    const saved = carryOut(completing(milk));
    await vi.advanceTimersByTimeAsync(60_000);
    outbox.resume();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests).toEqual([]);
    expect(outbox.getState().pending).toBe(1);
    isPresent = true;
    outbox.resume();
    await saved;
    expect(requests).toHaveLength(1);
  });

  test("has nothing tried again that was to be tried again", async () => {
    const requests = serve(() => Promise.reject(noNetwork()));
    void carryOut(completing(milk));
    await vi.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(1);
    isPresent = false;
    await vi.advanceTimersByTimeAsync(60_000);
    outbox.resume();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests).toHaveLength(1);
    expect(outbox.getState()).toMatchObject({ pending: 1, refused: [] });
    isPresent = true;
    outbox.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(2);
  });

  test("has nothing more sent after the answer that was awaited", async () => {
    const answers = new Answers();
    const requests = serve(answers.answer);
    const saved = carryOut(completing(milk));
    void carryOut(completing(bread));
    await vi.advanceTimersByTimeAsync(0);
    isPresent = false;
    await answers.give(json({ ...milk, status: "done", revision: 2 }));
    await saved;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests).toHaveLength(1);
    expect(outbox.getState().pending).toBe(1);
  });
});

describe("a due date that is none", () => {
  const others: [string, TaskPatch, Partial<TaskOut>][] = [
    ["a time of a date that was cleared elsewhere", { due: { time: "09:00" } }, { due: null, due_at: null }],
    ["a year of five digits", { due: { date: "12026-12-01" } }, { title: "Rye bread" }],
  ];

  test.each(others)(
    "is the service's to refuse, and what comes behind it goes on: %s",
    async (_what, patch, elsewhere) => {
      load(TODAY, [bread]);
      const answers = new Answers();
      const requests = serve(answers.answer);
      const current = { ...bread, ...elsewhere, revision: 5 };
      const refused = carryOut(patching(bread, patch));
      const next = carryOut(completing(milk));
      outbox.receive({ tasks: [current], gone: [] });
      await answers.give(refusal(412, { current }));
      if (patch.due?.date !== undefined) {
        await answers.give(refusal(422)); // nobody else has changed the date: it is tried upon the newer version
      }
      await expect(refused).rejects.toThrow();
      await answers.give(json({ ...milk, status: "done", revision: 6 }));
      await next;
      expect(requests.at(-1)?.url.pathname).toBe("/api/v1/tasks/milk/complete");
      expect(tasksIn()).toEqual([current]);
    },
  );

  test("is the service's to refuse in a new task, too", async () => {
    load(TODAY, [bread]);
    serve(({ url }) =>
      url.pathname.endsWith("/complete") ? json({ ...milk, status: "done", revision: 2 }) : refusal(422),
    );
    const refused = carryOut(creating({ title: "Tea", due: { date: "12026-12-01" } }, NOW));
    const next = carryOut(completing(milk));
    await expect(refused).rejects.toThrow();
    await next;
    expect(tasksIn()).toEqual([bread]);
  });
});
