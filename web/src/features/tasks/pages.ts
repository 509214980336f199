import type { TaskOut, TaskPage } from "../../api/generated/taskfleet.schemas";

type Pages = readonly TaskPage[];
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
  let changed = pages;
  for (const id of changes.gone) {
    changed = without(changed, id);
  }
  for (const task of changes.tasks) {
    const known = find(changed, task.id);
    if (known !== undefined && known.revision > task.revision) {
      continue;
    }
    const others = without(changed, task.id);
    changed = isShown(task) ? withTask(others, task, compare) : others;
  }
  return changed;
}

function find(pages: Pages, id: string): TaskOut | undefined {
  for (const page of pages) {
    const found = page.items.find((item) => item.id === id);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function without(pages: Pages, id: string): Pages {
  if (find(pages, id) === undefined) {
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
    const isEnd = index === -1 && number === pages.length - 1;
    if (index === -1 && !isEnd) {
      continue;
    }
    if (isEnd && page.next_cursor !== null) {
      return pages;
    }
    const items = page.items.toSpliced(isEnd ? page.items.length : index, 0, task);
    return pages.with(number, { ...page, items });
  }
  return pages;
}
