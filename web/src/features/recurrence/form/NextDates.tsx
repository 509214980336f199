import { Input, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { listOccurrences } from "../../../api/generated/taskfleet";
import type { TaskOut } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";
import { useLocale } from "../../../words/locale";
import { nameDue } from "../../tasks/due";
import { useOutbox, useOutboxState } from "../../tasks/outbox-context";
import { isPending } from "../../tasks/task-changes";

/** As many as one takes in at a glance. */
const SHOWN_DATES = 4;

const words = en.repeat;

interface Props {
  readonly task: TaskOut;
  readonly today: string;
}

/** When a task comes again, as the service works it out once it has what is shown here. */
export function NextDates({ task, today }: Props) {
  const locale = useLocale();
  const isSaved = useIsSaved(task);
  const dates = useQuery({
    queryKey: ["occurrences", task.id, task.due, task.recurrence, today],
    queryFn: async ({ signal }) => (await listOccurrences(task.id, { limit: SHOWN_DATES }, { signal })).items,
    enabled: isSaved,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div>
      <Input.Label labelElement="div">{words.next}</Input.Label>
      {dates.data !== undefined && (
        <Text size="sm" c="dimmed">
          {dates.data.length === 0
            ? words.noNext
            : dates.data.map((due) => nameDue({ ...due, time: null }, today, locale)).join(" · ")}
        </Text>
      )}
      {dates.data === undefined && dates.isError && (
        <Text size="sm" c="dimmed">
          {words.nextFailed}
        </Text>
      )}
      {dates.data === undefined &&
        !dates.isError &&
        (dates.fetchStatus === "paused" || !navigator.onLine ? (
          <Text size="sm" c="dimmed">
            {words.nextOffline}
          </Text>
        ) : (
          <Skeleton height={20} width="80%" />
        ))}
    </div>
  );
}

/** Whether the service has all that is shown of a task. */
function useIsSaved(task: TaskOut): boolean {
  const outbox = useOutbox();
  useOutboxState();
  const { tasks, gone } = outbox.getConfirmed();
  return !isPending(task) && !gone.includes(task.id) && !tasks.some(({ id }) => id === task.id);
}
