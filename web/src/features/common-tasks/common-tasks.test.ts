import { expect, test } from "vitest";
import { commonTaskOf } from "../../testing/common-tasks";
import { findCommonTasks } from "./common-tasks";

const ALL = [
  commonTaskOf({ id: "1", title: "Renew the passport", notes: "", labels: ["Réunion"] }),
  commonTaskOf({ id: "2", title: "Back up", notes: "Plug the disk in", labels: [] }),
];

test.each([
  ["pass", ["1"]],
  ["reunion", ["1"]],
  ["DISK plug", ["2"]],
  ["disk passport", []],
  ["  ", ["1", "2"]],
])("“%s” finds %j", (text, ids) => {
  expect(findCommonTasks(ALL, text).map(({ id }) => id)).toEqual(ids);
});
