import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { placeOf } from "./card-place";

const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => taskOf({ id: name, position: name })) as [
  ReturnType<typeof taskOf>,
  ReturnType<typeof taskOf>,
  ReturnType<typeof taskOf>,
  ReturnType<typeof taskOf>,
];

describe("a card that takes the place of another", () => {
  test.each([
    ["goes behind it from above", a, c, "c"],
    ["goes ahead of it from below", d, b, "a"],
    ["goes behind the next one, one down", b, c, "c"],
    ["goes ahead of the one before, one up", c, b, "a"],
    ["goes to the top from below", c, a, null],
    ["goes to the end from above", a, d, "d"],
  ])("%s", (_where, card, target, afterId) => {
    expect(placeOf(card, target, [a, b, c, d])).toEqual({ afterId });
  });

  test.each([
    ["goes ahead of it from another column", c, "b"],
    ["goes to the top from another column", a, null],
  ])("%s", (_where, target, afterId) => {
    const card = taskOf({ id: "other", position: "a0", status: "in_progress" });
    expect(placeOf(card, target, [a, b, c, d])).toEqual({ afterId });
  });
});
