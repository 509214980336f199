import { Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { TaskDraft, TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { OpenTask } from "./OpenTask";
import { useOpenTask } from "./open-task";
import { QuickAdd } from "./QuickAdd";
import { TaskRow } from "./TaskRow";
import { type TaskActions, useTaskActions } from "./task-actions";
import { type Day, shownTaskListQuery } from "./task-queries";
import type { TaskView } from "./view";

const ROW_HEIGHT = 40;
/** Rows that are drawn beyond the edge, and before whose end the next page is asked for. */
const OVERSCAN = 12;

interface Props {
  readonly title: string;
  readonly view: TaskView;
  readonly day: Day;
  /** What stands beside the title. */
  readonly head?: ReactNode;
}

/** The tasks of one view, with the line that adds one. */
export function TaskListPage({ title, view, day, head }: Props) {
  const list = useInfiniteQuery(shownTaskListQuery(useQueryClient(), view, day));
  const tasks = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const actions = useTaskActions();
  const [openId, open] = useOpenTask();
  const field = useRef<HTMLInputElement>(null);
  const [current, setCurrent] = useState(-1);
  const currentTask = tasks[Math.min(current, tasks.length - 1)];
  useHotkeys([
    ["q", () => field.current?.focus()],
    ["j", () => setCurrent((index) => Math.min(index + 1, tasks.length - 1))],
    ["k", () => setCurrent((index) => Math.max(index - 1, 0))],
    ["c", () => currentTask && actions.complete(currentTask)],
    ["z", actions.undo],
    ["e", () => currentTask && open(currentTask.id)],
  ]);
  return (
    <Stack gap="md" className="task-page" data-with-details={openId !== undefined}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3" dir="auto">
          {title}
        </Title>
        {head}
      </Group>
      <QuickAdd field={field} defaults={defaultsIn(view, day)} onAdd={actions.add} />
      {list.isPending &&
        (list.fetchStatus === "paused" ? <Text role="alert">{en.list.offline}</Text> : <LoadingRows />)}
      {list.isError && tasks.length === 0 && (
        <Text role="alert">
          {en.list.failed} {describeFailure(list.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void list.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      {list.isSuccess && tasks.length === 0 && <Text c="dimmed">{emptyText(view)}</Text>}
      {tasks.length > 0 && (
        <Rows
          tasks={tasks}
          day={day}
          currentId={currentTask?.id}
          current={current}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          loadMore={list.fetchNextPage}
          actions={actions}
          onOpen={open}
        />
      )}
      <OpenTask taskId={openId} actions={actions} onClose={() => open(undefined)} />
    </Stack>
  );
}

interface RowsProps {
  readonly tasks: readonly TaskOut[];
  readonly day: Day;
  readonly currentId: string | undefined;
  readonly current: number;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => unknown;
  readonly actions: TaskActions;
  readonly onOpen: (taskId: string) => void;
}

/** Only the rows in sight are drawn, however many there are. */
function Rows({
  tasks,
  day,
  currentId,
  current,
  hasMore,
  isLoadingMore,
  loadMore,
  actions,
  onOpen,
}: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // Another function makes it work out the places of all rows anew, at every step of the wheel.
  const keyOf = useCallback((index: number) => tasks[index]?.id ?? index, [tasks]);
  const rows = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: keyOf,
    overscan: OVERSCAN,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= tasks.length - OVERSCAN) {
      loadMore();
    }
  }, [hasMore, isLoadingMore, last, tasks.length, loadMore]);
  useEffect(() => {
    if (current >= 0) {
      rows.scrollToIndex(current);
    }
  }, [current, rows]);
  return (
    <div className="task-scroller" ref={scroller}>
      <ul className="task-list" style={{ height: rows.getTotalSize() }} aria-busy={isLoadingMore}>
        {items.map((item) => {
          const task = tasks[item.index];
          return (
            task && (
              <li
                key={item.key}
                aria-setsize={hasMore ? -1 : tasks.length}
                aria-posinset={item.index + 1}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <TaskRow
                  task={task}
                  day={day}
                  isCurrent={task.id === currentId}
                  onComplete={actions.complete}
                  onDelete={actions.remove}
                  onPatch={actions.patch}
                  onOpen={onOpen}
                />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

function LoadingRows() {
  return (
    <Stack gap="sm" aria-label={en.list.loading} role="status">
      {["a", "b", "c", "d", "e", "f"].map((key) => (
        <Skeleton key={key} height={ROW_HEIGHT - 8} />
      ))}
    </Stack>
  );
}

function defaultsIn(view: TaskView, day: Day): Partial<TaskDraft> {
  switch (view.kind) {
    case "today":
      return { due: { date: day.today } };
    case "list":
      return { list_id: view.listId };
    case "label":
      return { labels: [view.label] };
    default:
      return {};
  }
}

function emptyText(view: TaskView): string {
  return view.kind === "today" || view.kind === "upcoming" ? en.list.empty[view.kind] : en.list.empty.other;
}
