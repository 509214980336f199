import { Button, Stack, Text, Title } from "@mantine/core";
import { IconRestore } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { describePast } from "../settings/past";
import { Loading, LoadingFailure } from "../tasks/TaskList";
import { useTaskActions } from "../tasks/task-actions";
import { type Day, taskListQuery } from "../tasks/task-queries";
import { useCurrentTask } from "../tasks/use-current-task";
import { useShortcuts } from "../tasks/use-shortcuts";
import { VirtualRows } from "../tasks/VirtualRows";
import "./trash.css";

const words = en.trash;

/** What was deleted in the last days, with the way back. */
export function TrashPage({ day }: { readonly day: Day }) {
  const list = useInfiniteQuery(taskListQuery({ kind: "trash" }, day));
  const tasks = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { restore, undo } = useTaskActions();
  const current = useCurrentTask(tasks);
  useShortcuts({ j: () => current.step(1), k: () => current.step(-1), z: undo });
  return (
    <Stack gap="md" className="task-page">
      <div>
        <Title order={1} size="h3">
          {words.title}
        </Title>
        {tasks.length > 0 && <Text c="dimmed">{words.hint}</Text>}
      </div>
      {list.isPending && <Loading isOffline={list.fetchStatus === "paused"} />}
      {list.error !== null && tasks.length === 0 && <LoadingFailure list={list} error={list.error} />}
      {list.isSuccess && tasks.length === 0 && <Text c="dimmed">{words.empty}</Text>}
      {tasks.length > 0 && (
        <VirtualRows
          tasks={tasks}
          paging={list}
          current={current.index}
          onCurrent={current.choose}
          nameOf={(task) => task.title}
        >
          {(task) => <TrashRow task={task} onRestore={restore} />}
        </VirtualRows>
      )}
    </Stack>
  );
}

interface RowProps {
  readonly task: TaskOut;
  readonly onRestore: (task: TaskOut) => void;
}

function TrashRow({ task, onRestore }: RowProps) {
  const locale = useLocale();
  return (
    <div className="task-row">
      <Text className="trash-title" truncate dir="auto">
        {task.title}
      </Text>
      {/* Nothing changes a task in the trash, so that the last change was the deletion. */}
      <span className="task-detail">
        {words.deleted(describePast(new Date(task.updated_at), new Date(), locale))}
      </span>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconRestore size={16} aria-hidden />}
        aria-label={words.restoreOf(task.title)}
        onClick={() => onRestore(task)}
      >
        {words.restore}
      </Button>
    </div>
  );
}
