import { describe, expect, test } from "vitest";
import type { CommonTaskPatch } from "../../../api/generated/taskfleet.schemas";
import { commonTaskOf } from "../../../testing/common-tasks";
import { json, refusal, serve } from "../../../testing/service";
import { patchTo, positionBeyond, sendCommonTaskChange, withCommonTask } from "./common-task-changes";

const SEEN = commonTaskOf({ revision: 3 });
const [FIRST, SECOND, THIRD] = ["a0", "a1", "a2"].map((position) =>
  commonTaskOf({ id: `common-${position}`, position }),
) as [typeof SEEN, typeof SEEN, typeof SEEN];
const ALL = [FIRST, SECOND, THIRD];

function update(patch: CommonTaskPatch) {
  return sendCommonTaskChange({ kind: "update", seen: SEEN, patch });
}

describe("an update", () => {
  test("is of what was seen alone", async () => {
    const requests = serve(() => json({ ...SEEN, title: "Back up", revision: 4 }));
    expect(await update({ title: "Back up" })).toMatchObject({ title: "Back up", revision: 4 });
    expect(requests.map(({ headers }) => headers.get("If-Match"))).toEqual(['"3"']);
  });

  test("is made of the newer version where something else was changed elsewhere", async () => {
    const current = { ...SEEN, priority: 4, revision: 9 };
    const requests = serve(({ headers }) =>
      headers.get("If-Match") === '"9"'
        ? json({ ...current, title: "Back up", revision: 10 })
        : refusal(412, { current }),
    );
    expect(await update({ title: "Back up" })).toMatchObject({ title: "Back up", priority: 4 });
    expect(requests).toHaveLength(2);
  });

  test("is refused where the same was changed elsewhere", async () => {
    const requests = serve(() => refusal(412, { current: { ...SEEN, title: "Save all", revision: 9 } }));
    await expect(update({ title: "Back up" })).rejects.toMatchObject({ status: 412 });
    expect(requests).toHaveLength(1);
  });

  test("whose answer was lost is known by what it has made", async () => {
    const current = { ...SEEN, title: "Back up", revision: 4 };
    serve(() => refusal(412, { current }));
    expect(await update({ title: "Back up" })).toEqual(current);
  });
});

describe("a deletion", () => {
  test("of what is gone has done what it was to do", async () => {
    serve(() => refusal(404));
    expect(await sendCommonTaskChange({ kind: "delete", seen: SEEN })).toBeUndefined();
  });

  test("of what was changed elsewhere is refused", async () => {
    serve(() => refusal(412, { current: { ...SEEN, title: "Save all", revision: 9 } }));
    await expect(sendCommonTaskChange({ kind: "delete", seen: SEEN })).rejects.toMatchObject({ status: 412 });
  });
});

describe("the order", () => {
  test.each([
    [SECOND.id, 1, [FIRST.id, THIRD.id, SECOND.id]],
    [SECOND.id, -1, [SECOND.id, FIRST.id, THIRD.id]],
    [FIRST.id, 1, [SECOND.id, FIRST.id, THIRD.id]],
    [THIRD.id, -1, [FIRST.id, THIRD.id, SECOND.id]],
  ] as const)("of %s moved by %i", (id, places, expected) => {
    const position = positionBeyond(ALL, id, places) ?? "";
    const moved = { ...commonTaskOf({ id }), position };
    expect(withCommonTask(ALL, id, moved).map((one) => one.id)).toEqual(expected);
  });

  test("has ends", () => {
    expect(positionBeyond(ALL, FIRST.id, -1)).toBeUndefined();
    expect(positionBeyond(ALL, THIRD.id, 1)).toBeUndefined();
    expect(positionBeyond(ALL, "another", 1)).toBeUndefined();
  });

  test("has a place beside two at one position", () => {
    const twins = [FIRST, SECOND, { ...THIRD, position: SECOND.position }];
    expect(positionBeyond(twins, FIRST.id, 1)).toBe("a2");
    expect(positionBeyond(twins, THIRD.id, -1)).toBe("a0V");
  });
});

test("what is to be otherwise is what differs", () => {
  expect(patchTo(SEEN, { title: SEEN.title, labels: ["home"], priority: 0 })).toEqual({ priority: 0 });
});
