import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChangeRecord } from "../features/tasks/outbox";
import { completing } from "../features/tasks/task-changes";
import { taskOf } from "../testing/tasks";
import { changeStoreIn, claimWindow } from "./change-store";
import { type DeviceDatabase, eraseUser, openDatabase } from "./database";

/** Locks as a browser holds them for its windows. */
class HeldLocks {
  readonly #held = new Set<string>();

  async request(name: string, work: () => Promise<void>): Promise<void> {
    this.#held.add(name);
    await work();
  }

  async query() {
    return { held: [...this.#held].map((name) => ({ name })), pending: [] };
  }

  /** A window goes away with its locks. */
  close(owner: string): void {
    this.#held.delete(`taskfleet.window.${owner}`);
  }
}

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
