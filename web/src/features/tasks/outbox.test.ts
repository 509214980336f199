import { InfiniteQueryObserver } from "@tanstack/react-query";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { deferred } from "../../testing/deferred";
import { type Answer, json, noNetwork, refusal, type SentRequest, serve } from "../../testing/service";
import {
  ALL,
  Answers,
  bread,
  carryOut,
  client,
  DAY,
  haveWindow,
  keysOf,
  load,
  milk,
  NOW,
  onlyPending,
  outbox,
  TODAY,
  tasksIn,
  titlesIn,
} from "../../testing/task-window";
import { taskOf } from "../../testing/tasks";
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
} from "./task-changes";
import { labelsQuery, taskListQuery } from "./task-queries";
import type { TaskView } from "./view";

haveWindow();

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
