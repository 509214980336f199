import { QueryClient } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { json, serve } from "../../testing/service";
import { taskOf } from "../../testing/tasks";
import { applyChanges, taskListQuery } from "./task-queries";
import type { TaskView } from "./view";

const DAY = { today: "2026-12-01", timezone: "UTC" };

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
