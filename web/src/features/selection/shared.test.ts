import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { relabelled, sharedLabels, sharedOf } from "./shared";

describe("what tasks have in common", () => {
  test("is the value of all, or nothing", () => {
    const tasks = [taskOf({ priority: 2 }), taskOf({ priority: 2 })];
    expect(sharedOf(tasks, ({ priority }) => priority)).toBe(2);
    expect(sharedOf([...tasks, taskOf({ priority: 3 })], ({ priority }) => priority)).toBeUndefined();
    expect(sharedOf([], ({ priority }) => priority)).toBeUndefined();
  });

  test("is no list when some are in the inbox, and the inbox when all are", () => {
    const inInbox = [taskOf(), taskOf()];
    expect(sharedOf(inInbox, (task) => task.list_id)).toBeNull();
    expect(sharedOf([...inInbox, taskOf({ list_id: "a" })], (task) => task.list_id)).toBeUndefined();
  });

  test("are the labels that every one has", () => {
    expect(sharedLabels([taskOf({ labels: ["a", "b"] }), taskOf({ labels: ["b", "c"] })])).toEqual(["b"]);
    expect(sharedLabels([])).toEqual([]);
  });
});

describe("the labels of one of several tasks", () => {
  test("get one that was chosen for all, once", () => {
    expect(relabelled(["own"], [], ["new"])).toEqual(["own", "new"]);
    expect(relabelled(["own", "new"], [], ["new"])).toEqual(["own", "new"]);
  });

  test("lose one that was taken from all, and keep their own", () => {
    expect(relabelled(["own", "shared"], ["shared"], [])).toEqual(["own"]);
  });
});
