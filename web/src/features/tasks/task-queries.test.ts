import { InfiniteQueryObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { deferred } from "../../testing/deferred";
import { json, noNetwork, type SentRequest, serve } from "../../testing/service";
import { taskOf } from "../../testing/tasks";
import { applyChanges, shownTaskListQuery, taskListQuery, taskQuery } from "./task-queries";
import type { TaskView } from "./view";

const DAY = { today: "2026-12-01", timezone: "UTC" };
const NEXT_DAY = { ...DAY, today: "2026-12-02" };
const ELSEWHERE = { ...DAY, timezone: "Asia/Tokyo" };
const ALL: TaskView = { kind: "all" };
const INBOX: TaskView = { kind: "inbox" };
const TODAY: TaskView = { kind: "today" };
const CALENDAR: TaskView = { kind: "calendar", first: "2026-12-01", last: "2026-12-31" };

const milk = taskOf({ id: "milk", position: "a0", revision: 3 });
const bread = taskOf({ id: "bread", position: "a1", list_id: "list-a", revision: 3 });
const tea = taskOf({ id: "tea", position: "a2", revision: 3 });

let client: QueryClient;
let stops: (() => void)[];

beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  stops = [];
});

afterEach(() => {
  for (const stop of stops) {
    stop();
  }
  client.clear();
  vi.unstubAllGlobals();
});

/** Have a view loaded to its end. */
function put(view: TaskView, items: TaskOut[], day = DAY): void {
  client.setQueryData(taskListQuery(view, day).queryKey, {
    pages: [{ items, next_cursor: null }],
    pageParams: [undefined],
  });
}

/** What is loaded of a view; undefined when it is not. */
function shownIn(view: TaskView, day = DAY): string[] | undefined {
  return client
    .getQueryData(taskListQuery(view, day).queryKey)
    ?.pages.flatMap(({ items }) => items.map(({ id }) => id));
}

/** Open a view as a page does; returns how to leave it. */
function open(view: TaskView, day = DAY): () => void {
  const stop = new InfiniteQueryObserver(client, shownTaskListQuery(client, view, day)).subscribe(() => {});
  stops.push(stop);
  return stop;
}

function pageOf(...items: TaskOut[]): Response {
  return json({ items, next_cursor: null });
}

function fetching(): number {
  return client.isFetching();
}

/** Load a view, to which the service answers these tasks. */
async function load(client: QueryClient, view: TaskView, items: readonly TaskOut[]) {
  const requests = serve(() => json({ items, next_cursor: null }));
  await client.fetchInfiniteQuery(taskListQuery(view, DAY));
  return requests;
}

function idsIn(client: QueryClient, view: TaskView): string[] {
  const list = client.getQueryData(taskListQuery(view, DAY).queryKey);
  return list?.pages.flatMap((page) => page.items.map(({ id }) => id)) ?? [];
}

function isOutOfDate(client: QueryClient, view: TaskView): boolean {
  return client.getQueryState(taskListQuery(view, DAY).queryKey)?.isInvalidated === true;
}

describe("the trash", () => {
  const view: TaskView = { kind: "trash" };
  const deleted = taskOf({ id: "a", revision: 5 });

  test("is asked for again when something was deleted, and no other list is", async () => {
    const client = new QueryClient();
    await load(client, view, []);
    await load(client, { kind: "all" }, [taskOf({ id: "a" })]);
    applyChanges(client, { tasks: [], gone: ["a"] });
    expect(isOutOfDate(client, view)).toBe(true);
    expect(isOutOfDate(client, { kind: "all" })).toBe(false);
    expect(idsIn(client, { kind: "all" })).toEqual([]);
  });

  test("is still asked for again when another task has left it meanwhile", async () => {
    const client = new QueryClient();
    await load(client, view, [deleted]);
    applyChanges(client, { tasks: [], gone: ["b"] });
    applyChanges(client, { tasks: [{ ...deleted, revision: 6 }], gone: [] });
    expect(idsIn(client, view)).toEqual([]);
    expect(isOutOfDate(client, view)).toBe(true);
  });

  test("keeps what is gone from everywhere else, though it is loaded only after the deletion", async () => {
    const client = new QueryClient();
    applyChanges(client, { tasks: [], gone: ["a"] });
    await load(client, view, [deleted]);
    expect(idsIn(client, view)).toEqual(["a"]);
    applyChanges(client, { tasks: [], gone: ["a"] });
    expect(idsIn(client, view)).toEqual(["a"]);
  });

  test("loses a task that is restored, at once and when the service says so", async () => {
    for (const restored of [deleted, { ...deleted, revision: 6 }]) {
      const client = new QueryClient();
      await load(client, view, [deleted]);
      applyChanges(client, { tasks: [restored], gone: [] });
      expect(idsIn(client, view)).toEqual([]);
    }
  });

  test("does not show again what was restored while it was on its way", async () => {
    const client = new QueryClient();
    applyChanges(client, { tasks: [{ ...deleted, revision: 6 }], gone: [] });
    await load(client, view, [deleted]);
    expect(idsIn(client, view)).toEqual([]);
  });

  test("keeps a task of which an older state is told", async () => {
    const client = new QueryClient();
    await load(client, view, [deleted]);
    applyChanges(client, { tasks: [{ ...deleted, revision: 4 }], gone: [] });
    expect(idsIn(client, view)).toEqual(["a"]);
  });
});

describe("a search", () => {
  const view: TaskView = { kind: "search", text: "mil" };

  test("finds parts of words in what other views have loaded, beside what the service finds", async () => {
    const client = new QueryClient();
    await load(client, { kind: "all" }, [
      taskOf({ id: "a", title: "Milk", created_at: "2026-11-02T08:00:00.000Z" }),
      taskOf({ id: "b", title: "Tea" }),
    ]);
    await load(client, view, [taskOf({ id: "c", title: "Mil", created_at: "2026-11-03T08:00:00.000Z" })]);
    expect(idsIn(client, view)).toEqual(["c", "a"]);
  });

  test("finds nothing of the trash", async () => {
    const client = new QueryClient();
    await load(client, { kind: "trash" }, [taskOf({ id: "a", title: "Milk" })]);
    await load(client, view, []);
    expect(idsIn(client, view)).toEqual([]);
  });

  test("shows a result as it is now, where it stands", async () => {
    const client = new QueryClient();
    const results = [
      taskOf({ id: "b", title: "Milk", created_at: "2026-11-02T08:00:00.000Z" }),
      taskOf({ id: "a", title: "Mild soap", created_at: "2026-11-01T08:00:00.000Z" }),
    ];
    await load(client, view, results);
    applyChanges(client, {
      tasks: results.map((task) => ({ ...task, status: "done", revision: 2 })),
      gone: [],
    });
    expect(idsIn(client, view)).toEqual(["b", "a"]);
    applyChanges(client, { tasks: [{ ...results[0], title: "Tea", revision: 3 } as TaskOut], gone: ["a"] });
    expect(idsIn(client, view)).toEqual([]);
  });
});

describe("a view that is opened for the first time", () => {
  test("shows what other views have brought, and then what the service says", async () => {
    put(ALL, [milk, bread]);
    const page = deferred<Response>();
    const requests = serve(() => page.promise);
    open(INBOX);
    expect(shownIn(INBOX)).toEqual(["milk"]);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    page.resolve(pageOf(milk, tea));
    await vi.waitFor(() => expect(shownIn(INBOX)).toEqual(["milk", "tea"]));
  });

  test("is not asked for again when it is opened again", async () => {
    put(ALL, [milk, bread]);
    const requests = serve(() => pageOf(milk, tea));
    const leave = open(INBOX);
    await vi.waitFor(() => expect(shownIn(INBOX)).toEqual(["milk", "tea"]));
    leave();
    open(INBOX);
    expect(fetching()).toBe(0);
    expect(requests).toHaveLength(1);
  });

  test("is asked for the next time when nobody answered, whatever has been changed in it since", async () => {
    put(ALL, [milk, bread]);
    let requests: readonly SentRequest[] = serve(() => Promise.reject(noNetwork()));
    const leave = open(INBOX);
    await vi.waitFor(() => expect([requests.length, fetching()]).toEqual([1, 0]));
    leave();
    applyChanges(client, { tasks: [{ ...milk, title: "Oat milk", revision: 4 }], gone: [] });
    expect(client.getQueryData(taskListQuery(INBOX, DAY).queryKey)?.pages[0]?.items).toMatchObject([
      { title: "Oat milk" },
    ]);
    requests = serve(() => pageOf(milk, tea));
    open(INBOX);
    await vi.waitFor(() => expect(shownIn(INBOX)).toEqual(["milk", "tea"]));
    expect(requests).toHaveLength(1);
  });
});

describe("changes", () => {
  test("leave it as it is when a list was asked for last", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T09:00:00Z") });
    put(ALL, [milk]);
    const askedAt = client.getQueryState(taskListQuery(ALL, DAY).queryKey)?.dataUpdatedAt;
    vi.setSystemTime(new Date("2026-12-01T10:00:00Z"));
    applyChanges(client, { tasks: [{ ...milk, title: "Oat milk", revision: 4 }], gone: [] });
    expect(client.getQueryState(taskListQuery(ALL, DAY).queryKey)?.dataUpdatedAt).toBe(askedAt);
    vi.useRealTimers();
  });

  test.each<[string, TaskOut[], string[]]>([
    ["of something else", [tea], []],
    ["that are older than what is there", [{ ...bread, revision: 1 }], ["unknown"]],
  ])("%s leave a list to be asked for again that was to be", async (_what, tasks, gone) => {
    const view: TaskView = { kind: "list", listId: "list-a" };
    const { queryKey } = taskListQuery(view, DAY);
    put(view, [bread]);
    await client.invalidateQueries({ queryKey, refetchType: "none" });
    applyChanges(client, { tasks, gone });
    expect(client.getQueryState(queryKey)?.isInvalidated).toBe(true);
  });

  test("of something else leave a list alone: nothing is told to who shows it, nor written", () => {
    put({ kind: "list", listId: "list-a" }, [bread]);
    const told: string[] = [];
    stops.push(client.getQueryCache().subscribe(({ type }) => told.push(type)));
    applyChanges(client, { tasks: [tea], gone: [] });
    expect(told).toEqual([]);
  });

  test("are shown in the details of a task, unless these are newer", async () => {
    serve(() => json(milk));
    const details = taskQuery(client, "milk");
    await client.fetchQuery(details);
    const oat = { ...milk, title: "Oat milk", revision: 4 };
    applyChanges(client, { tasks: [oat, tea], gone: [] });
    expect(client.getQueryData(details.queryKey)).toEqual(oat);
    applyChanges(client, { tasks: [milk], gone: [] });
    expect(client.getQueryData(details.queryKey)).toEqual(oat);
    expect(client.getQueryData(taskQuery(client, "tea").queryKey)).toBeUndefined(); // nobody has opened them
  });
});

describe("the details of a task", () => {
  test("are asked for again when it is gone, whatever older state of it is told since", async () => {
    serve(() => json(milk));
    const details = taskQuery(client, "milk");
    await client.fetchQuery(details);
    applyChanges(client, { tasks: [], gone: ["milk"] });
    expect(client.getQueryState(details.queryKey)?.isInvalidated).toBe(true);
    applyChanges(client, { tasks: [{ ...milk, revision: 2 }], gone: [] });
    expect(client.getQueryState(details.queryKey)?.isInvalidated).toBe(true);
  });

  test("are there at once, in the newest version that any list has, and not asked for", () => {
    const oat = { ...milk, title: "Oat milk", revision: 4 };
    put(ALL, [oat]);
    put(INBOX, [milk]);
    const requests = serve(() => json(milk));
    const observer = new QueryObserver(client, taskQuery(client, "milk"));
    stops.push(observer.subscribe(() => {}));
    expect(observer.getCurrentResult().data).toEqual(oat);
    expect(requests).toEqual([]);
  });
});

describe("the day", () => {
  test.each<[string, TaskView, boolean, boolean]>([
    ["today", TODAY, true, true],
    ["upcoming", { kind: "upcoming" }, true, true],
    ["calendar", CALENDAR, false, true],
    ["all", ALL, false, false],
    ["inbox", INBOX, false, false],
    ["list", { kind: "list", listId: "list-a" }, false, false],
    ["label", { kind: "label", label: "home" }, false, false],
    ["column", { kind: "column", status: "done", of: ALL }, false, false],
  ])("makes another list of a view where it matters: %s", (_kind, view, byDay, byZone) => {
    put(view, [], DAY);
    expect(shownIn(view, NEXT_DAY) === undefined).toBe(byDay);
    expect(shownIn(view, ELSEWHERE) === undefined).toBe(byZone);
  });

  test("of yesterday is forgotten once today's list has come, and not before", async () => {
    put(TODAY, [milk], DAY);
    put(ALL, [milk]);
    put(CALENDAR, []);
    const page = deferred<Response>();
    const requests = serve(() => page.promise);
    open(TODAY, NEXT_DAY);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(shownIn(TODAY, DAY)).toEqual(["milk"]);
    page.resolve(pageOf(tea));
    await vi.waitFor(() => expect(shownIn(TODAY, NEXT_DAY)).toEqual(["tea"]));
    expect(shownIn(TODAY, DAY)).toBeUndefined();
    expect(shownIn(ALL)).toEqual(["milk"]);
    expect(shownIn(CALENDAR)).toEqual([]);
  });

  test("of yesterday stays where it is still shown", async () => {
    put(TODAY, [milk], DAY);
    serve(() => pageOf(tea));
    open(TODAY, DAY);
    open(TODAY, NEXT_DAY);
    await vi.waitFor(() => expect(shownIn(TODAY, NEXT_DAY)).toEqual(["tea"]));
    expect(shownIn(TODAY, DAY)).toEqual(["milk"]);
  });
});
