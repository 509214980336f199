import { useCallback, useRef, useState } from "react";
import type { ListOut, ListPatch } from "../../api/generated/taskfleet.schemas";
import { isTransient } from "../../api/retry";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import type { Notice } from "../tasks/UndoBar";
import { currentListOf, type ListChange } from "./list-changes";
import { useListChange } from "./lists";

/** What can be done with lists, and what there is to say about what was done last. */
export interface ListActions {
  readonly notice: Notice | undefined;
  readonly dismiss: () => void;
  readonly patch: (list: ListOut, patch: ListPatch) => void;
  readonly archive: (list: ListOut) => void;
  readonly remove: (list: ListOut) => void;
}

/** Do things with lists: shown at once, with a way back where there is one, and with a word where they are refused. */
export function useListActions(): ListActions {
  const [notice, setNotice] = useState<Notice>();
  const lastNotice = useRef(0);
  const tell = (text: string, options: Partial<Notice> = {}) => {
    lastNotice.current += 1;
    setNotice({ id: lastNotice.current, text, isFailure: false, ...options });
  };
  const { mutate } = useListChange((change, error) => {
    const current = currentListOf(error);
    const reason = current ? en.keepList.changedElsewhere(current.name) : describeFailure(error);
    const { seen, patch } = change;
    const text = patch?.name
      ? en.keepList.notRenamed(seen.name, patch.name, reason)
      : en.failure.change(seen.name, reason);
    tell(text, { isFailure: true, action: wayOn(change, current, error) });
  });
  const wayOn = (change: ListChange, current: ListOut | undefined, error: Error): Notice["action"] => {
    if (current !== undefined && change.patch !== undefined) {
      return { label: en.failure.useMine, run: () => mutate({ ...change, seen: current }) };
    }
    return isTransient(error) ? { label: en.list.retry, run: () => mutate(change) } : undefined;
  };
  return {
    notice,
    dismiss: useCallback(() => setNotice(undefined), []),
    patch: (seen, patch) => mutate({ seen, patch }),
    archive: (seen) => {
      mutate({ seen, patch: { archived: true } });
      tell(en.keepList.wasArchived(seen.name), {
        action: { label: en.undo.action, run: () => mutate({ seen, patch: { archived: false } }) },
      });
    },
    remove: (seen) => mutate({ seen }),
  };
}
