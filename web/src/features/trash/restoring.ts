import { useCallback, useRef, useState } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useTaskChange } from "../tasks/task-change-mutation";
import { restoring, titleOf } from "../tasks/task-changes";
import type { Notice } from "../tasks/UndoBar";

/** Take tasks out of the trash, with a word where that was refused. */
export function useRestoring() {
  const [notice, setNotice] = useState<Notice>();
  const lastNotice = useRef(0);
  const { mutate } = useTaskChange((change, error) => {
    lastNotice.current += 1;
    const text = en.failure.change(titleOf(change), describeFailure(error));
    setNotice({ id: lastNotice.current, text, isFailure: true });
  });
  const restore = useCallback((task: TaskOut) => mutate(restoring(task)), [mutate]);
  const dismiss = useCallback(() => setNotice(undefined), []);
  return { notice, dismiss, restore };
}
