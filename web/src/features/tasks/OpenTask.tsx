import { lazy, Suspense } from "react";
import type { TaskActions } from "./task-actions";

// Its fields and the Markdown are a third of the app's code, and not on the first page.
const TaskDetails = lazy(async () => ({ default: (await import("./TaskDetails")).TaskDetails }));

interface Props {
  readonly taskId: string | undefined;
  readonly actions: TaskActions;
  readonly onClose: () => void;
}

/** The details of the task that is open, where one is. */
export function OpenTask({ taskId, actions, onClose }: Props) {
  return (
    taskId !== undefined && (
      <Suspense>
        <TaskDetails taskId={taskId} onPatch={actions.patch} onClose={onClose} />
      </Suspense>
    )
  );
}
