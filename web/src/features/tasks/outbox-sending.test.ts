import { beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { ExclusiveLocks } from "../../testing/locks";
import { MemoryStore } from "../../testing/outbox";
import { type Answer, json, noNetwork, refusal, type SentRequest, serve } from "../../testing/service";
import {
  ALL,
  Answers,
  bread,
  carryOut,
  haveWindow,
  holdTime,
  keysOf,
  load,
  milk,
  onlyRefused,
  outbox,
  replaceOutbox,
  tasksIn,
  titlesIn,
} from "../../testing/task-window";
import { completing, deleting, patching, reopening, restoring, type TaskChange } from "./task-changes";

haveWindow();

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

describe("a session that has ended", () => {
  test("keeps the changes that were made meanwhile, and asks nothing more of the service", async () => {
    vi.stubGlobal("navigator", { onLine: true, locks: new ExclusiveLocks() });
    const store = new MemoryStore();
    replaceOutbox(store);
    const requests = serve(() => refusal(401));
    void carryOut(completing(milk));
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(0));
    expect(outbox.getState()).toMatchObject({ pending: 1, refused: [] });
    expect(titlesIn()).toEqual(["Bread"]);
    expect([...store.records.values()]).toMatchObject([{ state: "queued", changes: [{ kind: "complete" }] }]);
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
    replaceOutbox(store);
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

describe("a user who is not signed in any more", () => {
  let isPresent: boolean;

  beforeEach(() => {
    isPresent = true;
    replaceOutbox(new MemoryStore(), { isPresent: () => isPresent });
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
