import { lazy, Suspense } from "react";
import type { TaskActions } from "./task-actions";
import type { Day } from "./task-queries";
import type { OpenedTask } from "./use-open-task";

// Its fields and the Markdown are a third of the app's code, and not on the first page.
const TaskDetails = lazy(async () => ({ default: (await import("./TaskDetails")).TaskDetails }));

interface Props {
  readonly day: Day;
  readonly actions: TaskActions;
  readonly opened: OpenedTask;
}

/** The details of the task that is open, where one is. */
export function OpenTask({ day, actions, opened }: Props) {
  return (
    opened.id !== undefined && (
      <Suspense>
        <TaskDetails taskId={opened.id} day={day} actions={actions} opened={opened} />
      </Suspense>
    )
  );
}
