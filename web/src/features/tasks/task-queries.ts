import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { getTask, listLabels, listLists, listTasks } from "../../api/generated/taskfleet";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { changePages, type LoadedPage, type TaskChanges } from "./pages";
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
    queryFn: async ({ client, pageParam, signal }): Promise<LoadedPage> => {
      const query = { ...toQuery(view, day.today), limit: PAGE_SIZE, cursor: pageParam };
      const page = await listTasks(query, { signal });
      return withRecentChanges(
        client,
        { ...page, end: page.items.at(-1) },
        view,
        day,
        pageParam === undefined,
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: LoadedPage) => page.next_cursor ?? undefined,
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

/** More than happen while a page is on its way. */
const MAX_RECENT = 1_000;
/** The latest changes by id, oldest first; undefined stands for a task that is gone. */
const recentChanges = new WeakMap<QueryClient, Map<string, TaskOut | undefined>>();

function noteRecent(client: QueryClient, id: string, task: TaskOut | undefined): void {
  const recent = recentChanges.get(client) ?? new Map<string, TaskOut | undefined>();
  recentChanges.set(client, recent);
  recent.delete(id);
  recent.set(id, task);
  for (const oldest of recent.keys()) {
    if (recent.size <= MAX_RECENT) {
      break;
    }
    recent.delete(oldest);
  }
}

/** Return a page as it would have come if the service had read it now: it may be older than what was shown since. */
function withRecentChanges(
  client: QueryClient,
  page: LoadedPage,
  view: TaskView,
  day: Day,
  isFirst: boolean,
) {
  const recent = [...(recentChanges.get(client) ?? [])];
  const compare = (one: TaskOut, other: TaskOut) => compareIn(view, one, other);
  const first = page.items[0];
  const changes = changesFor(view, {
    tasks: recent.flatMap(([, task]) => task ?? []),
    gone: recent.flatMap(([id, task]) => (task === undefined ? id : [])),
  });
  const found = view.kind === "search" ? loadedTasks(client, view, day) : [];
  const [changed] = changePages(
    [page],
    { ...changes, tasks: [...found, ...changes.tasks] },
    // What comes before a later page is on an earlier one.
    (task) =>
      shows(view, task, day.today, day.timezone) &&
      (isFirst || (first !== undefined && compare(task, first) >= 0)),
    compare,
  );
  return changed ?? page;
}

/** The tasks of other views that a view shows too: a search finds parts of words in what is here. */
function loadedTasks(client: QueryClient, view: TaskView, day: Day): TaskOut[] {
  const lists = client.getQueriesData<InfiniteData<LoadedPage>>({
    queryKey: [LISTS_KEY],
    predicate: ({ queryKey }) => (queryKey[1] as TaskView).kind !== "trash",
  });
  const tasks = lists.flatMap(([, list]) => list?.pages.flatMap((page) => page.items) ?? []);
  return tasks.filter((task) => shows(view, task, day.today, day.timezone));
}

/** What changes say of a view: what is gone from the others is in the trash, whence only tasks that are back leave. */
function changesFor(view: TaskView, changes: TaskChanges): TaskChanges {
  return view.kind === "trash" ? { ...changes, gone: [] } : changes;
}

/** Show changed tasks in every list that is loaded, wherever they belong now, without asking for any list again. */
export function applyChanges(client: QueryClient, changes: TaskChanges): void {
  for (const id of changes.gone) {
    noteRecent(client, id, undefined);
  }
  for (const task of changes.tasks) {
    noteRecent(client, task.id, task);
  }
  for (const query of client.getQueryCache().findAll({ queryKey: [LISTS_KEY] })) {
    const [, view, day] = query.queryKey as [string, TaskView, Day];
    client.setQueryData<InfiniteData<LoadedPage, string | undefined>>(query.queryKey, (data) => {
      if (data === undefined) {
        return data;
      }
      const pages = changePages(
        data.pages,
        changesFor(view, changes),
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
  if (changes.gone.length > 0) {
    // Of a deletion the service tells the id alone, and the trash shows more of it.
    void client.invalidateQueries({ queryKey: [LISTS_KEY, { kind: "trash" }] });
    for (const id of changes.gone) {
      void client.invalidateQueries({ queryKey: [TASK_KEY, id] });
    }
  }
}

/** Ask for every list again: what is here may be too old to be brought up to date. */
export function reloadTaskLists(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LISTS_KEY] });
}
