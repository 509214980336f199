import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { cardAfter, cardBeside } from "./card-keys";

/** Columns such as `["ab", "", "c"]`. */
function columnsOf(...names: string[]) {
  return names.map((column) => ({ tasks: [...column].map((id) => taskOf({ id })) }));
}

describe("the card beside another", () => {
  test.each([
    ["below", "a", 0, 1, "b"],
    ["above", "b", 0, -1, "a"],
    ["at the end is the same", "c", 0, 1, "c"],
    ["at the top is the same", "a", 0, -1, "a"],
    ["in the next column stands in the same row", "b", 1, 0, "e"],
    ["in a shorter column is its last", "c", 1, 0, "e"],
    ["in the column before stands in the same row", "d", -1, 0, "a"],
    ["outside of the board is the same", "f", 1, 0, "f"],
    ["on the other side of the board is the same", "b", -1, 0, "b"],
  ])("%s", (_where, from, across, along, to) => {
    expect(cardBeside(columnsOf("abc", "de", "f"), from, { across, along })?.id).toBe(to);
  });

  test("is beyond a column without any", () => {
    expect(cardBeside(columnsOf("a", "", "f"), "a", { across: 1, along: 0 })?.id).toBe("f");
    expect(cardBeside(columnsOf("a", "", ""), "a", { across: 1, along: 0 })?.id).toBe("a");
  });

  test("is the first of the board where there is none yet, or not any more", () => {
    expect(cardBeside(columnsOf("", "de", "f"), undefined, { across: 0, along: 1 })?.id).toBe("d");
    expect(cardBeside(columnsOf("", "de", "f"), "gone", { across: 0, along: -1 })?.id).toBe("d");
    expect(cardBeside(columnsOf("", "", ""), undefined, { across: 0, along: 1 })).toBeUndefined();
  });
});

describe("when a card leaves its column, the current one is", () => {
  test.each([
    ["the one below", "a", "b"],
    ["the one above at the end", "c", "b"],
  ])("%s", (_which, leaving, next) => {
    expect(cardAfter(columnsOf("abc"), taskOf({ id: leaving }))?.id).toBe(next);
  });

  test("none where it was alone", () => {
    expect(cardAfter(columnsOf("a", "b"), taskOf({ id: "a" }))).toBeUndefined();
  });
});
