import "fake-indexeddb/auto";
import { hashKey, QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut } from "../api/generated/taskfleet.schemas";
import { creating, patching } from "../features/tasks/task-changes";
import { changeList, listsQuery, taskListQuery } from "../features/tasks/task-queries";
import { outboxOf } from "../testing/outbox";
import { serve } from "../testing/service";
import { taskOf } from "../testing/tasks";
import { type DeviceDatabase, eraseUser, openDatabase } from "./database";
import { caughtUpRevision, noteCaughtUp, QueryKeeper, restoreQueries } from "./kept-queries";

const DAY = { today: "2026-12-01", timezone: "UTC" };
const ALL = taskListQuery({ kind: "all" }, DAY).queryKey;
const INBOX = taskListQuery({ kind: "inbox" }, DAY).queryKey;
const NOW = new Date("2026-12-01T09:00:00Z");
const DAY_MS = 24 * 60 * 60 * 1_000;

let client: QueryClient;
let database: DeviceDatabase;

beforeEach(async () => {
  client = new QueryClient();
  const opened = await openDatabase("ada");
  if (opened === undefined) {
    throw new Error("There is no database.");
  }
  database = opened;
});

afterEach(async () => {
  client.clear();
  vi.useRealTimers();
  await eraseUser("ada");
});

function load(key: typeof ALL, ...pages: TaskOut[][]): void {
  client.setQueryData(key, {
    pages: pages.map((items, index) => ({
      items,
      next_cursor: index === pages.length - 1 ? null : `cursor-${index}`,
    })),
    pageParams: pages.map((_, index) => (index === 0 ? undefined : `cursor-${index - 1}`)),
  });
}

function keeperOf(of: QueryClient): QueryKeeper {
  return new QueryKeeper(of, database, (_key, data) => data);
}

/** What the next window finds. */
async function restored(): Promise<QueryClient> {
  const next = new QueryClient();
  await restoreQueries(next, database);
  return next;
}

function idsIn(of: QueryClient, key: typeof ALL): string[] | undefined {
  return of.getQueryData(key)?.pages.flatMap(({ items }) => items.map(({ id }) => id));
}

describe("what was seen", () => {
  test("is there in the next window, with the revision up to which it is current", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    client.setQueryData(listsQuery.queryKey, []);
    noteCaughtUp(client, 7);
    await keeperOf(client).write();
    const next = await restored();
    expect(idsIn(next, ALL)).toEqual(["milk"]);
    expect(next.getQueryData(listsQuery.queryKey)).toEqual([]);
    expect(caughtUpRevision(next)).toBe(7);
  });

  test("is there with its first pages, and where the next one begins", async () => {
    load(ALL, ...Array.from({ length: 7 }, (_, page) => [taskOf({ id: `task-${page}` })]));
    noteCaughtUp(client, 1);
    await keeperOf(client).write();
    const data = (await restored()).getQueryData(ALL);
    expect(data?.pages).toHaveLength(5);
    expect(data?.pageParams).toHaveLength(5);
    expect(data?.pages.at(-1)?.next_cursor).toBe("cursor-4");
  });

  test("is brought up to date from the oldest of its revisions", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 3);
    await keeperOf(client).write();
    const other = new QueryClient(); // a window that never opened that list
    other.setQueryData(INBOX, { pages: [{ items: [], next_cursor: null }], pageParams: [undefined] });
    noteCaughtUp(other, 9);
    await keeperOf(other).write();
    const next = await restored();
    expect(idsIn(next, ALL)).toEqual(["milk"]);
    expect(idsIn(next, INBOX)).toEqual([]);
    expect(caughtUpRevision(next)).toBe(3);
  });

  test("is current up to a later revision though nothing in it has changed", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 3);
    const keeper = keeperOf(client);
    await keeper.write();
    noteCaughtUp(client, 8);
    await keeper.write();
    expect(caughtUpRevision(await restored())).toBe(8);
  });

  test("is not kept before it is known how current it is", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    await keeperOf(client).write();
    expect(idsIn(await restored(), ALL)).toBeUndefined();
  });

  test("goes after a month in which nobody came", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 3);
    await keeperOf(client).write();
    vi.setSystemTime(NOW.getTime() + 31 * DAY_MS);
    const next = await restored();
    expect(idsIn(next, ALL)).toBeUndefined();
    expect(caughtUpRevision(next)).toBeUndefined();
    expect(await database.count("queries")).toBe(0);
  });

  test("holds nothing but what opens the app and the lists", async () => {
    client.setQueryData(["search", "milk"], ["a result"]);
    client.setQueryData(listsQuery.queryKey, []);
    noteCaughtUp(client, 1);
    await keeperOf(client).write();
    expect(await database.getAllKeys("queries")).toEqual(['["lists"]']);
  });

  test("is nothing when it is not known of all of it how current it is", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    load(INBOX, []);
    noteCaughtUp(client, 3);
    await keeperOf(client).write();
    await database.delete("revisions", hashKey(ALL));
    const next = await restored();
    expect(idsIn(next, ALL)).toBeUndefined();
    expect(caughtUpRevision(next)).toBeUndefined();
  });

  test("goes with what is forgotten", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    load(INBOX, []);
    noteCaughtUp(client, 3);
    const keeper = keeperOf(client);
    const stop = keeper.start();
    await keeper.write();
    client.removeQueries({ queryKey: ALL });
    await keeper.write();
    expect(await database.getAllKeys("queries")).toEqual([hashKey(INBOX)]);
    expect(await database.getAllKeys("revisions")).toEqual([hashKey(INBOX)]);
    stop();
  });

  test("is there again when it was forgotten and has come back", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 3);
    const keeper = keeperOf(client);
    const stop = keeper.start();
    await keeper.write();
    client.removeQueries({ queryKey: ALL });
    load(ALL, [taskOf({ id: "bread" })]);
    await keeper.write();
    await keeper.write();
    expect(idsIn(await restored(), ALL)).toEqual(["bread"]);
    stop();
  });

  test("is another user's in another database", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 3);
    await keeperOf(client).write();
    const others = await openDatabase("bob");
    expect(await others?.count("queries")).toBe(0);
    others?.close();
    await eraseUser("bob");
  });
});

describe("writing", () => {
  test("happens soon after something has changed, and only for what has", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    noteCaughtUp(client, 1);
    client.setQueryData(listsQuery.queryKey, []);
    const stop = keeperOf(client).start();
    load(ALL, [taskOf({ id: "milk" })]);
    await vi.advanceTimersByTimeAsync(500);
    vi.useRealTimers();
    await vi.waitFor(async () => expect(await database.count("queries")).toBe(2));
    stop();
  });

  test("replaces what has changed since the last time", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 1);
    const keeper = keeperOf(client);
    await keeper.write();
    load(ALL, [taskOf({ id: "milk" }), taskOf({ id: "tea" })]);
    await keeper.write();
    expect(idsIn(await restored(), ALL)).toEqual(["milk", "tea"]);
  });

  test("leaves alone what has not, of which only the revision is noted", async () => {
    load(ALL, [taskOf({ id: "milk" })], [taskOf({ id: "tea" })]);
    noteCaughtUp(client, 1);
    const keeper = keeperOf(client);
    await keeper.write();
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    noteCaughtUp(client, 2);
    await keeper.write();
    expect(put.mock.calls).toEqual([[2, hashKey(ALL)]]);
  });

  test("ends with the keeper, whatever has changed before or since", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    noteCaughtUp(client, 1);
    const stop = keeperOf(client).start();
    load(ALL, [taskOf({ id: "milk" })]);
    stop();
    const transaction = vi.spyOn(database, "transaction");
    load(ALL, [taskOf({ id: "tea" })]);
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(transaction).not.toHaveBeenCalled();
  });

  test("happens at once when the page is hidden, which may be the end of it", async () => {
    noteCaughtUp(client, 1);
    const stop = keeperOf(client).start();
    load(ALL, [taskOf({ id: "milk" })]);
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    stop(); // so that nothing is written later on
    visibility.mockRestore();
    await vi.waitFor(async () => expect(await database.getAllKeys("queries")).toEqual([hashKey(ALL)]));
  });

  test("leaves out what is to be asked for again: it may be older than the revision says", async () => {
    load(ALL, [taskOf({ id: "milk" })]);
    noteCaughtUp(client, 3);
    const keeper = keeperOf(client);
    await keeper.write();
    load(ALL, [taskOf({ id: "bread" })]);
    await client.invalidateQueries({ queryKey: ALL, refetchType: "none" });
    load(INBOX, []);
    noteCaughtUp(client, 8);
    await keeper.write();
    const next = await restored();
    expect(idsIn(next, ALL)).toEqual(["milk"]);
    expect(idsIn(next, INBOX)).toEqual([]);
    expect(caughtUpRevision(next)).toBe(3);
  });

  test("puts right what another window has written since and that was older", async () => {
    load(ALL, [taskOf({ id: "milk" }), taskOf({ id: "tea" })]);
    noteCaughtUp(client, 5);
    const keeper = keeperOf(client);
    await keeper.write();
    const other = new QueryClient();
    other.setQueryData(ALL, {
      pages: [{ items: [taskOf({ id: "milk" })], next_cursor: null }],
      pageParams: [undefined],
    });
    noteCaughtUp(other, 3);
    await keeperOf(other).write();
    expect(idsIn(await restored(), ALL)).toEqual(["milk"]);
    noteCaughtUp(client, 8);
    await keeper.write();
    const next = await restored();
    expect(idsIn(next, ALL)).toEqual(["milk", "tea"]);
    expect(caughtUpRevision(next)).toBe(8);
  });

  test("leaves out what is merely expected of changes that wait", async () => {
    const milk = taskOf({ id: "milk", title: "Milk" });
    load(ALL, [milk]);
    noteCaughtUp(client, 1);
    const outbox = outboxOf(client);
    serve(() => new Promise(() => {}));
    void outbox.make([patching(milk, { title: "Oat milk" })]);
    void outbox.make([creating({ title: "Tea" })]);
    await new QueryKeeper(client, database, (key, data) =>
      changeList(key, data, outbox.getConfirmed()),
    ).write();
    expect(client.getQueryData(ALL)?.pages[0]?.items).toMatchObject([
      { title: "Oat milk" },
      { title: "Tea" },
    ]);
    expect((await restored()).getQueryData(ALL)?.pages[0]?.items).toEqual([milk]);
    vi.unstubAllGlobals();
  });

  test("that fails is made up for by the next one", async () => {
    noteCaughtUp(client, 1);
    load(ALL, [taskOf({ id: "milk" })]);
    const keeper = keeperOf(client);
    const transaction = vi.spyOn(database, "transaction").mockImplementation(() => {
      throw new DOMException("No room.", "QuotaExceededError");
    });
    await keeper.write();
    transaction.mockRestore();
    expect(await database.count("queries")).toBe(0);
    await keeper.write();
    expect(idsIn(await restored(), ALL)).toEqual(["milk"]);
  });
});

describe("a database that another tab wants to be rid of", () => {
  test("lets go of it", async () => {
    await eraseUser("ada");
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain("taskfleet-ada");
  });
});
