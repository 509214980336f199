import { type MutationOptions, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
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
import { mayRetry, retryDelay } from "../../api/retry";
import { restoreDraft } from "./draft";
import { applyChanges, labelsQuery } from "./task-queries";
import { someInstantOn } from "./view";

/** One change of one task: how it is shown at once, and how it is truly made. It may be sent several times. */
export interface TaskChange {
  /** What the task was before; undefined for a new one. */
  readonly before: TaskOut | undefined;
  /** What it will be as far as one can tell; undefined when it goes away. */
  readonly predicted: TaskOut | undefined;
  /** What it makes of a task, whatever that is by then; missing where there was no task, or it goes away. */
  readonly predict?: (task: TaskOut) => TaskOut;
  /** What is to be different, where that is all. */
  readonly patch?: TaskPatch;
  /** What somebody typed for a new task, which must not be lost. */
  readonly draft?: TaskDraft;
  /** Makes the change; gives the task as it is then, undefined when it is gone. */
  readonly send: () => Promise<TaskOut | undefined>;
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
  const predict = (present: TaskOut) => withPatch(present, patch, timezone);
  return {
    before: task,
    predicted: predict(task),
    predict,
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
    predict: (present) => ({ ...present, status: "done" }),
    send: () => remembering(task, () => completeTask(task.id, { headers: { "Idempotency-Key": key } })),
  };
}

/** Take a completion back. */
export function reopening(task: TaskOut): TaskChange {
  const key = newIdempotencyKey();
  return {
    before: { ...task, status: "done" },
    predicted: task,
    predict: (present) => ({ ...present, status: "todo" }),
    send: () => remembering(task, () => reopenTask(task.id, { headers: { "Idempotency-Key": key } })),
  };
}

/** Move a task to the trash. */
export function deleting(task: TaskOut): TaskChange {
  return {
    before: task,
    predicted: undefined,
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

/** How a change is carried out: shown at once, then sent, and taken back where it fails. */
export function taskChangeOptions(
  client: QueryClient,
): MutationOptions<TaskOut | undefined, Error, TaskChange> {
  return {
    mutationKey: ["task-change"],
    mutationFn: (change) => change.send(),
    // One after another, in the order in which they were made.
    scope: { id: "task-changes" },
    retry: mayRetry,
    retryDelay,
    onMutate: (change) => {
      if (change.before !== undefined && change.predict !== undefined && !hasOthers(client, change)) {
        confirmedOf(client).set(change.before.id, change.before);
      }
      show(client, change.before, change.predicted);
    },
    onSuccess: (task, change) => {
      settle(client, change, task);
      void client.invalidateQueries({ queryKey: labelsQuery.queryKey });
    },
    onError: (error, change) => {
      const before = change.before && (confirmedOf(client).get(change.before.id) ?? change.before);
      settle(client, change, isGone(error) ? undefined : (currentOf(error) ?? before));
      if (change.draft !== undefined) {
        restoreDraft(change.draft.title);
      }
    },
  };
}

/** Tasks with changes under way, as the service last had them. */
const confirmed = new WeakMap<QueryClient, Map<string, TaskOut>>();

function confirmedOf(client: QueryClient): Map<string, TaskOut> {
  const tasks = confirmed.get(client) ?? new Map<string, TaskOut>();
  confirmed.set(client, tasks);
  return tasks;
}

/** Show what the service has, with what other changes of the same task, which are still under way, make of it. */
function settle(client: QueryClient, change: TaskChange, task: TaskOut | undefined): void {
  const others = othersOf(client, change);
  if (task !== undefined && others.length > 0) {
    confirmedOf(client).set(task.id, task);
  } else if (change.before !== undefined) {
    confirmedOf(client).delete(change.before.id);
  }
  const shown = others.reduce((present, other) => present && (other.predict?.(present) ?? present), task);
  show(client, change.predicted ?? change.before, shown);
}

function hasOthers(client: QueryClient, change: TaskChange): boolean {
  return othersOf(client, change).length > 0;
}

function othersOf(client: QueryClient, change: TaskChange): TaskChange[] {
  return client
    .getMutationCache()
    .findAll({ mutationKey: ["task-change"], status: "pending" })
    .map((mutation) => mutation.state.variables as TaskChange | undefined)
    .filter((other) => other !== undefined && other !== change && other.before?.id === change.before?.id)
    .filter((other): other is TaskChange => other?.before !== undefined);
}

/** Whether an error says that there is no such task any more. */
function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** Longer than the first tries to add a task take together; after that a task shown twice is the lesser evil. */
const CREATION_PATIENCE_MS = 5_000;

/**
 * Wait until no task is being added by this window. Each gets its id by its own answer; brought by another way before
 * that, it would stand there twice.
 */
export function whenCreationsSettled(client: QueryClient): Promise<void> {
  const cache = client.getMutationCache();
  const isCreating = () =>
    cache
      .findAll({ mutationKey: ["task-change"], status: "pending" })
      .some((mutation) => (mutation.state.variables as TaskChange | undefined)?.draft !== undefined);
  if (!isCreating()) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const finish = () => {
      window.clearTimeout(timer);
      stop();
      resolve();
    };
    const stop = cache.subscribe(() => {
      if (!isCreating()) {
        finish();
      }
    });
    const timer = window.setTimeout(finish, CREATION_PATIENCE_MS);
  });
}

/** Carry out changes of tasks; `onFailure` hears of those that were taken back. */
export function useTaskChange(onFailure: (change: TaskChange, error: Error) => void) {
  const client = useQueryClient();
  const options = taskChangeOptions(client);
  return useMutation({
    ...options,
    onError: (error, change, ...rest) => {
      void options.onError?.(error, change, ...rest);
      onFailure(change, error);
    },
  });
}

function show(client: QueryClient, old: TaskOut | undefined, present: TaskOut | undefined): void {
  const gone = old !== undefined && old.id !== present?.id ? [old.id] : [];
  applyChanges(client, { tasks: present === undefined ? [] : [present], gone });
}
