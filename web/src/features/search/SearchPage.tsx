import { Stack, Text, Title } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { en } from "../../words/en";
import { TaskList } from "../tasks/TaskList";
import { useTaskActions } from "../tasks/task-actions";
import { type Day, shownTaskListQuery } from "../tasks/task-queries";
import { useOpenTask } from "../tasks/use-open-task";
import type { TaskView } from "../tasks/view";

interface Props {
  /** What is searched for. */
  readonly text: string;
  readonly day: Day;
}

/** What is found among all tasks; the field to type in is in the header. */
export function SearchPage({ text, day }: Props) {
  const wanted = text.trim();
  const view: TaskView = { kind: "search", text: wanted };
  const list = useInfiniteQuery({
    ...shownTaskListQuery(useQueryClient(), view, day),
    enabled: wanted !== "",
    // The service finds by rules of its own, so that what was found a while ago may not be all any more.
    staleTime: 0,
    placeholderData: keepPreviousData,
  });
  const actions = useTaskActions();
  const opened = useOpenTask();
  return (
    <Stack gap="md" className="task-page search-page" data-with-details={opened.id !== undefined}>
      <Title order={1} size="h3">
        {en.search.title}
      </Title>
      {wanted === "" ? (
        <Text c="dimmed">{en.search.hint}</Text>
      ) : (
        <TaskList
          list={list}
          view={view}
          day={day}
          actions={actions}
          opened={opened}
          empty={<NothingFound text={wanted} />}
        />
      )}
    </Stack>
  );
}

function NothingFound({ text }: { readonly text: string }) {
  return (
    <div role="status">
      <Text>{en.search.nothing(text)}</Text>
      <Text c="dimmed">{en.search.nothingHint}</Text>
    </div>
  );
}
