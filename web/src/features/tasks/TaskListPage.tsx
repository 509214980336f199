import { Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { QuickAdd } from "../quick-add/QuickAdd";
import { TaskList } from "./TaskList";
import { useTaskActions } from "./task-actions";
import { type Day, shownTaskListQuery } from "./task-queries";
import { useOpenTask } from "./use-open-task";
import { useShortcuts } from "./use-shortcuts";
import type { TaskView } from "./view";

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
  const actions = useTaskActions();
  const opened = useOpenTask();
  const field = useRef<HTMLInputElement>(null);
  useShortcuts({ q: () => field.current?.focus() });
  return (
    <Stack gap="md" className="task-page" data-with-details={opened.id !== undefined}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3" dir="auto">
          {title}
        </Title>
        {head}
      </Group>
      <QuickAdd field={field} defaults={defaultsIn(view, day)} today={day.today} onAdd={actions.add} />
      <TaskList
        list={list}
        day={day}
        actions={actions}
        opened={opened}
        view={view}
        empty={<Text c="dimmed">{emptyText(view)}</Text>}
      />
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
