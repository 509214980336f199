import { beforeEach, describe, expect, test, vi } from "vitest";
import { deferred } from "../../testing/deferred";
import { MemoryStore } from "../../testing/outbox";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import {
  ALL,
  Answers,
  bread,
  carryOut,
  haveWindow,
  holdTime,
  keysOf,
  leftBehind,
  load,
  milk,
  NOW,
  onlyRefused,
  outbox,
  pathsOf,
  replaceClient,
  replaceOutbox,
  tasksIn,
  titlesIn,
} from "../../testing/task-window";
import { taskOf } from "../../testing/tasks";
import type { ChangeRecord, ChangeStore } from "./record-keeper";
import { completing, creating, isPending, patching, reopening } from "./task-changes";

haveWindow();

describe("a window that goes away", () => {
  let store: MemoryStore;

  beforeEach(() => {
    store = new MemoryStore();
    replaceOutbox(store, { owner: "first window" });
  });

  /** Open another window, which shows what the device has kept of the lists: what was there at first. */
  async function openAnother(): Promise<void> {
    replaceClient();
    load(ALL, [milk, bread]);
    replaceOutbox(store, { owner: "second window" });
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
    replaceOutbox(store);
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
    replaceOutbox(store);
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
    replaceOutbox(store);
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
    replaceOutbox(store);
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
    replaceOutbox(store);
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

describe("taking over what windows that are gone have left", () => {
  let store: MemoryStore;
  let isPresent: boolean;

  beforeEach(() => {
    store = new MemoryStore();
    isPresent = true;
    replaceOutbox(store, { isPresent: () => isPresent });
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
    replaceClient();
    load(ALL, []); // of a window that has not shown them yet
    replaceOutbox(store, { owner: "second window" });
    await outbox.adopt();
    expect(tasksIn()).toMatchObject([
      { title: "Oat milk", priority: 2 },
      { title: "Bread", priority: 2 },
    ]);
  });
});
