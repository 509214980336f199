import {
  hashKey,
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  type QueryKey,
  queryOptions,
} from "@tanstack/react-query";
import { getTask, listLabels, listLists, listTasks } from "../../api/generated/taskfleet";
import type { ListOut, TaskOut } from "../../api/generated/taskfleet.schemas";
import { changePages, findTask, type LoadedPage, type TaskChanges } from "./pages";
import { compareIn, shows, type TaskView, toQuery } from "./view";

const PAGE_SIZE = 100;
/** The contract's number: the longest page. */
const LISTS_PAGE_SIZE = 200;
const LISTS_KEY = "task-list";
const TASK_KEY = "task";
/** Marks what is not worth keeping on the device. */
const PASSING = { isPassing: true };
/** When a list was updated that the service has not been asked for. */
const STANDS_IN = 0;

type ListKey = readonly [typeof LISTS_KEY, TaskView, Day];
type TaskList = InfiniteData<LoadedPage, string | undefined>;

/** The user's day and time zone: what "today" means. */
export interface Day {
  readonly today: string;
  readonly timezone: string;
}

/** The tasks of a view, page by page. */
export function taskListQuery(view: TaskView, day: Day) {
  return infiniteQueryOptions({
    queryKey: [LISTS_KEY, view, dayThatMatters(view, day)] as const,
    queryFn: async ({ client, pageParam, signal }): Promise<LoadedPage> => {
      const query = { ...toQuery(view, day.today), limit: PAGE_SIZE, cursor: pageParam };
      const page = await listTasks(query, { signal });
      dropOtherDays(client, view, day);
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
    staleTime: ({ state }) => (state.dataUpdatedAt === STANDS_IN ? 0 : Number.POSITIVE_INFINITY),
    // What was looked at is shown without a network, too; what a search found is here by other ways, and of the trash
    // nothing tells what came into it.
    ...(view.kind === "search" || view.kind === "trash"
      ? { meta: PASSING }
      : { gcTime: Number.POSITIVE_INFINITY }),
  });
}

/** Return of a day what a view depends on, so that one that does not is the same tomorrow. */
function dayThatMatters({ kind }: TaskView, { today, timezone }: Day): Day {
  switch (kind) {
    case "today":
    case "upcoming":
      return { today, timezone };
    case "calendar":
      return { today: "", timezone };
    default:
      return { today: "", timezone: "UTC" };
  }
}

/** Forget what a view showed on other days, now that it has come for this one. */
function dropOtherDays(client: QueryClient, view: TaskView, day: Day): void {
  const present = hashKey(taskListQuery(view, day).queryKey);
  client.removeQueries({
    queryKey: [LISTS_KEY, view],
    type: "inactive",
    predicate: ({ queryHash }) => queryHash !== present,
  });
}

/** The same for a page that shows them: what is known from other views stands in until the service has answered. */
export function shownTaskListQuery(client: QueryClient, view: TaskView, day: Day) {
  return {
    ...taskListQuery(view, day),
    initialData: () => knownIn(client, view, day),
    initialDataUpdatedAt: STANDS_IN,
  };
}

/** All lists, archived ones among them. */
export const listsQuery = queryOptions({
  queryKey: ["lists"],
  queryFn: async ({ signal }) => {
    const lists: ListOut[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await listLists({ limit: LISTS_PAGE_SIZE, cursor }, { signal });
      lists.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return lists;
  },
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

export const labelsQuery = queryOptions({
  queryKey: ["labels"],
  queryFn: async ({ signal }) => (await listLabels({ signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

/** One task, for its details: at once where a list has brought it already. */
export function taskQuery(client: QueryClient, taskId: string) {
  return queryOptions({
    queryKey: [TASK_KEY, taskId] as const,
    queryFn: ({ signal }) => getTask(taskId, { signal }),
    initialData: () => knownTask(client, taskId),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Return the tasks that any loaded list has, each once, in its newest version; what is in the trash is none of them. */
export function knownTasks(client: QueryClient): TaskOut[] {
  const known = new Map<string, TaskOut>();
  const lists = client.getQueriesData<InfiniteData<LoadedPage>>({
    queryKey: [LISTS_KEY],
    predicate: ({ queryKey }) => (queryKey[1] as TaskView).kind !== "trash",
  });
  for (const [, data] of lists) {
    for (const task of data?.pages.flatMap(({ items }) => items) ?? []) {
      const other = known.get(task.id);
      if (other === undefined || other.revision <= task.revision) {
        known.set(task.id, task);
      }
    }
  }
  return [...known.values()];
}

/** Return a task as any loaded list or its details have it, in its newest version. */
export function knownTask(client: QueryClient, id: string): TaskOut | undefined {
  let known = client.getQueryData<TaskOut>([TASK_KEY, id]);
  for (const [, data] of client.getQueriesData<TaskList>({ queryKey: [LISTS_KEY] })) {
    const found = data && findTask(data.pages, id);
    if (found !== undefined && (known === undefined || known.revision <= found.revision)) {
      known = found;
    }
  }
  return known;
}

/** Return what a view shows of the tasks that are known here, as its only page; undefined when that is nothing. */
function knownIn(client: QueryClient, view: TaskView, day: Day): TaskList | undefined {
  const items = knownTasks(client)
    .filter((task) => shows(view, task, day.today, day.timezone))
    .toSorted((one, other) => compareIn(view, one, other));
  return items.length === 0
    ? undefined
    : { pages: [{ items, next_cursor: null, end: items.at(-1) }], pageParams: [undefined] };
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
  // A search finds parts of words in what is here.
  const found = view.kind === "search" ? knownTasks(client) : [];
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

/** What changes say of a view: what is gone from the others is in the trash, whence only tasks that are back leave. */
function changesFor(view: TaskView, changes: TaskChanges): TaskChanges {
  return view.kind === "trash" ? { ...changes, gone: [] } : changes;
}

/** Return a loaded list as it looks after changes; of another query, what it has. */
export function changeList<Data>(queryKey: QueryKey, data: Data, changes: TaskChanges): Data {
  if (queryKey[0] !== LISTS_KEY) {
    return data;
  }
  const [, view, day] = queryKey as ListKey;
  const list = data as TaskList;
  const pages = changePages(
    list.pages,
    changesFor(view, changes),
    (task) => shows(view, task, day.today, day.timezone),
    (one, other) => compareIn(view, one, other),
  );
  return pages === list.pages ? data : ({ ...list, pages: [...pages] } as Data);
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
    const { dataUpdatedAt, isInvalidated } = query.state;
    const data = query.state.data as TaskList | undefined;
    const changed = data && changeList(query.queryKey, data, changes);
    if (changed !== data) {
      // It has been changed, not asked for; what was to be asked for again still is.
      client.setQueryData<TaskList>(query.queryKey, changed, { updatedAt: dataUpdatedAt });
      if (isInvalidated) {
        query.invalidate();
      }
    }
  }
  for (const task of changes.tasks) {
    client.setQueryData<TaskOut>([TASK_KEY, task.id], (known) =>
      known !== undefined && known.revision <= task.revision ? task : undefined,
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

/** Ask for everything that is on screen again: it is too old to be brought up to date. Rejects when nobody answers. */
export async function reloadTasks(client: QueryClient): Promise<void> {
  for (const key of [LISTS_KEY, TASK_KEY]) {
    client.removeQueries({ queryKey: [key], type: "inactive" });
  }
  await client.refetchQueries(
    { predicate: ({ queryKey: [key] }) => key === LISTS_KEY || key === TASK_KEY },
    { throwOnError: true },
  );
}
