import { useCallback, useRef, useState } from "react";
import type { TaskDraft, TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useTaskChange } from "./task-change-mutation";
import {
  completing,
  creating,
  currentOf,
  deleting,
  patching,
  reopening,
  restoring,
  type TaskChange,
  titleOf,
} from "./task-changes";
import type { Notice } from "./UndoBar";

/** What can be done with tasks on a page, and what there is to say about what was done last. */
export interface TaskActions {
  readonly notice: Notice | undefined;
  readonly dismiss: () => void;
  readonly add: (draft: TaskDraft) => void;
  readonly complete: (task: TaskOut) => void;
  readonly remove: (task: TaskOut) => void;
  readonly patch: (task: TaskOut, patch: TaskPatch) => void;
}

/** Do things with tasks: shown at once, with a way back, and with a word where something was refused. */
export function useTaskActions(timezone: string): TaskActions {
  const [notice, setNotice] = useState<Notice>();
  const lastNotice = useRef(0);
  const tell = useCallback((text: string, options: Partial<Notice> = {}) => {
    lastNotice.current += 1;
    setNotice({ id: lastNotice.current, text, isFailure: false, ...options });
  }, []);
  // Made below, and needed by what it tells of failures.
  const again = useRef<(change: TaskChange) => void>(undefined);
  const fail = useCallback(
    (change: TaskChange, error: Error) => {
      const current = currentOf(error);
      const patch = change.patch;
      if (current !== undefined && patch !== undefined) {
        tell(en.failure.changedElsewhere(current.title, titleOf(change)), {
          isFailure: true,
          action: {
            label: en.failure.useMine,
            run: () => again.current?.(patching(current, patch, timezone)),
          },
        });
      } else {
        tell(en.failure.change(titleOf(change), describeFailure(error)), { isFailure: true });
      }
    },
    [tell, timezone],
  );
  const { mutate } = useTaskChange(fail);
  again.current = mutate;
  const dismiss = useCallback(() => setNotice(undefined), []);
  const add = useCallback(
    (draft: TaskDraft) => mutate(creating(draft, new Date(), timezone)),
    [mutate, timezone],
  );
  const complete = useCallback(
    (task: TaskOut) => {
      mutate(completing(task));
      tell(en.undo.completed(task.title), {
        action: { label: en.undo.action, run: () => mutate(reopening(task)) },
      });
    },
    [mutate, tell],
  );
  const remove = useCallback(
    (task: TaskOut) => {
      mutate(deleting(task));
      tell(en.undo.deleted(task.title), {
        action: { label: en.undo.action, run: () => mutate(restoring(task)) },
      });
    },
    [mutate, tell],
  );
  const patch = useCallback(
    (task: TaskOut, fields: TaskPatch) => mutate(patching(task, fields, timezone)),
    [mutate, timezone],
  );
  return { notice, dismiss, add, complete, remove, patch };
}
