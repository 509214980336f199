import { describe, expect, test } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { taskOf } from "../../testing/tasks";
import { changePages, type LoadedPage } from "./pages";
import { compareIn } from "./view";

type Pages = readonly LoadedPage[];

/** A list of open tasks by position, as most views are. */
function changed(pages: Pages, changes: { tasks?: TaskOut[]; gone?: string[] }): Pages {
  return changePages(frozen(pages), { tasks: [], gone: [], ...changes }, isOpen, compare);
}

function isOpen(task: TaskOut): boolean {
  return task.status !== "done";
}

function compare(one: TaskOut, other: TaskOut): number {
  return compareIn({ kind: "all" }, one, other);
}

/** Tasks `a`, `c`, ... at the positions of their names. */
function taskAt(name: string, members: Partial<TaskOut> = {}): TaskOut {
  return taskOf({ id: name, position: name, ...members });
}

/** Pages such as `["ac", "eg"]`, with another one behind them where `hasMore`. */
function pagesOf(names: readonly string[], hasMore = false): Pages {
  return names.map((page, number) => {
    const items = [...page].map((name) => taskAt(name));
    const next_cursor = number < names.length - 1 || hasMore ? `after page ${number}` : null;
    return { items, next_cursor, end: items.at(-1) };
  });
}

function namesOf(pages: Pages): string[] {
  return pages.map(({ items }) => items.map(({ id }) => id).join(""));
}

/** Pages that nobody can change in place. */
function frozen(pages: Pages): Pages {
  for (const page of pages) {
    page.items.forEach(Object.freeze);
    Object.freeze(page.items);
    Object.freeze(page);
  }
  return Object.freeze(pages);
}

describe("a task that has changed", () => {
  test("is replaced where it stands", () => {
    const present = taskAt("e", { title: "New", revision: 2 });
    const pages = changed(pagesOf(["ac", "eg"]), { tasks: [present] });
    expect(namesOf(pages)).toEqual(["ac", "eg"]);
    expect(pages[1]?.items[0]).toEqual(present);
  });

  test("is replaced by a copy of the same revision, which a prediction has", () => {
    const predicted = taskAt("a", { title: "New" });
    expect(changed(pagesOf(["ac"]), { tasks: [predicted] })[0]?.items[0]).toEqual(predicted);
  });

  test("leaves the pages alone that it is not in", () => {
    const before = pagesOf(["ac", "eg"]);
    const after = changed(before, { tasks: [taskAt("a", { title: "New", revision: 2 })] });
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });

  test.each([
    ["to a later page", "a", "f", "ceag"],
    ["to an earlier page", "g", "b", "agce"],
    ["to the top", "e", "A", "eacg"],
    ["between two pages", "a", "d", "caeg"],
    ["within its page", "a", "cc", "caeg"],
    ["to the true end", "a", "z", "cega"],
  ])("moves %s", (_where, name, position, order) => {
    const pages = changed(pagesOf(["ac", "eg"]), { tasks: [taskAt(name, { position, revision: 2 })] });
    expect(namesOf(pages).join("")).toBe(order);
  });

  test("leaves when the list does not show it any more", () => {
    const done = taskAt("c", { status: "done", revision: 2 });
    expect(namesOf(changed(pagesOf(["ac", "eg"]), { tasks: [done] }))).toEqual(["a", "eg"]);
  });

  test("comes in when the list shows it now", () => {
    expect(namesOf(changed(pagesOf(["ac", "eg"]), { tasks: [taskAt("f")] }))).toEqual(["ac", "efg"]);
  });

  test("keeps the cursors as they are", () => {
    const pages = changed(pagesOf(["ac", "eg"], true), {
      tasks: [taskAt("a", { position: "f", revision: 2 })],
    });
    expect(pages.map((page) => page.next_cursor)).toEqual(["after page 0", "after page 1"]);
  });
});

describe("a task whose place is behind everything that is loaded", () => {
  test("is left out where there is more: its own page brings it", () => {
    expect(namesOf(changed(pagesOf(["ac", "eg"], true), { tasks: [taskAt("z")] }))).toEqual(["ac", "eg"]);
  });

  test("is dropped when it moves there", () => {
    const moved = taskAt("a", { position: "z", revision: 2 });
    expect(namesOf(changed(pagesOf(["ac", "eg"], true), { tasks: [moved] }))).toEqual(["c", "eg"]);
  });

  test("is appended where there is no more", () => {
    expect(namesOf(changed(pagesOf(["ac", "eg"]), { tasks: [taskAt("z")] }))).toEqual(["ac", "egz"]);
  });

  test("is the first of an empty list", () => {
    expect(namesOf(changed(pagesOf([""]), { tasks: [taskAt("z")] }))).toEqual(["z"]);
  });

  test("is appended after the last page was emptied", () => {
    const changes = { gone: ["e", "g"], tasks: [taskAt("z")] };
    expect(namesOf(changed(pagesOf(["ac", "eg"]), changes))).toEqual(["ac", "z"]);
  });
});

describe("the last task of what is loaded, where there is more", () => {
  test("stays when it has changed where it stands", () => {
    const present = taskAt("g", { title: "New", revision: 2 });
    const pages = changed(pagesOf(["ac", "eg"], true), { tasks: [present] });
    expect(namesOf(pages)).toEqual(["ac", "eg"]);
    expect(pages[1]?.items[1]).toEqual(present);
  });

  test("stays as well on pages that do not say where they end", () => {
    const pages = pagesOf(["ac", "eg"], true).map(({ items, next_cursor }) => ({ items, next_cursor }));
    expect(namesOf(changed(pages, { tasks: [taskAt("g", { revision: 2 })] }))).toEqual(["ac", "eg"]);
  });

  test("comes back when its completion was taken back", () => {
    const without = changed(pagesOf(["ac", "eg"], true), { tasks: [taskAt("g", { status: "done" })] });
    expect(namesOf(without)).toEqual(["ac", "e"]);
    expect(namesOf(changed(without, { tasks: [taskAt("g")] }))).toEqual(["ac", "eg"]);
  });

  test("comes back even when it was the only one", () => {
    const without = changed(pagesOf(["g"], true), { gone: ["g"] });
    expect(namesOf(without)).toEqual([""]);
    expect(namesOf(changed(without, { tasks: [taskAt("g")] }))).toEqual(["g"]);
  });

  test("leaves the end of what is loaded where it was when it goes", () => {
    const without = changed(pagesOf(["ac", "eg"], true), { gone: ["g"] });
    expect(namesOf(changed(without, { tasks: [taskAt("f"), taskAt("h")] }))).toEqual(["ac", "ef"]);
  });
});

describe("a task that is gone", () => {
  test("leaves its page", () => {
    expect(namesOf(changed(pagesOf(["ac", "eg"]), { gone: ["e"] }))).toEqual(["ac", "g"]);
  });

  test("comes back when it was restored by the same change", () => {
    const restored = taskAt("e", { revision: 3 });
    expect(namesOf(changed(pagesOf(["ac", "eg"]), { gone: ["e"], tasks: [restored] }))).toEqual(["ac", "eg"]);
  });

  test("makes room for the one that takes its place, such as an added task that has got its id", () => {
    const pages = changed(pagesOf(["ac", "e"]), { gone: ["e"], tasks: [taskAt("d")] });
    expect(namesOf(pages)).toEqual(["ac", "d"]);
  });
});

describe("where nothing differs", () => {
  test.each([
    ["without any change", {}],
    ["when one is gone that is not here", { gone: ["x"] }],
    ["when one has changed that is not shown", { tasks: [taskAt("x", { status: "done" })] }],
    ["when the copy is the same as the one here", { tasks: [taskAt("c")] }],
    ["when the copy is older than the one here", { tasks: [taskAt("c", { title: "Old", revision: 0 })] }],
    ["when an older copy was done", { tasks: [taskAt("c", { status: "done", revision: 0 })] }],
  ])("the pages are the same object: %s", (_when, changes) => {
    const pages = pagesOf(["ac", "eg"]);
    expect(changed(pages, changes)).toBe(pages);
  });

  test("the pages are the same object when a place is beyond the loaded end", () => {
    const pages = pagesOf(["ac", "eg"], true);
    expect(changed(pages, { tasks: [taskAt("z")] })).toBe(pages);
  });

  test("but not where something does", () => {
    const pages = pagesOf(["ac", "eg"]);
    expect(changed(pages, { gone: ["c"] })).not.toBe(pages);
  });
});

/** Numbers from 0 to below `bound`, the same ones in each run (mulberry32). */
function randomNumbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

describe("any changes of any pages", () => {
  const IDS = [..."abcdefghijkl"];
  /** Behind it came what is not loaded, where there is more; it may have gone elsewhere since. */
  const END = taskOf({ id: "end", position: "5" });

  function randomTask(id: string, random: (bound: number) => number): TaskOut {
    return taskOf({
      id,
      position: String(random(8)), // few, so that there are ties
      status: random(4) === 0 ? "done" : "todo",
      revision: random(5),
      title: `Version ${random(1_000)}`,
    });
  }

  function randomPages(random: (bound: number) => number, hasMore: boolean): Pages {
    const tasks = IDS.filter(() => random(2) === 0).map((id) => randomTask(id, random));
    const items = inOrder(hasMore ? [...tasks, END] : tasks, hasMore);
    const first = random(items.length + 1);
    const second = first + random(items.length - first + 1);
    return [items.slice(0, first), items.slice(first, second), items.slice(second)].map((page, number) => ({
      items: page,
      next_cursor: number < 2 || hasMore ? `after page ${number}` : null,
      end: number === 2 && hasMore ? END : page.at(-1),
    }));
  }

  /** The model: what is shown, in order, cut where that ends which is loaded. */
  function inOrder(tasks: readonly TaskOut[], hasMore: boolean): TaskOut[] {
    return tasks
      .filter(isOpen)
      .filter((task) => !hasMore || compare(task, END) <= 0)
      .toSorted(compare);
  }

  function modelOf(
    pages: Pages,
    tasks: readonly TaskOut[],
    gone: readonly string[],
    hasMore: boolean,
  ): TaskOut[] {
    const here = new Map(pages.flatMap(({ items }) => items.map((task) => [task.id, task])));
    for (const id of gone) {
      here.delete(id);
    }
    for (const task of tasks) {
      if ((here.get(task.id)?.revision ?? -1) <= task.revision) {
        here.set(task.id, task);
      }
    }
    return inOrder([...here.values()], hasMore);
  }

  test.each([
    ["to its end", false],
    ["in part", true],
  ])("give what sorting everything anew would give, in a list that is loaded %s", (_how, hasMore) => {
    const random = randomNumbers(20_261_128);
    const seen = { changed: 0, same: 0 };
    for (let round = 0; round < 400; round += 1) {
      let pages = randomPages(random, hasMore);
      for (let step = 0; step < 4; step += 1) {
        const ids = hasMore ? [...IDS, END.id] : IDS;
        const tasks = ids.filter(() => random(4) === 0).map((id) => randomTask(id, random));
        const gone = ids.filter(() => random(10) === 0);
        const expected = modelOf(pages, tasks, gone, hasMore);
        const after = changed(pages, { tasks, gone });
        expect(after.flatMap(({ items }) => items)).toEqual(expected);
        expect(after.map((page) => page.next_cursor)).toEqual(pages.map((page) => page.next_cursor));
        seen[after === pages ? "same" : "changed"] += 1;
        pages = after;
      }
    }
    expect(seen.changed).toBeGreaterThan(100);
    expect(seen.same).toBeGreaterThan(0);
  });
});
