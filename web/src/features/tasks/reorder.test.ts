import { describe, expect, test } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { taskOf } from "../../testing/tasks";
import { movesTo } from "./reorder";

const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => taskOf({ id })) as [TaskOut, TaskOut, TaskOut, TaskOut];
const LIST = [a, b, c, d];

function afterIds(...args: Parameters<typeof movesTo>): [string, string | null][] {
  return movesTo(...args).map(({ task, place }) => [task.id, place.afterId]);
}

describe("a task that is moved", () => {
  test.each([
    ["down to its neighbour", a, "b", "b"],
    ["down to the end", a, "d", "d"],
    ["up to its neighbour", d, "c", "b"],
    ["up to the top", d, "a", null],
  ])("%s goes behind the one that is above it then", (_what, task, target, afterId) => {
    expect(afterIds(LIST, task, target)).toEqual([[task.id, afterId]]);
  });

  test.each([
    ["itself", "b"],
    ["nothing", ""],
  ])("to %s stays", (_what, target) => {
    expect(movesTo(LIST, b, target)).toEqual([]);
  });

  test("goes behind the nearest of its own list where several are shown", () => {
    const x = taskOf({ id: "x", list_id: "list-a" });
    const y = taskOf({ id: "y", list_id: "list-a" });
    expect(afterIds([x, a, b, y], y, "b")).toEqual([["y", "x"]]);
    expect(afterIds([a, x, b, y], y, "a")).toEqual([["y", null]]);
  });
});

describe("selected tasks", () => {
  test("are moved together, in their order", () => {
    expect(afterIds(LIST, c, "a", [b, c])).toEqual([
      ["b", null],
      ["c", "b"],
    ]);
    expect(afterIds(LIST, a, "d", [a, c])).toEqual([
      ["a", "d"],
      ["c", "a"],
    ]);
  });

  test("stay where they are when they are dropped on one of themselves", () => {
    expect(movesTo(LIST, a, "b", [a, b])).toEqual([]);
  });

  test("leave out those of other lists, and a task that is none of them goes alone", () => {
    const x = taskOf({ id: "x", list_id: "list-a" });
    expect(afterIds([a, x, b], a, "b", [a, x])).toEqual([["a", "b"]]);
    expect(afterIds(LIST, d, "a", [b, c])).toEqual([["d", null]]);
  });
});
