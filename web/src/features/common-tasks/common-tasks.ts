import { queryOptions } from "@tanstack/react-query";
import { listCommonTasks } from "../../api/generated/taskfleet";

/** The tasks that everybody may copy, in their order; no stream tells of their changes. */
export const commonTasksQuery = queryOptions({
  queryKey: ["common-tasks"],
  queryFn: async ({ signal }) => (await listCommonTasks({ signal })).items,
});
