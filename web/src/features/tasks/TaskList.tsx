import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { OpenTask } from "./OpenTask";
import { TaskRows } from "./TaskRows";
import type { TaskActions } from "./task-actions";
import type { Day } from "./task-queries";
import type { OpenedTask } from "./use-open-task";
import { useShortcuts } from "./use-shortcuts";
import { type Paging, ROW_HEIGHT } from "./VirtualRows";
import type { TaskView } from "./view";

/** A list as TanStack Query tells of it. */
export interface LoadedList extends Paging {
  readonly data: { readonly pages: readonly { readonly items: readonly TaskOut[] }[] } | undefined;
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly fetchStatus: "fetching" | "paused" | "idle";
  readonly isSuccess: boolean;
  readonly refetch: () => unknown;
}

interface Props {
  readonly list: LoadedList;
  readonly day: Day;
  readonly actions: TaskActions;
  readonly opened: OpenedTask;
  readonly view: TaskView;
  /** What stands there when there is no task. */
  readonly empty: ReactNode;
}

/** The tasks of a view, what can be done with each, and the details of the one that is open. */
export function TaskList({ list, day, actions, opened, view, empty }: Props) {
  const tasks = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  useShortcuts({ z: actions.undo });
  return (
    <>
      {list.isPending && <Loading isOffline={list.fetchStatus === "paused"} />}
      {list.error !== null && tasks.length === 0 && <LoadingFailure list={list} error={list.error} />}
      {list.isSuccess && tasks.length === 0 && empty}
      {tasks.length > 0 && (
        <TaskRows tasks={tasks} paging={list} day={day} actions={actions} opened={opened} view={view} />
      )}
      <OpenTask day={day} actions={actions} opened={opened} />
    </>
  );
}

interface FailureProps {
  readonly list: LoadedList;
  readonly error: Error;
}

/** What stands in the place of a list that nobody could load. */
export function LoadingFailure({ list, error }: FailureProps) {
  return (
    <Text role="alert">
      {en.list.failed} {describeFailure(error)}{" "}
      <Button variant="subtle" size="compact-sm" onClick={() => void list.refetch()}>
        {en.list.retry}
      </Button>
    </Text>
  );
}

interface LoadingProps {
  readonly isOffline: boolean;
}

/** What stands in the place of a list until it is here. */
export function Loading({ isOffline }: LoadingProps) {
  return isOffline ? (
    <Text role="alert">{en.list.offline}</Text>
  ) : (
    <Stack gap="sm" aria-label={en.list.loading} role="status">
      {["a", "b", "c", "d", "e", "f"].map((key) => (
        <Skeleton key={key} height={ROW_HEIGHT - 8} />
      ))}
    </Stack>
  );
}
