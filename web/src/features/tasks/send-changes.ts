import {
  batchTasks,
  completeTask,
  createTask,
  deleteTask,
  moveTask,
  reopenTask,
  restoreTask,
  updateTask,
} from "../../api/generated/taskfleet";
import type { BatchRequestOperationsItem, BatchResult, TaskOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { differWherePatched, isFulfilled, type TaskChange } from "./task-changes";

/** The contract's number: what one batch may hold. */
export const MAX_BATCH = 100;

/** What became of a change: the task as it is now (undefined when it is gone), or why it was refused. */
export type Outcome =
  | { readonly isSaved: true; readonly task: TaskOut | undefined }
  | { readonly isSaved: false; readonly error: Error };

/**
 * Make changes on the service: one by its own call, several as one batch.
 *
 * It may be called again with the same key when nobody answered, and acts once. Rejects when all failed alike.
 */
export async function sendChanges(key: string, changes: readonly TaskChange[]): Promise<readonly Outcome[]> {
  const [only] = changes;
  if (only !== undefined && changes.length === 1) {
    return [{ isSaved: true, task: await sendOne(key, only) }];
  }
  const { results } = await batchTasks({ operations: changes.map(operationOf) }, underKey(key));
  return changes.map((change, index) => outcomeOf(change, results[index]));
}

/** Return the version that stands in a task's way, if that is what the error is about. */
export function currentOf(error: unknown): TaskOut | undefined {
  return error instanceof ApiProblem && error.status === 412
    ? (error.document.current as TaskOut | undefined)
    : undefined;
}

/** Whether an error says that there is no such task any more. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

async function sendOne(key: string, change: TaskChange): Promise<TaskOut | undefined> {
  const once = underKey(key);
  switch (change.kind) {
    case "create":
      return createTask(change.draft, once);
    case "update":
      return sendUpdate(change);
    case "complete":
      return completeTask(change.task.id, once);
    case "reopen":
      return reopenTask(change.task.id, once);
    case "restore":
      return restoreTask(change.task.id, once);
    case "move":
      return moveTask(change.task.id, placeOf(change), once);
    case "delete":
      try {
        await deleteTask(change.task.id);
      } catch (error) {
        if (!isGone(error)) {
          throw error; // gone is what it was to be, by an earlier try or by somebody else
        }
      }
      return undefined;
  }
}

/** Update a task, unless somebody else has changed just that since it was seen: then it rejects with 412. */
async function sendUpdate({
  task,
  patch,
}: Extract<TaskChange, { kind: "update" }>): Promise<TaskOut | undefined> {
  let { revision } = task;
  for (;;) {
    try {
      return await updateTask(task.id, patch, { headers: { "If-Match": `"${revision}"` } });
    } catch (error) {
      const current = currentOf(error);
      if (current === undefined) {
        throw error;
      }
      if (isFulfilled(current, patch)) {
        return current; // the answer to an earlier try was lost
      }
      if (current.revision === revision || differWherePatched(task, current, patch)) {
        throw error;
      }
      revision = current.revision; // what differs is none of this update's business
    }
  }
}

function operationOf(change: TaskChange): BatchRequestOperationsItem {
  switch (change.kind) {
    case "create":
      return { op: "create", ...change.draft };
    case "update":
      return { op: "update", id: change.task.id, ...change.patch };
    case "move":
      return { op: "move", id: change.task.id, ...placeOf(change) };
    default:
      return { op: change.kind, id: change.task.id };
  }
}

function outcomeOf(change: TaskChange, result: BatchResult | undefined): Outcome {
  if (result === undefined) {
    return { isSaved: false, error: new Error("The service did not say what became of it.") };
  }
  if (result.problem) {
    const error = new ApiProblem(result.status, result.problem);
    return change.kind === "delete" && isGone(error)
      ? { isSaved: true, task: undefined }
      : { isSaved: false, error };
  }
  return { isSaved: true, task: change.kind === "delete" ? undefined : (result.task ?? undefined) };
}

function placeOf({ place }: Extract<TaskChange, { kind: "move" }>) {
  return {
    after_id: place.afterId,
    ...(place.listId === undefined ? {} : { list_id: place.listId }),
  };
}

function underKey(key: string): RequestInit {
  return { headers: { "Idempotency-Key": key } };
}
