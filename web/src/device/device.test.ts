import "fake-indexeddb/auto";
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TaskOut } from "../api/generated/taskfleet.schemas";
import type { Outbox } from "../features/tasks/outbox";
import type { ChangeRecord, RefusedChange } from "../features/tasks/record-keeper";
import { completing, creating, patching } from "../features/tasks/task-changes";
import { taskListQuery } from "../features/tasks/task-queries";
import { HeldLocks } from "../testing/locks";
import { json, refusal, type SentRequest, serve } from "../testing/service";
import { taskOf } from "../testing/tasks";
import { changeStoreIn, claimWindow } from "./change-store";
import { type DeviceDatabase, eraseUser, forgetLastUser, lastUser, noteUser, openDatabase } from "./database";
import { Device } from "./device";
import { caughtUpRevision, noteCaughtUp } from "./kept-queries";

const ALL = taskListQuery({ kind: "all" }, { today: "2026-12-01", timezone: "UTC" }).queryKey;
const milk = taskOf({ id: "milk", title: "Milk", position: "a0" });
const bread = taskOf({ id: "bread", title: "Bread", position: "a1" });
/** More than it takes until what has changed is written. */
const A_WHILE_MS = 1_000;

let client: QueryClient;
let device: Device;
let reload: ReturnType<typeof vi.fn<() => void>>;
let locks: HeldLocks;
/** Another connection to what is kept for Ada. */
let adas: DeviceDatabase;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  locks = new HeldLocks();
  vi.stubGlobal("navigator", { onLine: true, locks });
  client = new QueryClient();
  reload = vi.fn<() => void>();
  device = new Device(client, () => "UTC", reload);
  const opened = await openDatabase("ada");
  if (opened === undefined) {
    throw new Error("There is no database.");
  }
  adas = opened;
  serve(() => new Promise(() => {}));
});

afterEach(async () => {
  await device.erase();
  client.clear();
  adas.close();
  for (const user of ["ada", "bob"]) {
    await eraseUser(user);
  }
  sessionStorage.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function load(...items: TaskOut[]): void {
  client.setQueryData(ALL, { pages: [{ items, next_cursor: null }], pageParams: [undefined] });
}

function titlesIn(data: unknown): string[] | undefined {
  return (data as { pages: { items: TaskOut[] }[] } | undefined)?.pages.flatMap(({ items }) =>
    items.map(({ title }) => title),
  );
}

/** The titles of the list as it lies on the device. */
async function keptTitles(): Promise<string[] | undefined> {
  const [kept] = await adas.getAll("queries");
  return titlesIn(kept?.state.state.data);
}

/** Let everything be written that is to be. */
async function elapse(): Promise<void> {
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  // Transactions of one store are carried out in turn: this one behind all others.
  await adas.transaction(["queries", "revisions", "changes"], "readwrite").done;
}

/** Another tab notes who has signed in there. */
function announce(userId: string): void {
  noteUser(userId);
  window.dispatchEvent(new StorageEvent("storage", { key: "taskfleet.user", newValue: userId }));
}

/** See something, as a window that is up to date. */
function see(...items: TaskOut[]): void {
  load(...items);
  noteCaughtUp(client, 5);
}

function isUnresolved(promise: Promise<unknown>): Promise<boolean> {
  const undecided = Symbol("undecided");
  return Promise.race([promise, Promise.resolve(undecided)]).then((first) => first === undecided);
}

function queuedBy(owner: string, key: string, ...tasks: TaskOut[]): ChangeRecord {
  return { state: "queued", key, owner, order: 1, changes: tasks.map(completing), confirmed: tasks };
}

function refusedOf(owner: string, key: string): RefusedChange {
  return {
    state: "refused",
    key,
    owner,
    order: 1,
    change: completing(milk),
    problem: { status: 422, document: {} },
    retryKey: undefined,
  };
}

describe("a user who begins", () => {
  test("is noted for all tabs, and has what is seen kept from then on", async () => {
    await device.begin("ada");
    expect(lastUser()).toBe("ada");
    see(milk);
    await elapse();
    expect(await keptTitles()).toEqual(["Milk"]);
    expect(reload).not.toHaveBeenCalled();
  });

  test("has one outbox, however often they begin", async () => {
    const [first, second] = await Promise.all([device.begin("ada"), device.begin("ada")]);
    expect(second).toBe(first);
    expect(await device.begin("ada")).toBe(first);
    expect(reload).not.toHaveBeenCalled();
  });

  test("has what they saw last put back before that, by the next window", async () => {
    await device.begin("ada");
    see(milk);
    await elapse();
    const next = new QueryClient();
    await new Device(next, () => "UTC", reload).restore();
    expect(titlesIn(next.getQueryData(ALL))).toEqual(["Milk"]);
    expect(caughtUpRevision(next)).toBe(5);
  });

  test("has nothing put back where nobody is known to be signed in", async () => {
    await device.begin("ada");
    see(milk);
    await elapse();
    forgetLastUser();
    const next = new QueryClient();
    await new Device(next, () => "UTC", reload).restore();
    expect(next.getQueryData(ALL)).toBeUndefined();
  });

  test("has nothing kept that is merely expected", async () => {
    const outbox = await device.begin("ada");
    see(milk);
    void outbox.make([patching(milk, { title: "Oat milk" })]);
    void outbox.make([creating({ title: "Tea" })]);
    expect(titlesIn(client.getQueryData(ALL))).toEqual(["Oat milk", "Tea"]);
    await elapse();
    expect(await keptTitles()).toEqual(["Milk"]);
  });

  test("can do everything where the browser keeps nothing, not even who they are", async () => {
    vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("Not here.", "SecurityError");
    });
    vi.stubGlobal("localStorage", {
      getItem: () => null,
      setItem: () => {
        throw new DOMException("Not here.", "QuotaExceededError");
      },
      removeItem: () => {},
      clear: () => {},
    });
    serve(() => json({ ...milk, status: "done", revision: 2 }));
    const outbox = await device.begin("ada");
    expect(await outbox.make([completing(milk)])).toMatchObject([{ isSaved: true }]);
    expect(await device.countUnsaved()).toBe(0);
  });
});

describe("another user than before", () => {
  /** Whatever goes on in a window that has given way. */
  async function expectNothingMore(outbox: Outbox): Promise<void> {
    const requests = serve(() => json(milk));
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    see(taskOf({ id: "secret", title: "Of the other one" }));
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("online"));
    await elapse();
    expect(put).not.toHaveBeenCalled();
    expect(await keptTitles()).toEqual(["Milk"]);
    void outbox.make([completing(milk)]);
    outbox.resume();
    await elapse();
    expect(requests).toEqual([]);
  }

  let outbox: Outbox;

  beforeEach(async () => {
    outbox = await device.begin("ada");
    see(milk);
    await elapse();
  });

  test("gets a page of their own when they begin, and nothing more of the first is written or sent", async () => {
    expect(await isUnresolved(device.begin("bob"))).toBe(true);
    expect(reload).toHaveBeenCalledOnce();
    expect(lastUser()).toBe("bob");
    await expectNothingMore(outbox);
  });

  test("who signs in in another tab has this one begin anew, and nothing more written or sent", async () => {
    announce("bob");
    expect(reload).toHaveBeenCalledOnce();
    await expectNothingMore(outbox);
    announce("bob");
    expect(reload).toHaveBeenCalledOnce();
  });

  test("is nobody who merely signs out, or something else that another tab notes", async () => {
    window.dispatchEvent(new StorageEvent("storage", { key: "taskfleet.user", newValue: null }));
    window.dispatchEvent(new StorageEvent("storage", { key: "taskfleet.draft", newValue: "bob" }));
    expect(reload).not.toHaveBeenCalled();
  });
});

describe("another user who comes while the first one's device is still being opened", () => {
  test.each([
    ["and begins here", () => void device.begin("bob")],
    ["and signs in in another tab", () => announce("bob")],
  ])("is the one who is signed in, and nothing of the first is written: %s", async (_how, come) => {
    const begun = device.begin("ada");
    come();
    const calls = reload.mock.calls.length;
    const givesWay = vi.waitFor(() => expect(reload.mock.calls.length).toBeGreaterThan(calls));
    expect(await Promise.race([begun, givesWay.then(() => "gave way")])).toBe("gave way");
    expect(lastUser()).toBe("bob");
    see(milk);
    await elapse();
    expect(await keptTitles()).toBeUndefined();
  });
});

describe("another user than was put back", () => {
  test("gets a page of their own", async () => {
    noteUser("ada");
    await device.restore();
    expect(await isUnresolved(device.begin("bob"))).toBe(true);
    expect(reload).toHaveBeenCalledOnce();
    expect(lastUser()).toBe("bob");
  });
});

describe("a tab that was another user's", () => {
  test("forgets what that one was typing, and begins anew", async () => {
    sessionStorage.setItem("taskfleet.tab-user", "bob");
    sessionStorage.setItem("taskfleet.draft", "A secret of Bob's");
    expect(await isUnresolved(device.begin("ada"))).toBe(true);
    expect(reload).toHaveBeenCalledOnce();
    expect(sessionStorage).toHaveLength(0);
    expect(lastUser()).toBeUndefined();
  });

  test("is known by who began there last", async () => {
    await device.begin("ada");
    const next = new Device(new QueryClient(), () => "UTC", reload);
    expect(await isUnresolved(next.begin("bob"))).toBe(true);
    expect(reload).toHaveBeenCalledOnce();
  });

  test("is theirs once it has begun anew, with what they are typing", async () => {
    await device.begin("ada");
    sessionStorage.setItem("taskfleet.draft", "Buy milk");
    const begunAnew = new Device(new QueryClient(), () => "UTC", reload);
    await begunAnew.begin("ada");
    expect(sessionStorage.getItem("taskfleet.draft")).toBe("Buy milk");
    expect(reload).not.toHaveBeenCalled();
    await begunAnew.erase();
  });
});

describe("the same user, who signs in again in another tab", () => {
  test("has sent what waited for that", async () => {
    const outbox = await device.begin("ada");
    const requests = serve(() => json({ ...milk, status: "done", revision: 2 }));
    forgetLastUser();
    const saved = outbox.make([completing(milk)]);
    await elapse();
    expect(requests).toEqual([]);
    announce("ada");
    expect(await saved).toMatchObject([{ isSaved: true }]);
    expect(reload).not.toHaveBeenCalled();
  });
});

describe("what a window that is gone has left", () => {
  let requests: readonly SentRequest[];
  let visibility: DocumentVisibilityState;

  beforeEach(async () => {
    requests = serve(() => json({ ...milk, status: "done", revision: 2 }));
    visibility = "visible";
    vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
  });

  function becomeVisible(): void {
    document.dispatchEvent(new Event("visibilitychange"));
  }

  test("is taken over by a window that opens", async () => {
    await adas.put("changes", queuedBy("gone window", "a", milk));
    await device.begin("ada");
    await vi.waitFor(() => expect(requests).toHaveLength(1));
  });

  test.each([
    ["gets online", () => window.dispatchEvent(new Event("online"))],
    ["comes to the front", becomeVisible],
  ])("is taken over by one that %s", async (_what, happen) => {
    await device.begin("ada");
    await adas.put("changes", queuedBy("gone window", "a", milk));
    expect(requests).toEqual([]);
    happen();
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(requests[0]?.headers.get("Idempotency-Key")).toBe("a");
    await vi.waitFor(async () => expect(await adas.count("changes")).toBe(0));
  });

  test("is not taken over by one that goes to the back", async () => {
    await device.begin("ada");
    await adas.put("changes", queuedBy("gone window", "a", milk));
    visibility = "hidden";
    becomeVisible();
    await elapse();
    expect(await adas.getAll("changes")).toMatchObject([{ owner: "gone window" }]);
    expect(requests).toEqual([]);
  });

  test("is not taken over from this window, which lives", async () => {
    const outbox = await device.begin("ada");
    serve(() => new Promise(() => {}));
    void outbox.make([completing(milk)]);
    await vi.waitFor(async () => expect(await adas.count("changes")).toBe(1));
    expect(await changeStoreIn(adas).adopt("another window")).toEqual([]);
  });
});

describe("what is not saved", () => {
  test("is counted of all windows, and what was refused with it", async () => {
    const outbox = await device.begin("ada");
    await claimWindow("other window");
    await adas.put("changes", queuedBy("other window", "a", milk, bread));
    await adas.put("changes", refusedOf("other window", "b/0"));
    serve(() => new Promise(() => {}));
    void outbox.make([completing(milk)]);
    await vi.waitFor(async () => expect(await adas.count("changes")).toBe(3));
    expect(outbox.getState().pending).toBe(1);
    expect(await device.countUnsaved()).toBe(4);
  });

  test("is counted where it could not be kept, too", async () => {
    const outbox = await device.begin("ada");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("No room.", "QuotaExceededError");
    });
    serve(({ url }) => (url.pathname.includes("milk") ? refusal(422) : new Promise(() => {})));
    await outbox.make([completing(milk)]);
    void outbox.make([completing(bread)]);
    expect(await device.countUnsaved()).toBe(2);
    vi.spyOn(IDBObjectStore.prototype, "getAll").mockImplementation(() => {
      throw new DOMException("Broken.", "UnknownError");
    });
    expect(await device.countUnsaved()).toBe(2);
  });

  test("is nothing before anybody has begun", async () => {
    expect(await device.countUnsaved()).toBe(0);
  });
});

describe("a user who signs out", () => {
  async function databases(): Promise<(string | undefined)[]> {
    return (await indexedDB.databases()).map(({ name }) => name);
  }

  test("leaves nothing on the device", async () => {
    const outbox = await device.begin("ada");
    see(milk);
    void outbox.make([completing(milk)]);
    await elapse();
    expect(await databases()).toContain("taskfleet-ada");
    await device.erase();
    expect(await databases()).not.toContain("taskfleet-ada");
    expect(lastUser()).toBeUndefined();
  });

  test("leaves nothing though they were merely put back", async () => {
    noteUser("ada");
    await device.restore();
    await device.erase();
    expect(await databases()).not.toContain("taskfleet-ada");
  });

  test("has nothing more kept, and no part in who signs in elsewhere", async () => {
    await device.begin("ada");
    await device.erase();
    const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
    see(milk);
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    announce("bob");
    expect(transaction).not.toHaveBeenCalled();
    expect(reload).not.toHaveBeenCalled();
  });
});
