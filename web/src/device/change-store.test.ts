import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChangeRecord } from "../features/tasks/record-keeper";
import { completing } from "../features/tasks/task-changes";
import { HeldLocks } from "../testing/locks";
import { taskOf } from "../testing/tasks";
import { changeStoreIn, claimWindow } from "./change-store";
import { type DeviceDatabase, eraseUser, openDatabase } from "./database";

function queued(key: string, owner: string): ChangeRecord {
  return { state: "queued", key, owner, order: 1, changes: [completing(taskOf())], confirmed: [] };
}

let locks: HeldLocks;
let database: DeviceDatabase | undefined;

beforeEach(async () => {
  locks = new HeldLocks();
  vi.stubGlobal("navigator", { locks });
  database = await openDatabase("ada");
});

afterEach(async () => {
  await eraseUser("ada");
  vi.unstubAllGlobals();
});

describe("changes on the device", () => {
  test("are put, replaced and deleted", async () => {
    const store = changeStoreIn(database);
    await store.write([queued("a", "one"), queued("b", "one")], []);
    await store.write([queued("a", "two")], ["b"]);
    expect(await database?.getAll("changes")).toMatchObject([{ key: "a", owner: "two" }]);
  });

  test("are taken over from windows that are gone, by one of those that are left", async () => {
    const store = changeStoreIn(database);
    await claimWindow("one");
    await claimWindow("two");
    await store.write([queued("a", "one"), queued("b", "two")], []);
    locks.close("one");
    expect(await store.adopt("three")).toMatchObject([{ key: "a", owner: "three" }]);
    await claimWindow("three");
    expect(await store.adopt("four")).toEqual([]);
  });

  test("are a window's as long as it lives, whatever else happens meanwhile", async () => {
    const store = changeStoreIn(database);
    await claimWindow("one");
    await store.write([queued("a", "one")], []);
    expect(await store.adopt("two")).toEqual([]);
    locks.close("one");
    expect(await store.adopt("two")).toMatchObject([{ key: "a" }]);
  });

  test("are taken over though there is no room to say so, and found there again the next time", async () => {
    const store = changeStoreIn(database);
    await store.write([queued("a", "one")], []);
    const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("No room.", "QuotaExceededError");
    });
    expect(await store.adopt("two")).toMatchObject([{ key: "a", owner: "two" }]);
    put.mockRestore();
    expect(await database?.getAll("changes")).toMatchObject([{ key: "a", owner: "one" }]);
    expect(await store.adopt("two")).toMatchObject([{ key: "a", owner: "two" }]);
  });

  test("are not half written", async () => {
    const store = changeStoreIn(database);
    await store.write([queued("a", "one")], []);
    const unwritable = { ...queued("b", "one"), changes: [() => {}] } as unknown as ChangeRecord;
    await expect(store.write([unwritable], ["a"])).rejects.toThrow();
    expect(await database?.getAllKeys("changes")).toEqual(["a"]);
  });

  test("of one's own are nothing to take over", async () => {
    const store = changeStoreIn(database);
    await store.write([queued("a", "one")], []);
    expect(await store.adopt("one")).toEqual([]);
  });

  test("are all taken over where the browser has no locks", async () => {
    vi.stubGlobal("navigator", {});
    const store = changeStoreIn(database);
    await claimWindow("one");
    await store.write([queued("a", "one")], []);
    expect(await store.adopt("two")).toHaveLength(1);
  });
});

describe("a device that keeps nothing", () => {
  test("refuses what is to be kept, and has nothing", async () => {
    const store = changeStoreIn(undefined);
    await expect(store.write([queued("a", "one")], [])).rejects.toThrow();
    expect(await store.adopt("two")).toEqual([]);
  });
});
