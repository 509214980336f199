import { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SyncAnswer, TaskOut } from "../../api/generated/taskfleet.schemas";
import { UnreachableError } from "../../api/problem";
import { caughtUpRevision } from "../../device/kept-queries";
import { type Deferred, deferred } from "../../testing/deferred";
import { FakeEventSource } from "../../testing/event-source";
import { MemoryStore, outboxOf } from "../../testing/outbox";
import { json, noNetwork, refusal, type SentRequest, serve } from "../../testing/service";
import { taskOf } from "../../testing/tasks";
import { unreadQuery } from "../notifications/notices";
import type { Outbox } from "../tasks/outbox";
import { completing, creating } from "../tasks/task-changes";
import { applyChanges, labelsQuery, listsQuery, taskListQuery } from "../tasks/task-queries";
import { Catcher, followRevisions } from "./live-updates";

const ALL = taskListQuery({ kind: "all" }, { today: "2026-12-01", timezone: "UTC" });

let client: QueryClient;

beforeEach(() => {
  client = new QueryClient();
});

afterEach(() => {
  client.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Have a list of all tasks loaded to its end. */
function load(...items: TaskOut[]): void {
  client.setQueryData(ALL.queryKey, { pages: [{ items, next_cursor: null }], pageParams: [undefined] });
}

function idsShown(): string[] | undefined {
  return client.getQueryData(ALL.queryKey)?.pages.flatMap(({ items }) => items.map(({ id }) => id));
}

function changesUpTo(revision: number, members: Partial<SyncAnswer> = {}): Response {
  const nothing = { has_more: false, reset: false, tasks: [], lists: [], deleted: { tasks: [], lists: [] } };
  return json({ ...nothing, revision, ...members });
}

/** A service that has made one task with each revision: `task-7` with 7. */
class Revisions {
  present: number;
  pageSize = 100;

  constructor(present: number) {
    this.present = present;
  }

  readonly answer = ({ url }: SentRequest): Response => {
    const since = sinceOf(url);
    const revision = Math.min(since + this.pageSize, this.present);
    const tasks = Array.from({ length: revision - since }, (_, index) => taskOfRevision(since + index + 1));
    return changesUpTo(revision, { has_more: revision < this.present, tasks });
  };
}

function taskOfRevision(revision: number): TaskOut {
  return taskOf({ id: `task-${revision}`, position: `a${revision}`, revision });
}

function sinceOf(url: URL): number {
  return Number(url.searchParams.get("since"));
}

function sincesOf(requests: readonly SentRequest[]): number[] {
  return requests.map(({ url }) => sinceOf(url));
}

describe("catching up with a revision", () => {
  test("notes how current everything is by then", async () => {
    serve(new Revisions(6).answer);
    await new Catcher(client, outboxOf(client), 4).catchUp(6);
    expect(caughtUpRevision(client)).toBe(6);
  });

  test("asks for what changed since the one that is known, and shows it", async () => {
    load(taskOf({ id: "milk", position: "a0" }), taskOf({ id: "bread", position: "a1" }));
    const requests = serve(() =>
      changesUpTo(6, {
        tasks: [taskOf({ id: "tea", position: "a05" })],
        deleted: { tasks: ["bread"], lists: [] },
      }),
    );
    await new Catcher(client, outboxOf(client), 4).catchUp(6);
    expect(requests.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(["GET /api/v1/sync"]);
    expect(sincesOf(requests)).toEqual([4]);
    expect(idsShown()).toEqual(["milk", "tea"]);
  });

  test("asks for one page after the other, as long as there are more", async () => {
    load();
    const revisions = new Revisions(8);
    revisions.pageSize = 3;
    const requests = serve(revisions.answer);
    await new Catcher(client, outboxOf(client), 1).catchUp(8);
    expect(sincesOf(requests)).toEqual([1, 4, 7]);
    expect(idsShown()).toEqual([2, 3, 4, 5, 6, 7, 8].map((revision) => `task-${revision}`));
  });

  test.each([4, 3])("asks for nothing when it is here already: %i", async (revision) => {
    const requests = serve(new Revisions(4).answer);
    await new Catcher(client, outboxOf(client), 4).catchUp(revision);
    expect(requests).toEqual([]);
  });

  test("goes on from where it came to", async () => {
    const requests = serve(new Revisions(9).answer);
    const catcher = new Catcher(client, outboxOf(client), 4);
    await catcher.catchUp(5);
    await catcher.catchUp(9);
    expect(sincesOf(requests)).toEqual([4]); // the first answer told all nine
    await catcher.catchUp(10);
    expect(sincesOf(requests)).toEqual([4, 9]);
  });

  test("does not ask again and again for what is not to be had yet", async () => {
    const requests = serve(new Revisions(4).answer);
    await new Catcher(client, outboxOf(client), 4).catchUp(6);
    expect(sincesOf(requests)).toEqual([4]);
  });
});

describe("notices", () => {
  const isStale = () => client.getQueryState(unreadQuery.queryKey)?.isInvalidated;

  beforeEach(() => {
    client.setQueryData(unreadQuery.queryKey, { items: [], next_cursor: null, unread_count: 0 });
  });

  test("are left alone where each revision is that of a task or a list", async () => {
    serve(() =>
      changesUpTo(6, { tasks: [taskOf({ id: "tea", revision: 5 }), taskOf({ id: "milk", revision: 6 })] }),
    );
    await new Catcher(client, outboxOf(client), 4).catchUp(6);
    expect(isStale()).toBe(false);
  });

  test("are asked for again where one is of something else, as a notice is", async () => {
    serve(() =>
      changesUpTo(6, { tasks: [taskOf({ id: "tea", revision: 6 }), taskOf({ id: "milk", revision: 6 })] }),
    );
    await new Catcher(client, outboxOf(client), 4).catchUp(6);
    expect(isStale()).toBe(true);
  });

  test("are left alone where nothing has happened", async () => {
    serve(() => changesUpTo(4));
    await new Catcher(client, outboxOf(client), 4).check();
    expect(isStale()).toBe(false);
  });

  test("are asked for again where everything is", async () => {
    serve(() => changesUpTo(4, { reset: true }));
    await new Catcher(client, outboxOf(client), 4).check();
    expect(isStale()).toBe(true);
  });
});

describe("checking", () => {
  test("asks once, and is content if nothing has changed", async () => {
    load(taskOf({ id: "milk" }));
    const before = client.getQueryData(ALL.queryKey);
    const requests = serve(new Revisions(4).answer);
    await new Catcher(client, outboxOf(client), 4).check();
    expect(sincesOf(requests)).toEqual([4]);
    expect(client.getQueryData(ALL.queryKey)).toBe(before);
  });

  test("brings all that has changed", async () => {
    load();
    serve(new Revisions(6).answer);
    await new Catcher(client, outboxOf(client), 4).check();
    expect(idsShown()).toEqual(["task-5", "task-6"]);
  });

  test("asks for one page after the other, too", async () => {
    load();
    const revisions = new Revisions(6);
    revisions.pageSize = 1;
    const requests = serve(revisions.answer);
    await new Catcher(client, outboxOf(client), 4).check();
    expect(sincesOf(requests)).toEqual([4, 5]);
    expect(idsShown()).toEqual(["task-5", "task-6"]);
  });
});

describe("a task that is being added here", () => {
  const tea = taskOf({ id: "tea", title: "Tea", position: "a2", revision: 5 });
  let added: Deferred<Response>;
  let caughtUp: Promise<void>;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    load();
    added = deferred();
    const requests = serve(({ method }) =>
      method === "POST" ? added.promise : changesUpTo(5, { tasks: [tea] }),
    );
    const outbox = outboxOf(client);
    void outbox.make([creating({ title: "Tea" })]);
    await vi.advanceTimersByTimeAsync(0);
    caughtUp = new Catcher(client, outbox, 4).catchUp(5);
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  test("is shown once, though the news of it are here before the answer", async () => {
    expect(idsShown()).toEqual([expect.stringContaining("pending-")]);
    added.resolve(json(tea, 201));
    await caughtUp;
    expect(idsShown()).toEqual(["tea"]);
  });

  test("keeps nobody from the news when its answer does not come", async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    await caughtUp;
    expect(idsShown()).toContain("tea");
  });
});

describe("a user who is not signed in any more", () => {
  test("has nothing asked for", async () => {
    const requests = serve(new Revisions(6).answer);
    const outbox = outboxOf(client, new MemoryStore(), { isPresent: () => false });
    await new Catcher(client, outbox, 4).check();
    expect(requests).toEqual([]);
  });

  test("is shown nothing of what was asked for: it may be somebody else's", async () => {
    load(taskOf({ id: "milk" }));
    let isPresent = true;
    const revisions = new Revisions(8);
    revisions.pageSize = 2;
    const requests = serve((request) => {
      isPresent = false;
      return revisions.answer(request);
    });
    const catcher = new Catcher(
      client,
      outboxOf(client, new MemoryStore(), { isPresent: () => isPresent }),
      4,
    );
    await catcher.catchUp(8);
    expect(requests).toHaveLength(1);
    expect(idsShown()).toEqual(["milk"]);
    expect(caughtUpRevision(client)).toBeUndefined();
    isPresent = true;
    const again = serve(revisions.answer);
    await catcher.catchUp(8);
    expect(sincesOf(again)).toEqual([4, 6]);
  });

  test("is shown all of it once they are back", async () => {
    load();
    let isPresent = false;
    serve(new Revisions(6).answer);
    const catcher = new Catcher(
      client,
      outboxOf(client, new MemoryStore(), { isPresent: () => isPresent }),
      4,
    );
    await catcher.catchUp(5);
    isPresent = true;
    await catcher.catchUp(6);
    expect(idsShown()).toEqual(["task-5", "task-6"]);
  });
});

describe("calls while one is under way", () => {
  test("do not ask at the same time, but once more after it", async () => {
    load();
    const revisions = new Revisions(5);
    const first = deferred<void>();
    let atOnce = 0;
    let most = 0;
    const requests = serve(async (request) => {
      const answer = revisions.answer(request);
      atOnce += 1;
      most = Math.max(most, atOnce);
      await first.promise;
      atOnce -= 1;
      return answer;
    });
    const catcher = new Catcher(client, outboxOf(client), 4);
    const calls = [catcher.catchUp(5)];
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    revisions.present = 8;
    calls.push(catcher.catchUp(6), catcher.catchUp(8), catcher.catchUp(7));
    first.resolve();
    await Promise.all(calls);
    expect(most).toBe(1);
    expect(sincesOf(requests)).toEqual([4, 5]);
    expect(idsShown()).toEqual(["task-5", "task-6", "task-7", "task-8"]);
  });

  test("ask for what was told while a check found nothing new", async () => {
    load();
    const revisions = new Revisions(4);
    const first = deferred();
    const requests = serve(async (request) => {
      const answer = revisions.answer(request);
      await first.promise;
      return answer;
    });
    const catcher = new Catcher(client, outboxOf(client), 4);
    const checked = catcher.check();
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    revisions.present = 5;
    const caughtUp = catcher.catchUp(5);
    first.resolve();
    await Promise.all([checked, caughtUp]);
    expect(sincesOf(requests)).toEqual([4, 4]);
    expect(idsShown()).toEqual(["task-5"]);
  });

  test("cost nothing more when the answer brings what they want", async () => {
    const requests = serve(new Revisions(8).answer);
    const catcher = new Catcher(client, outboxOf(client), 4);
    await Promise.all([catcher.catchUp(5), catcher.catchUp(8)]);
    expect(sincesOf(requests)).toEqual([4]);
  });
});

describe("a list that is loading while something changes", () => {
  const old = taskOf({ id: "milk", title: "Milk", position: "a0", revision: 4 });

  /** Let the list be read before a change, and arrive after it. */
  async function loadMeanwhile(changes: Partial<SyncAnswer>): Promise<void> {
    const page = deferred<Response>();
    const requests = serve(({ url }) =>
      url.pathname === "/api/v1/tasks" ? page.promise : changesUpTo(5, changes),
    );
    const loaded = client.fetchInfiniteQuery(ALL);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    await new Catcher(client, outboxOf(client), 4).catchUp(5);
    page.resolve(json({ items: [old], next_cursor: null }));
    await loaded;
  }

  test("shows a task as it has become", async () => {
    const present = { ...old, title: "Oat milk", revision: 5 };
    await loadMeanwhile({ tasks: [present] });
    expect(client.getQueryData(ALL.queryKey)?.pages[0]?.items).toEqual([present]);
  });

  test("shows a task that has come", async () => {
    await loadMeanwhile({ tasks: [taskOfRevision(5)] });
    expect(idsShown()).toEqual(["milk", "task-5"]);
  });

  test("does not show a task that is gone", async () => {
    await loadMeanwhile({ deleted: { tasks: ["milk"], lists: [] } });
    expect(idsShown()).toEqual([]);
  });
});

describe("a list that is loaded in part", () => {
  const [milk, bread, tea] = ["milk", "bread", "tea"].map((id, number) =>
    taskOf({ id, position: `a${number}`, revision: 4 }),
  ) as [TaskOut, TaskOut, TaskOut];

  beforeEach(async () => {
    serve(({ url }) =>
      url.searchParams.has("cursor")
        ? json({ items: [tea], next_cursor: null })
        : json({ items: [milk, bread], next_cursor: "after bread" }),
    );
    await client.fetchInfiniteQuery(ALL);
  });

  test("gets its last task back where it was", () => {
    applyChanges(client, { tasks: [], gone: ["bread"] });
    expect(idsShown()).toEqual(["milk"]);
    applyChanges(client, { tasks: [bread], gone: [] });
    expect(idsShown()).toEqual(["milk", "bread"]);
  });

  test("shows what has changed before its next page only once when that comes", async () => {
    const observer = new InfiniteQueryObserver(client, ALL);
    const stopShowing = observer.subscribe(() => {});
    applyChanges(client, { tasks: [{ ...milk, title: "Oat milk", revision: 5 }], gone: [] });
    await observer.fetchNextPage();
    expect(idsShown()).toEqual(["milk", "bread", "tea"]);
    stopShowing();
  });
});

describe("when the service says to begin anew", () => {
  test("the lists are loaded again, and what follows is applied to them", async () => {
    load(taskOf({ id: "long gone" }));
    const requests = serve(({ url }) =>
      url.pathname === "/api/v1/tasks"
        ? json({ items: [taskOf({ id: "milk", position: "a0" })], next_cursor: null })
        : changesUpTo(90, { reset: true, tasks: [taskOfRevision(90)] }),
    );
    await client.fetchInfiniteQuery({ ...ALL, staleTime: 0 }); // so that it knows how to be loaded
    load(taskOf({ id: "long gone" }));
    const stopShowing = show(ALL);
    await new Catcher(client, outboxOf(client), 4).catchUp(90);
    expect(requests.filter(({ url }) => url.pathname === "/api/v1/tasks")).toHaveLength(2);
    expect(idsShown()).toEqual(["milk", "task-90"]);
    stopShowing();
  });

  test("it goes on through revisions that are counted below zero", async () => {
    const answers = [
      changesUpTo(-30, { reset: true, has_more: true, tasks: [taskOfRevision(30)] }),
      changesUpTo(60, { has_more: true, tasks: [taskOfRevision(60)] }),
      changesUpTo(90, { tasks: [taskOfRevision(90)] }),
    ];
    const requests = serve(({ url }) =>
      url.pathname === "/api/v1/tasks"
        ? json({ items: [], next_cursor: null })
        : (answers.shift() ?? changesUpTo(90)),
    );
    await client.fetchInfiniteQuery(ALL);
    const stopShowing = show(ALL);
    await new Catcher(client, outboxOf(client), 4).catchUp(90);
    expect(sincesOf(requests.filter(({ url }) => url.pathname === "/api/v1/sync"))).toEqual([4, -30, 60]);
    expect(idsShown()).toEqual(["task-30", "task-60", "task-90"]);
    stopShowing();
  });

  test("a list that is not on screen is forgotten, so that it is asked for when it is opened", async () => {
    load(taskOf({ id: "long gone" }));
    serve(() => changesUpTo(90, { reset: true }));
    await new Catcher(client, outboxOf(client), 4).catchUp(90);
    expect(idsShown()).toBeUndefined();
  });

  test("it has not begun before the lists are here", async () => {
    load(taskOf({ id: "long gone" }));
    serve(({ url }) =>
      url.pathname === "/api/v1/tasks" ? Promise.reject(noNetwork()) : changesUpTo(90, { reset: true }),
    );
    const stopShowing = show({ ...ALL, retry: false });
    await expect(new Catcher(client, outboxOf(client), 4).catchUp(90)).rejects.toThrow();
    expect(caughtUpRevision(client)).toBeUndefined();
    stopShowing();
  });

  test("and only then: lists are not loaded again otherwise", async () => {
    load();
    const requests = serve(new Revisions(6).answer);
    const stopShowing = show(ALL);
    await new Catcher(client, outboxOf(client), 4).catchUp(6);
    expect(requests.map(({ url }) => url.pathname)).toEqual(["/api/v1/sync"]);
    stopShowing();
  });
});

describe("lists and labels", () => {
  const list = { id: "list-a", name: "Home", color: null, archived: false, position: "a0", revision: 5 };

  beforeEach(() => {
    client.setQueryData(listsQuery.queryKey, []);
    client.setQueryData(labelsQuery.queryKey, []);
  });

  function isOutdated(key: readonly unknown[]): boolean | undefined {
    return client.getQueryState(key)?.isInvalidated;
  }

  test.each([
    ["one has changed", { lists: [list] }, true],
    ["one is gone", { deleted: { tasks: [], lists: ["list-a"] } }, true],
    ["all begins anew, without any list", { reset: true }, true],
    ["only tasks have changed", { tasks: [taskOfRevision(5)] }, false],
  ])("the lists are asked for again if needed: %s", async (_what, members, isExpected) => {
    serve(() => changesUpTo(5, members));
    await new Catcher(client, outboxOf(client), 4).catchUp(5);
    expect(isOutdated(listsQuery.queryKey)).toBe(isExpected);
  });

  test.each([
    ["tasks have changed", { tasks: [taskOfRevision(5)] }, true],
    ["one is gone", { deleted: { tasks: ["task-4"], lists: [] } }, true],
    ["all begins anew, without any task", { reset: true }, true],
    ["only lists have changed", { lists: [list] }, false],
  ])("the labels are asked for again if needed: %s", async (_what, members, isExpected) => {
    serve(() => changesUpTo(5, members));
    await new Catcher(client, outboxOf(client), 4).catchUp(5);
    expect(isOutdated(labelsQuery.queryKey)).toBe(isExpected);
  });
});

describe("when nobody answers", () => {
  test("it rejects, and the next call tries again from the same revision", async () => {
    load();
    const revisions = new Revisions(6);
    let isAway = true;
    const requests = serve((request) => (isAway ? Promise.reject(noNetwork()) : revisions.answer(request)));
    const catcher = new Catcher(client, outboxOf(client), 4);
    await expect(catcher.catchUp(6)).rejects.toBeInstanceOf(UnreachableError);
    isAway = false;
    await catcher.catchUp(6);
    expect(sincesOf(requests)).toEqual([4, 4]);
    expect(idsShown()).toEqual(["task-5", "task-6"]);
  });

  test("what came before the failure is not asked for twice", async () => {
    const revisions = new Revisions(6);
    revisions.pageSize = 1;
    const failures = new Set([2]);
    const requests = serve((request) =>
      failures.has(requests.length) ? Promise.reject(noNetwork()) : revisions.answer(request),
    );
    const catcher = new Catcher(client, outboxOf(client), 4);
    await expect(catcher.catchUp(6)).rejects.toThrow();
    await catcher.catchUp(6);
    expect(sincesOf(requests)).toEqual([4, 5, 5]);
  });

  test("those who waited for it as well are rejected too", async () => {
    serve(() => Promise.reject(noNetwork()));
    const catcher = new Catcher(client, outboxOf(client), 4);
    const outcomes = await Promise.allSettled([catcher.catchUp(5), catcher.catchUp(6)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});

describe("following the revisions", () => {
  let revisions: Revisions;
  let requests: readonly SentRequest[];
  let outbox: Outbox;
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.stubGlobal("EventSource", FakeEventSource);
    FakeEventSource.forgetAll();
    load();
    revisions = new Revisions(4);
    requests = serve((request) => revisions.answer(request));
    outbox = outboxOf(client);
    stop = followRevisions(new Catcher(client, outbox, 4));
  });

  afterEach(() => {
    stop();
  });

  function stream(): FakeEventSource {
    const newest = FakeEventSource.opened.at(-1);
    if (newest === undefined) {
      throw new Error("No stream was opened.");
    }
    return newest;
  }

  /** Let everything happen that needs no more than this time. */
  async function elapse(milliseconds = 0): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
  }

  test("opens one stream of events", () => {
    expect(FakeEventSource.opened.map(({ url }) => url)).toEqual(["/api/v1/events"]);
  });

  test("shows what a told revision brought", async () => {
    revisions.present = 5;
    stream().tell(5);
    await elapse();
    expect(idsShown()).toEqual(["task-5"]);
  });

  test("asks what was missed when the stream opens, and when it opens again", async () => {
    revisions.present = 5;
    stream().begin();
    await elapse();
    expect(idsShown()).toEqual(["task-5"]);
    stream().interrupt();
    revisions.present = 6;
    stream().begin();
    await elapse();
    expect(idsShown()).toEqual(["task-5", "task-6"]);
  });

  test("sends at once what waits to be sent again, when the stream opens", async () => {
    const milk = taskOf({ id: "milk" });
    requests = serve(() => Promise.reject(noNetwork()));
    const saved = outbox.make([completing(milk)]);
    await elapse();
    expect(requests).toHaveLength(1);
    requests = serve(({ method }) =>
      method === "POST" ? json({ ...milk, status: "done", revision: 5 }) : changesUpTo(4),
    );
    stream().begin();
    await elapse();
    expect(requests.map(({ method }) => method).toSorted()).toEqual(["GET", "POST"]);
    expect(await saved).toMatchObject([{ isSaved: true }]);
  });

  test("leaves a lost connection to the browser, which connects again by itself", async () => {
    stream().begin();
    stream().interrupt();
    await elapse(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  test("opens another stream some seconds after the browser gave up", async () => {
    stream().refuse();
    await elapse(1_000);
    expect(FakeEventSource.opened).toHaveLength(1);
    await elapse(10_000);
    expect(FakeEventSource.unclosed).toHaveLength(1);
    revisions.present = 5;
    stream().tell(5);
    await elapse();
    expect(idsShown()).toEqual(["task-5"]);
  });

  test("first sends a request that can renew the session, which a stream cannot", async () => {
    const order: string[] = [];
    requests = serve((request) => {
      order.push(`asked while ${FakeEventSource.opened.length} opened`);
      return revisions.answer(request);
    });
    stream().refuse();
    await elapse(10_000);
    expect(order).toEqual(["asked while 1 opened"]);
    expect(FakeEventSource.opened).toHaveLength(2);
  });

  test("keeps trying while the service is away", async () => {
    requests = serve(() => Promise.reject(noNetwork()));
    for (const attempt of [1, 2, 3]) {
      stream().refuse();
      await elapse(10_000);
      expect(FakeEventSource.opened).toHaveLength(attempt + 1);
    }
    expect(requests.length).toBeGreaterThan(3);
  });

  test("asks again by itself when the service did not answer, though the stream says nothing more", async () => {
    requests = serve(() => refusal(503));
    revisions.present = 5;
    stream().tell(5);
    await elapse(5_000);
    requests = serve(revisions.answer);
    await elapse(10_000);
    expect(idsShown()).toEqual(["task-5"]);
    const asked = requests.length;
    await elapse(60_000);
    expect(requests).toHaveLength(asked);
  });

  test("a word that could not be followed is made good by the next one", async () => {
    requests = serve(() => Promise.reject(noNetwork()));
    stream().tell(5);
    await elapse();
    requests = serve(revisions.answer);
    revisions.present = 6;
    stream().tell(6);
    await elapse();
    expect(idsShown()).toEqual(["task-5", "task-6"]);
  });

  test("ends when it is told to", async () => {
    stop();
    expect(FakeEventSource.unclosed).toEqual([]);
    await elapse(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  test("ends when it is told to while it waits to open another stream", async () => {
    stream().refuse();
    stop();
    await elapse(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
    expect(requests).toEqual([]);
  });

  test("ends when it is told to while it asks what was missed before it opens another stream", async () => {
    const missed = deferred<Response>();
    requests = serve(() => missed.promise);
    stream().refuse();
    await elapse(10_000);
    expect(requests).toHaveLength(1);
    stop();
    missed.resolve(changesUpTo(4));
    await elapse(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});

/** Look at a query as a page does, so that it counts as shown. */
function show(options: typeof ALL): () => void {
  const observer = new InfiniteQueryObserver(client, options);
  return observer.subscribe(() => {});
}
