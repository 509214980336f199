import { describe, expect, test } from "vitest";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { json, refusal, serve } from "../../testing/service";
import { currentListOf, sendListChange, withChanges } from "./list-changes";

let lastId = 0;

/** A list as the service answers it; each is another one, as what was made of a version is remembered. */
function listOf(members: Partial<ListOut> = {}): ListOut {
  lastId += 1;
  return {
    id: `list-${lastId}`,
    name: "Groceries",
    color: null,
    archived: false,
    position: "a0",
    revision: 5,
    ...members,
  };
}

describe("lists with changes under way", () => {
  test("are shown as the changes leave them, each in its place", () => {
    const [one, other, third] = [listOf(), listOf(), listOf()];
    const lists = withChanges(
      [one, other, third],
      [{ seen: other, patch: { name: "Food" } }, { seen: one }, { seen: other, patch: { color: "#099268" } }],
    );
    expect(lists).toEqual([{ ...other, name: "Food", color: "#099268" }, third]);
  });

  test("bring none back that is gone", () => {
    expect(withChanges([], [{ seen: listOf(), patch: { name: "Food" } }])).toEqual([]);
  });
});

describe("a change of a list", () => {
  test("is one of the version that was seen", async () => {
    const seen = listOf();
    const requests = serve(() => json({ ...seen, name: "Food", revision: 6 }));
    expect(await sendListChange({ seen, patch: { name: "Food" } })).toMatchObject({ name: "Food" });
    expect(requests).toMatchObject([{ method: "PATCH", body: { name: "Food" } }]);
    expect(requests[0]?.headers.get("If-Match")).toBe('"5"');
  });

  test("is no conflict with one's own before it", async () => {
    const seen = listOf();
    let revision = 5;
    const requests = serve(({ body }) => {
      revision += 1;
      return json({ ...seen, ...(body as object), revision });
    });
    await sendListChange({ seen, patch: { name: "Food" } });
    await sendListChange({ seen, patch: { color: "#099268" } });
    await sendListChange({ seen, patch: { archived: true } });
    expect(requests.map(({ headers }) => headers.get("If-Match"))).toEqual(['"5"', '"6"', '"7"']);
  });

  test("that was changed elsewhere in the same respect is refused, with what it is now", async () => {
    const seen = listOf();
    const current = { ...seen, name: "Shopping", revision: 9 };
    serve(() => refusal(412, { current }));
    const error = await sendListChange({ seen, patch: { name: "Food" } }).catch((reason: unknown) => reason);
    expect(currentListOf(error)).toEqual(current);
  });

  test("that was changed elsewhere in another respect is made of that version", async () => {
    const seen = listOf();
    const current = { ...seen, color: "#099268", revision: 9 };
    const requests = serve(({ headers }) =>
      headers.get("If-Match") === '"9"'
        ? json({ ...current, name: "Food", revision: 10 })
        : refusal(412, { current }),
    );
    expect(await sendListChange({ seen, patch: { name: "Food" } })).toMatchObject({
      name: "Food",
      color: "#099268",
    });
    expect(requests).toHaveLength(2);
  });

  test("that is there already was made by an earlier try", async () => {
    const seen = listOf();
    const current = { ...seen, name: "Food", revision: 6 };
    const requests = serve(() => refusal(412, { current }));
    expect(await sendListChange({ seen, patch: { name: "Food" } })).toEqual(current);
    expect(requests).toHaveLength(1);
  });
});

describe("deleting a list", () => {
  test("is done when it is gone, by whomever", async () => {
    serve(() => refusal(404));
    await expect(sendListChange({ seen: listOf() })).resolves.toBeUndefined();
  });

  test("is refused where it is another one by now", async () => {
    const seen = listOf();
    const current = { ...seen, name: "Taxes", revision: 9 };
    serve(() => refusal(412, { current }));
    const error = await sendListChange({ seen }).catch((reason: unknown) => reason);
    expect(currentListOf(error)).toEqual(current);
  });
});
