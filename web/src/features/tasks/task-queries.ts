import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { getTask, listLabels, listLists, listTasks } from "../../api/generated/taskfleet";
import type { TaskOut, TaskPage } from "../../api/generated/taskfleet.schemas";
import { changePages, type TaskChanges } from "./pages";
import { compareIn, shows, type TaskView, toQuery } from "./view";

const PAGE_SIZE = 100;
const LISTS_KEY = "task-list";
const TASK_KEY = "task";

/** The user's day and time zone: what "today" means. */
export interface Day {
  readonly today: string;
  readonly timezone: string;
}

/** The tasks of a view, page by page. */
export function taskListQuery(view: TaskView, day: Day) {
  return infiniteQueryOptions({
    queryKey: [LISTS_KEY, view, day] as const,
    queryFn: ({ pageParam, signal }) =>
      listTasks({ ...toQuery(view, day.today), limit: PAGE_SIZE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: TaskPage) => page.next_cursor ?? undefined,
    // Live updates bring what changes; a stream that was away asks for what it missed.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export const listsQuery = queryOptions({
  queryKey: ["lists"],
  queryFn: async ({ signal }) => (await listLists({ limit: 200 }, { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export const labelsQuery = queryOptions({
  queryKey: ["labels"],
  queryFn: async ({ signal }) => (await listLabels({ signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
});

/** One task, for its details. */
export function taskQuery(taskId: string) {
  return queryOptions({
    queryKey: [TASK_KEY, taskId] as const,
    queryFn: ({ signal }) => getTask(taskId, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Show changed tasks in every list that is loaded, wherever they belong now, without asking for any list again. */
export function applyChanges(client: QueryClient, changes: TaskChanges): void {
  for (const query of client.getQueryCache().findAll({ queryKey: [LISTS_KEY] })) {
    const [, view, day] = query.queryKey as [string, TaskView, Day];
    client.setQueryData<InfiniteData<TaskPage, string | undefined>>(query.queryKey, (data) => {
      if (data === undefined) {
        return data;
      }
      const pages = changePages(
        data.pages,
        changes,
        (task) => shows(view, task, day.today, day.timezone),
        (one, other) => compareIn(view, one, other),
      );
      return pages === data.pages ? data : { ...data, pages: [...pages] };
    });
  }
  for (const task of changes.tasks) {
    client.setQueryData<TaskOut>([TASK_KEY, task.id], (known) =>
      known !== undefined && known.revision <= task.revision ? task : known,
    );
  }
}

/** Let no answer that is under way undo what was just shown. */
export function cancelTaskLists(client: QueryClient): Promise<void> {
  return client.cancelQueries({ queryKey: [LISTS_KEY] });
}

/** Ask for every list again: what is here may be too old to be brought up to date. */
export function reloadTaskLists(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LISTS_KEY] });
}
