import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { describeTask } from "./due";
import type { MenuSection } from "./TaskMenu";
import { TaskRow } from "./TaskRow";
import type { TaskActions } from "./task-actions";
import type { Day } from "./task-queries";
import { useCurrentTask } from "./use-current-task";
import type { OpenTask } from "./use-open-task";
import { useShortcuts } from "./use-shortcuts";
import { type Paging, ROW_HEIGHT, VirtualRows } from "./VirtualRows";

// Its fields and the Markdown are a third of the app's code, and not on the first page.
const TaskDetails = lazy(async () => ({ default: (await import("./TaskDetails")).TaskDetails }));
const TaskMenu = lazy(async () => ({ default: (await import("./TaskMenu")).TaskMenu }));

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
  readonly opened: OpenTask;
  /** What stands there when there is no task. */
  readonly empty: ReactNode;
}

/** The tasks of a view, what can be done with each, and the details of the one that is open. */
export function TaskList({ list, day, actions, opened, empty }: Props) {
  const tasks = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return (
    <>
      {list.isPending && <Loading isOffline={list.fetchStatus === "paused"} />}
      {list.error !== null && tasks.length === 0 && <LoadingFailure list={list} error={list.error} />}
      {list.isSuccess && tasks.length === 0 && empty}
      {tasks.length > 0 && <Rows tasks={tasks} list={list} day={day} actions={actions} opened={opened} />}
      {opened.id !== undefined && (
        <Suspense>
          <TaskDetails taskId={opened.id} day={day} actions={actions} opened={opened} />
        </Suspense>
      )}
    </>
  );
}

interface RowsProps extends Omit<Props, "empty"> {
  readonly tasks: readonly TaskOut[];
}

function Rows({ tasks, list, day, actions, opened }: RowsProps) {
  const current = useCurrentTask(tasks);
  const [menu, setMenu] = useState<{ readonly taskId: string; readonly section: MenuSection }>();
  const showMenu = useCallback(
    (taskId: string, section: MenuSection = "actions") => setMenu({ taskId, section }),
    [],
  );
  const { complete, reopen, remove, patch } = actions;
  const toggle = useCallback(
    (task: TaskOut) => (task.status === "done" ? reopen(task) : complete(task)),
    [complete, reopen],
  );
  const onCurrent = (act: (task: TaskOut) => void) => () => {
    if (current.task !== undefined) {
      act(current.task);
    }
  };
  const openCurrent = onCurrent((task) => opened.open(task.id));
  useShortcuts({
    j: () => current.step(1),
    k: () => current.step(-1),
    e: openCurrent,
    enter: openCurrent,
    c: onCurrent(toggle),
    d: onCurrent((task) => opened.open(task.id, "due")),
    p: onCurrent((task) => showMenu(task.id, "priority")),
    l: onCurrent((task) => showMenu(task.id, "labels")),
    m: onCurrent((task) => {
      // A sub-task is always in its parent's list.
      if (task.parent_id === null) {
        showMenu(task.id, "list");
      }
    }),
    z: actions.undo,
  });
  const titles = useMemo(() => titlesById(tasks), [tasks]);
  const menuIndex = menu === undefined ? -1 : tasks.findIndex(({ id }) => id === menu.taskId);
  const menuTask = tasks[menuIndex];
  return (
    <VirtualRows
      tasks={tasks}
      paging={list}
      current={current.index}
      onCurrent={current.choose}
      nameOf={(task) => describeTask(task, day)}
      overlay={(topOf) =>
        menu &&
        menuTask && (
          <Suspense>
            <TaskMenu
              key={menuTask.id}
              task={menuTask}
              section={menu.section}
              top={topOf(menuIndex)}
              onSection={(section) => setMenu({ taskId: menuTask.id, section })}
              onClose={() => setMenu(undefined)}
              onToggle={toggle}
              onDelete={remove}
              onPatch={patch}
              onOpen={opened.open}
            />
          </Suspense>
        )
      }
    >
      {(task) => (
        <TaskRow
          task={task}
          day={day}
          isCurrent={task.id === current.task?.id}
          isMenuOpen={task.id === menu?.taskId}
          parentTitle={task.parent_id === null ? undefined : titles.get(task.parent_id)}
          onComplete={toggle}
          onDelete={remove}
          onPatch={patch}
          onOpen={opened.open}
          onMenu={showMenu}
        />
      )}
    </VirtualRows>
  );
}

function titlesById(tasks: readonly TaskOut[]): ReadonlyMap<string, string> {
  return new Map(tasks.map(({ id, title }) => [id, title]));
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
