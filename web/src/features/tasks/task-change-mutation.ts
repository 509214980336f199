import { type MutationOptions, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { mayRetry, retryDelay } from "../../api/retry";
import { restoreDraft } from "./draft";
import { currentOf, isGone, type TaskChange, taskIdOf } from "./task-changes";
import { applyChanges, labelsQuery } from "./task-queries";

const KEY = ["task-change"];

/** How a change is carried out: shown at once, then sent, and taken back where it fails. */
export function taskChangeOptions(
  client: QueryClient,
): MutationOptions<TaskOut | undefined, Error, TaskChange> {
  return {
    mutationKey: KEY,
    mutationFn: (change) => change.send(),
    // One after another, in the order in which they were made.
    scope: { id: "task-changes" },
    retry: mayRetry,
    retryDelay,
    onMutate: (change) => {
      if (change.before !== undefined && othersOf(client, change).length === 0) {
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
  const shown = others.reduce((present, other) => (other.predict ? other.predict(present) : present), task);
  show(client, change.predicted ?? change.before, shown);
}

function othersOf(client: QueryClient, change: TaskChange): TaskChange[] {
  const id = taskIdOf(change);
  return client
    .getMutationCache()
    .findAll({ mutationKey: KEY, status: "pending" })
    .map((mutation) => mutation.state.variables as TaskChange | undefined)
    .filter(
      (other): other is TaskChange => other !== undefined && other !== change && taskIdOf(other) === id,
    );
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
      .findAll({ mutationKey: KEY, status: "pending" })
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
