import { act, renderHook } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { useSelection } from "./use-selection";

const TASKS = ["a", "b", "c", "d", "e"].map((id) => taskOf({ id }));

function renderSelection() {
  const { result, rerender } = renderHook(({ tasks }) => useSelection(tasks), {
    initialProps: { tasks: TASKS },
  });
  return {
    /** Do something with the selection as it is now. */
    choose: (act_: (selection: ReturnType<typeof useSelection>) => void) => act(() => act_(result.current)),
    show: (tasks: typeof TASKS) => rerender({ tasks }),
    ids: () => result.current.tasks.map(({ id }) => id),
  };
}

describe("a selection", () => {
  test("takes tasks in and out, in the order of the list", () => {
    const { choose, ids } = renderSelection();
    choose((selection) => selection.toggle("c"));
    choose((selection) => selection.toggle("a"));
    expect(ids()).toEqual(["a", "c"]);
    choose((selection) => selection.toggle("c"));
    expect(ids()).toEqual(["a"]);
  });

  test.each([
    ["down", "b", "d", ["b", "c", "d"]],
    ["up", "d", "b", ["b", "c", "d"]],
  ])("goes on %s from the task that was chosen last", (_what, from, to, expected) => {
    const { choose, ids } = renderSelection();
    choose((selection) => selection.toggle(from));
    choose((selection) => selection.extendTo(to));
    expect(ids()).toEqual(expected);
  });

  test("begins with one task where none was chosen", () => {
    const { choose, ids } = renderSelection();
    choose((selection) => selection.extendTo("c"));
    expect(ids()).toEqual(["c"]);
  });

  test("takes in everything, and nothing again", () => {
    const { choose, ids } = renderSelection();
    choose((selection) => selection.selectAll());
    expect(ids()).toEqual(["a", "b", "c", "d", "e"]);
    choose((selection) => selection.clear());
    expect(ids()).toEqual([]);
  });

  test("loses what leaves the list", () => {
    const { choose, show, ids } = renderSelection();
    choose((selection) => selection.selectAll());
    show(TASKS.slice(0, 2));
    expect(ids()).toEqual(["a", "b"]);
    choose((selection) => selection.toggle("a"));
    show(TASKS);
    expect(ids()).toEqual(["b"]);
  });
});
