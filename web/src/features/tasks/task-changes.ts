import {
  completeTask,
  createTask,
  deleteTask,
  reopenTask,
  restoreTask,
  updateTask,
} from "../../api/generated/taskfleet";
import type { TaskDraft, TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { newIdempotencyKey } from "../../api/http";
import { ApiProblem } from "../../api/problem";
import { someInstantOn } from "./view";

/** One change of one task: how it is shown at once, and how it is truly made. It may be sent several times. */
export interface TaskChange {
  /** What the task was before; undefined for a new one. */
  readonly before: TaskOut | undefined;
  /** What it will be as far as one can tell; undefined when it goes away. */
  readonly predicted: TaskOut | undefined;
  /** What it makes of a task, whatever that is by then; undefined stands for none. Missing for a new task. */
  readonly predict?: (present: TaskOut | undefined) => TaskOut | undefined;
  /** What is to be different, where that is all. */
  readonly patch?: TaskPatch;
  /** What somebody typed for a new task, which must not be lost. */
  readonly draft?: TaskDraft;
  /** Makes the change; gives the task as it is then, undefined when it is gone. */
  readonly send: () => Promise<TaskOut | undefined>;
}

/** The id of the task that a change is about. */
export function taskIdOf(change: TaskChange): string | undefined {
  return change.before?.id ?? change.predicted?.id;
}

/** Title of what a change is about, for messages. */
export function titleOf(change: TaskChange): string {
  return change.predicted?.title ?? change.before?.title ?? "";
}

/** What this window's own changes made of versions that it knew: changes in a row build on each other. */
const successors = new Map<string, number>();

/**
 * Change a task's editable members, if it is still what this window last saw or made of it.
 *
 * Rejects with 412 when somebody else has changed it.
 */
export function patching(task: TaskOut, patch: TaskPatch, timezone = "UTC"): TaskChange {
  return {
    before: task,
    predicted: withPatch(task, patch, timezone),
    predict: (present) => present && withPatch(present, patch, timezone),
    patch,
    send: async () => {
      try {
        return await remembering(task, (revision) =>
          updateTask(task.id, patch, { headers: { "If-Match": `"${revision}"` } }),
        );
      } catch (error) {
        const current = currentOf(error);
        // The answer to an earlier try was lost; it is what was wanted.
        if (current !== undefined && fulfils(current, patch)) {
          return current;
        }
        throw error;
      }
    },
  };
}

/** Return the version that stands in a task's way, if that is what the error is about. */
export function currentOf(error: unknown): TaskOut | undefined {
  if (error instanceof ApiProblem && error.status === 412) {
    return error.document.current as TaskOut | undefined;
  }
  return undefined;
}

/** Make a change of a task, and remember which version it made of which. */
async function remembering(task: TaskOut, change: (revision: number) => Promise<TaskOut>): Promise<TaskOut> {
  const revision = latestOwn(task);
  const changed = await change(revision);
  if (changed.revision > revision) {
    successors.set(`${task.id} ${revision}`, changed.revision);
  }
  return changed;
}

function latestOwn(task: TaskOut): number {
  let revision = task.revision;
  for (
    let next: number | undefined = revision;
    next !== undefined;
    next = successors.get(`${task.id} ${revision}`)
  ) {
    revision = next;
  }
  return revision;
}

function fulfils(task: TaskOut, patch: TaskPatch): boolean {
  // The instant of a due date is the service's business.
  const text = (version: TaskOut) => JSON.stringify({ ...version, due_at: null });
  return text(withPatch(task, patch, "UTC")) === text(task);
}

/** Return a task as a merge patch (RFC 7396) leaves it; of its due date the members, too, stay as they are. */
function withPatch(task: TaskOut, { due, ...fields }: TaskPatch, timezone: string): TaskOut {
  const patched: TaskOut = { ...task, ...(fields as Partial<TaskOut>) };
  if (due === undefined) {
    return patched;
  }
  const merged = due === null ? null : { date: "", time: null, timezone: null, ...task.due, ...due };
  return {
    ...patched,
    due: merged as TaskOut["due"],
    due_at: merged && someInstantOn(merged.date ?? "", timezone),
  };
}

/** Set a task done. */
export function completing(task: TaskOut): TaskChange {
  const key = newIdempotencyKey();
  return {
    before: task,
    predicted: { ...task, status: "done" },
    predict: (present) => present && { ...present, status: "done" },
    send: () => remembering(task, () => completeTask(task.id, { headers: { "Idempotency-Key": key } })),
  };
}

/** Take a completion back: the task, as it was before, is open again. */
export function reopening(task: TaskOut): TaskChange {
  const key = newIdempotencyKey();
  return {
    before: { ...task, status: "done" },
    predicted: task,
    predict: (present) => present && { ...present, status: task.status },
    send: () =>
      remembering(task, () =>
        // To reopen sets a task to do, whatever it was.
        task.status === "todo"
          ? reopenTask(task.id, { headers: { "Idempotency-Key": key } })
          : updateTask(task.id, { status: task.status }),
      ),
  };
}

/** Move a task to the trash. */
export function deleting(task: TaskOut): TaskChange {
  return {
    before: task,
    predicted: undefined,
    predict: () => undefined,
    send: async () => {
      try {
        await deleteTask(task.id);
      } catch (error) {
        if (!isGone(error)) {
          throw error; // gone is what it was to be, by an earlier try or by somebody else
        }
      }
      return undefined;
    },
  };
}

/** Take a task out of the trash. */
export function restoring(task: TaskOut): TaskChange {
  const key = newIdempotencyKey();
  return {
    before: undefined,
    predicted: task,
    predict: (present) => present ?? task,
    send: () => remembering(task, () => restoreTask(task.id, { headers: { "Idempotency-Key": key } })),
  };
}

/** Add a task; until the service has given it its id and place, it is shown last under an id of its own. */
export function creating(draft: TaskDraft, now: Date, timezone = "UTC"): TaskChange {
  const key = newIdempotencyKey();
  return {
    before: undefined,
    predicted: predictedTask(draft, key, now, timezone),
    draft,
    send: () => createTask(draft, { headers: { "Idempotency-Key": key } }),
  };
}

function predictedTask(draft: TaskDraft, key: string, now: Date, timezone: string): TaskOut {
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
    id: `pending-${key}`,
    due_at: draft.due ? someInstantOn(draft.due.date, timezone) : null,
    position: "~", // behind every letter and digit
    completed_at: null,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    revision: 0,
  };
}

/** Whether a task is not on the service yet. */
export function isPending(task: TaskOut): boolean {
  return task.id.startsWith("pending-");
}

/** Whether an error says that there is no such task any more. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
