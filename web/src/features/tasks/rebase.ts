import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import type { TaskChange } from "./task-changes";

/** Return a change that names the service's ids of tasks that had none when it was made. */
export function withIds(change: TaskChange, ids: ReadonlyMap<string, string>): TaskChange {
  if (change.kind === "create") {
    const parent = change.draft.parent_id && ids.get(change.draft.parent_id);
    return parent ? { ...change, draft: { ...change.draft, parent_id: parent } } : change;
  }
  const id = ids.get(change.task.id);
  const own = id === undefined ? change : { ...change, task: { ...change.task, id } };
  const after = own.kind === "move" && own.place.afterId !== null ? ids.get(own.place.afterId) : undefined;
  return own.kind === "move" && after !== undefined
    ? { ...own, place: { ...own.place, afterId: after } }
    : own;
}

/** Return a change of a task as one of the version that an earlier change has made, if it was one of what that saw. */
export function withRevision(change: TaskChange, made: TaskOut, seen: number): TaskChange {
  return change.kind !== "create" && change.task.id === made.id && change.task.revision === seen
    ? { ...change, task: { ...change.task, revision: made.revision } }
    : change;
}
