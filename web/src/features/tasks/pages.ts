import type { TaskOut, TaskPage } from "../../api/generated/taskfleet.schemas";

/** A page as it is kept: with the task behind which the next page begins, which may have gone from it since. */
export interface LoadedPage extends TaskPage {
  readonly end?: TaskOut | undefined;
}

type Pages = readonly LoadedPage[];
type Compare = (one: TaskOut, other: TaskOut) => number;

/** What has changed: tasks as they are now, and ids of those that are gone. */
export interface TaskChanges {
  readonly tasks: readonly TaskOut[];
  readonly gone: readonly string[];
}

/**
 * Return the loaded pages of a list as they look after changes; the same object if nothing in them differs.
 *
 * A task whose place lies beyond what was loaded is left out: the page that it belongs to brings it. What is older than
 * the copy that is here says nothing new.
 */
export function changePages(
  pages: Pages,
  changes: TaskChanges,
  isShown: (task: TaskOut) => boolean,
  compare: Compare,
): Pages {
  const last = pages.at(-1);
  const end = last?.end ?? pages.findLast((page) => page.items.length > 0)?.items.at(-1);
  let changed = pages;
  for (const id of changes.gone) {
    changed = without(changed, id);
  }
  for (const task of changes.tasks) {
    const known = findTask(changed, task.id);
    if (known !== undefined && (known.revision > task.revision || (isShown(task) && isSame(known, task)))) {
      continue;
    }
    const others = without(changed, task.id);
    const isLoaded = last?.next_cursor === null || (end !== undefined && compare(task, end) <= 0);
    changed = isShown(task) && isLoaded ? withTask(others, task, compare) : others;
  }
  return changed;
}

/** Return a task of loaded pages. */
export function findTask(pages: Pages, id: string): TaskOut | undefined {
  for (const page of pages) {
    const found = page.items.find((item) => item.id === id);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function isSame(one: TaskOut, other: TaskOut): boolean {
  return one === other || (one.revision === other.revision && JSON.stringify(one) === JSON.stringify(other));
}

function without(pages: Pages, id: string): Pages {
  if (findTask(pages, id) === undefined) {
    return pages;
  }
  return pages.map((page) =>
    page.items.some((item) => item.id === id)
      ? { ...page, items: page.items.filter((item) => item.id !== id) }
      : page,
  );
}

function withTask(pages: Pages, task: TaskOut, compare: Compare): Pages {
  for (const [number, page] of pages.entries()) {
    const index = page.items.findIndex((item) => compare(task, item) < 0);
    if (index !== -1 || number === pages.length - 1) {
      const items = page.items.toSpliced(index === -1 ? page.items.length : index, 0, task);
      return pages.with(number, { ...page, items });
    }
  }
  return pages;
}
