import type { TaskDraft, TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { newIdempotencyKey } from "../../api/http";
import { instantOf } from "./instant";

/**
 * One change of one task, as plain data: it may lie on the device for days before it is sent.
 *
 * `task` is the task as it was seen when the change was made.
 */
export type TaskChange =
  | {
      readonly kind: "create";
      readonly id: string;
      readonly draft: TaskDraft;
      readonly madeAt: string;
      readonly typed?: string;
    }
  | { readonly kind: "update"; readonly task: TaskOut; readonly patch: TaskPatch }
  | { readonly kind: "complete" | "reopen" | "delete" | "restore"; readonly task: TaskOut }
  | { readonly kind: "move"; readonly task: TaskOut; readonly place: Place; readonly position: string };

/** Where a task goes: behind another one or to the top, in its own list or another one (null: the inbox). */
export interface Place {
  readonly afterId: string | null;
  readonly listId?: string | null;
}

const PENDING = "pending-";
/** Behind every letter and digit of a position. */
const LAST_POSITION = "~";

/** The id of the task that a change is about. */
export function taskIdOf(change: TaskChange): string {
  return change.kind === "create" ? change.id : change.task.id;
}

/** Title of what a change is about, for messages. */
export function titleOf(change: TaskChange): string {
  switch (change.kind) {
    case "create":
      return change.draft.title;
    case "update":
      return change.patch.title ?? change.task.title;
    default:
      return change.task.title;
  }
}

/**
 * Add a task; until the service has given it its id and place, it is shown last under an id of its own.
 *
 * `typed` is the line that it was made of, where that says more than its title.
 */
export function creating(draft: TaskDraft, now = new Date(), typed?: string): TaskChange {
  const id = `${PENDING}${newIdempotencyKey()}`;
  return { kind: "create", id, draft, madeAt: now.toISOString(), ...(typed !== undefined && { typed }) };
}

/** Change a task's editable members, if they are still what they were seen to be. */
export function patching(task: TaskOut, patch: TaskPatch): TaskChange {
  return { kind: "update", task, patch };
}

/** Set a task done. */
export function completing(task: TaskOut): TaskChange {
  return { kind: "complete", task };
}

/** Take a completion back: the task, as it was before, is open again. */
export function reopening(task: TaskOut): TaskChange {
  const done: TaskOut = { ...task, status: "done" };
  // To reopen sets a task to do, whatever it was.
  return task.status === "in_progress"
    ? patching(done, { status: "in_progress" })
    : { kind: "reopen", task: done };
}

/** Move a task to the trash. */
export function deleting(task: TaskOut): TaskChange {
  return { kind: "delete", task };
}

/** Take a task out of the trash. */
export function restoring(task: TaskOut): TaskChange {
  return { kind: "restore", task };
}

/** Move a task to another place; `known` are the tasks among which it is shown there until the service has answered. */
export function moving(task: TaskOut, place: Place, known: readonly TaskOut[]): TaskChange {
  const others = known
    .filter((other) => other.id !== task.id)
    .map(({ position }) => position)
    .toSorted(compareText);
  const ahead = known.find((other) => other.id === place.afterId)?.position;
  const behind = ahead === undefined ? others[0] : others.find((position) => position > ahead);
  return { kind: "move", task, place, position: betweenPositions(ahead, behind) };
}

/** Return what takes an update back. */
export function unpatching(task: TaskOut, patch: TaskPatch): TaskChange {
  const before = Object.fromEntries(Object.keys(patch).map((name) => [name, task[name as keyof TaskPatch]]));
  return patching({ ...task, ...(patch as Partial<TaskOut>) }, before);
}

/** Return what the service had of a task before a change, as far as whoever made it could see. */
export function seenBefore(change: TaskChange): TaskOut | undefined {
  return change.kind === "create" || change.kind === "restore" ? undefined : change.task;
}

/** Return what a change makes of a task, whatever that is by then; undefined stands for none. */
export function predict(
  change: TaskChange,
  present: TaskOut | undefined,
  timezone: string,
): TaskOut | undefined {
  switch (change.kind) {
    case "create":
      return present ?? draftedTask(change, timezone);
    case "update":
      return present && withPatch(present, change.patch, timezone);
    case "complete":
      return present && { ...present, status: "done" };
    case "reopen":
      return present && { ...present, status: "todo", completed_at: null };
    case "delete":
      return undefined;
    case "restore":
      return present ?? change.task;
    case "move":
      return (
        present && {
          ...present,
          position: change.position,
          ...(change.place.listId === undefined ? {} : { list_id: change.place.listId }),
        }
      );
  }
}

/** Return a task as a merge patch (RFC 7396) leaves it; of its due date and recurrence the members, too, stay as they are. */
export function withPatch(
  task: TaskOut,
  { due, recurrence, ...fields }: TaskPatch,
  timezone: string,
): TaskOut {
  const patched: TaskOut = { ...task, ...(fields as Partial<TaskOut>) };
  if (recurrence !== undefined) {
    patched.recurrence =
      recurrence && ({ rule: "", from: "due", ...task.recurrence, ...recurrence } as TaskOut["recurrence"]);
  }
  if (due === undefined) {
    return patched;
  }
  const merged = due === null ? null : { date: "", time: null, timezone: null, ...task.due, ...due };
  return {
    ...patched,
    due: merged as TaskOut["due"],
    due_at: merged && instantOf(merged as Partial<NonNullable<TaskOut["due"]>>, timezone),
  };
}

/** Return what takes a task's due date away; what repeats from that date cannot do so without it. */
export function withoutDue({ recurrence }: TaskOut): TaskPatch {
  return recurrence === null || recurrence.from === "completion"
    ? { due: null }
    : { due: null, recurrence: null };
}

/** Whether a task is what an update was to make of it. */
export function isFulfilled(task: TaskOut, patch: TaskPatch): boolean {
  // The instant of a due date is the service's business.
  const text = (version: TaskOut) => JSON.stringify({ ...version, due_at: null });
  return text(withPatch(task, patch, "UTC")) === text(task);
}

/** Whether two versions of a task differ in something that an update changes. */
export function differWherePatched(seen: TaskOut, current: TaskOut, patch: TaskPatch): boolean {
  return Object.keys(patch).some(
    (name) =>
      JSON.stringify(seen[name as keyof TaskPatch]) !== JSON.stringify(current[name as keyof TaskPatch]),
  );
}

/** Whether a task is not on the service yet. */
export function isPending(task: TaskOut): boolean {
  return task.id.startsWith(PENDING);
}

function draftedTask(
  { id, draft, madeAt }: Extract<TaskChange, { kind: "create" }>,
  timezone: string,
): TaskOut {
  return {
    notes: "",
    status: "todo",
    priority: 0,
    due: null,
    recurrence: null,
    reminders: [],
    labels: [],
    list_id: null,
    parent_id: null,
    ...draft,
    id,
    due_at: draft.due ? instantOf(draft.due, timezone) : null,
    position: LAST_POSITION,
    completed_at: null,
    created_at: madeAt,
    updated_at: madeAt,
    revision: 0,
  };
}

/** Return text that sorts between two positions; undefined stands for the open end on that side. */
function betweenPositions(ahead: string | undefined, behind: string | undefined): string {
  if (behind === undefined) {
    return `${ahead ?? ""}${LAST_POSITION}`;
  }
  if (ahead === undefined) {
    return `${behind.slice(0, -1)} `; // ahead of every letter and digit
  }
  let padding = "";
  while (`${ahead}${padding}${LAST_POSITION}` >= behind && padding.length < behind.length) {
    padding += "0";
  }
  return `${ahead}${padding}${LAST_POSITION}`;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
