import { queryOptions } from "@tanstack/react-query";
import { listCommonTasks } from "../../api/generated/taskfleet";
import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { containsWords } from "../tasks/search-text";

/** The tasks that everybody may copy, in their order; no stream tells of their changes. */
export const commonTasksQuery = queryOptions({
  queryKey: ["common-tasks"],
  queryFn: async ({ signal }) => (await listCommonTasks({ signal })).items,
});

/** Return the common tasks with every word of a text in title, notes or labels; all of them without a word. */
export function findCommonTasks(
  commonTasks: readonly CommonTaskOut[],
  text: string,
): readonly CommonTaskOut[] {
  if (text.trim() === "") {
    return commonTasks;
  }
  return commonTasks.filter(({ title, notes, labels }) =>
    containsWords({ title, notes: [notes, ...labels].join("\n") }, text),
  );
}
