import { InfiniteQueryObserver, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { deferred } from "../../testing/deferred";
import { type Answer, json, noNetwork, refusal, type SentRequest, serve } from "../../testing/service";
import { taskOf } from "../../testing/tasks";
import { useDraft } from "./draft";
import { taskChangeOptions, useTaskChange } from "./task-change-mutation";
import {
  completing,
  creating,
  deleting,
  isPending,
  patching,
  reopening,
  restoring,
  type TaskChange,
  titleOf,
} from "./task-changes";
import { applyChanges, labelsQuery, taskListQuery } from "./task-queries";
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

beforeEach(() => {
  client = new QueryClient();
  load(ALL, [milk, bread]);
});

afterEach(() => {
  client.clear();
  sessionStorage.clear();
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

/** Carry a change out as the app does; resolves or rejects when it is through. */
function carryOut(change: TaskChange): Promise<TaskOut | undefined> {
  const carriedOut = client.getMutationCache().build(client, taskChangeOptions(client)).execute(change);
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

  test("is taken back when nobody answers for long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const requests = serve(() => Promise.reject(noNetwork()));
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
    await vi.waitFor(() => expect(titlesIn()).toEqual(["Oat milk", "Rye bread", "Tea"]));
    expect(bodies()).toEqual([{ title: "Oat milk" }]);

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
    applyChanges(client, { tasks: [], gone: ["milk"] });
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
    applyChanges(client, { tasks: [{ ...milk, title: "Soy milk", revision: 5 }], gone: [] });
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
    ["is still there to be sent again when it was refused", () => refusal(422), "Tea"],
    ["is not there any more when it was saved", () => json(taskOf({ id: "tea" }), 201), ""],
  ])("%s", async (_what, answer, draft) => {
    serve(answer);
    await carryOut(creating({ title: "Tea" }, NOW)).catch(() => undefined);
    expect(renderHook(useDraft).result.current).toBe(draft);
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

describe("whoever carries changes out", () => {
  function renderChanges(onFailure: (change: TaskChange, error: Error) => void) {
    return renderHook(() => useTaskChange(onFailure), {
      wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
    });
  }

  test("hears of the change that was taken back, and why", async () => {
    serve(() => refusal(422, { detail: "No." }));
    const onFailure = vi.fn();
    const { result } = renderChanges(onFailure);
    const change = patching(milk, { title: "Oat milk" });
    result.current.mutate(change);
    await waitFor(() => expect(onFailure).toHaveBeenCalledOnce());
    expect(onFailure).toHaveBeenCalledWith(change, expect.any(ApiProblem));
    expect(onFailure.mock.calls[0]?.[1]).toMatchObject({ status: 422, message: "No." });
    expect(tasksIn()).toEqual([milk, bread]);
  });

  test("hears nothing of those that were saved", async () => {
    serve(() => json({ ...milk, title: "Oat milk", revision: 2 }));
    const onFailure = vi.fn();
    const { result } = renderChanges(onFailure);
    result.current.mutate(patching(milk, { title: "Oat milk" }));
    await waitFor(() => expect(result.current.isSuccess).toBe(true));
    expect(onFailure).not.toHaveBeenCalled();
  });
});
