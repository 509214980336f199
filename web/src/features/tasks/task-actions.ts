import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { TaskDraft, TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useNotices } from "./notices";
import { useOutbox } from "./outbox-context";
import {
  completing,
  creating,
  deleting,
  moving,
  type Place,
  patching,
  reopening,
  restoring,
  type TaskChange,
  unpatching,
} from "./task-changes";
import { knownTasks } from "./task-queries";

/** What is done with several tasks at once. */
export type BulkChange =
  | { readonly kind: "complete" | "delete" }
  | { readonly kind: "patch"; readonly patchOf: (task: TaskOut) => TaskPatch };

/** What can be done with tasks. */
export interface TaskActions {
  /** Takes back what was done last. */
  readonly undo: () => void;
  readonly add: (draft: TaskDraft, typed?: string) => void;
  readonly complete: (task: TaskOut) => void;
  readonly reopen: (task: TaskOut) => void;
  readonly remove: (task: TaskOut) => void;
  readonly restore: (task: TaskOut) => void;
  readonly patch: (task: TaskOut, patch: TaskPatch) => void;
  readonly move: (task: TaskOut, place: Place) => void;
  readonly changeMany: (tasks: readonly TaskOut[], change: BulkChange) => void;
}

/** Do things with tasks: shown at once, and with a way back. What is refused tells so by itself. */
export function useTaskActions(): TaskActions {
  const client = useQueryClient();
  const outbox = useOutbox();
  const { notice, tell, dismiss } = useNotices();
  const changes = useMemo(() => {
    const make = (...changes: TaskChange[]) => void outbox.make(changes);
    const makeWithUndo = (text: string, changes: TaskChange[], undo: TaskChange[]) => {
      make(...changes);
      tell(text, () => make(...undo));
    };
    return {
      add: (draft: TaskDraft, typed?: string) => make(creating(draft, new Date(), typed)),
      complete: (task: TaskOut) =>
        makeWithUndo(en.undo.completed(task.title), [completing(task)], [reopening(task)]),
      reopen: (task: TaskOut) => make(reopening(task)),
      remove: (task: TaskOut) =>
        makeWithUndo(en.undo.deleted(task.title), [deleting(task)], [restoring(task)]),
      restore: (task: TaskOut) => make(restoring(task)),
      patch: (task: TaskOut, patch: TaskPatch) => make(patching(task, patch)),
      move: (task: TaskOut, place: Place) => make(moving(task, place, knownTasks(client))),
      changeMany: (tasks: readonly TaskOut[], change: BulkChange) => {
        switch (change.kind) {
          case "complete":
            return makeWithUndo(
              en.undo.completedMany(tasks.length),
              tasks.map(completing),
              tasks.map(reopening),
            );
          case "delete":
            return makeWithUndo(en.undo.deletedMany(tasks.length), tasks.map(deleting), tasks.map(restoring));
          case "patch":
            return makeWithUndo(
              en.undo.changedMany(tasks.length),
              tasks.map((task) => patching(task, change.patchOf(task))),
              tasks.map((task) => unpatching(task, change.patchOf(task))),
            );
        }
      },
    };
  }, [client, outbox, tell]);
  const undo = useCallback(() => {
    notice?.undo?.();
    dismiss();
  }, [notice, dismiss]);
  return useMemo(() => ({ ...changes, undo }), [changes, undo]);
}
