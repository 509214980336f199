import { Button, Group, Text } from "@mantine/core";
import { IconCircleCheck, IconRotate, IconTrash } from "@tabler/icons-react";
import type { TaskOut } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";
import { useLocale } from "../../../words/locale";
import type { TaskActions } from "../task-actions";

const words = en.details;

interface Props {
  readonly task: TaskOut;
  readonly timezone: string;
  readonly actions: TaskActions;
  /** The task is in the trash now. */
  readonly onGone: () => void;
}

/** What is done with a task as a whole, and when it was made and changed. */
export function Footer({ task, timezone, actions, onGone }: Props) {
  const locale = useLocale();
  const isDone = task.status === "done";
  const remove = () => {
    actions.remove(task);
    onGone();
  };
  return (
    <>
      <Group gap="sm">
        {isDone ? (
          <Button
            variant="default"
            size="sm"
            leftSection={<IconRotate size={16} aria-hidden />}
            onClick={() => actions.reopen(task)}
          >
            {en.menu.reopen}
          </Button>
        ) : (
          <Button
            variant="light"
            size="sm"
            leftSection={<IconCircleCheck size={16} aria-hidden />}
            onClick={() => actions.complete(task)}
          >
            {en.menu.complete}
          </Button>
        )}
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={remove}
        >
          {en.menu.delete}
        </Button>
      </Group>
      <Text size="xs" c="dimmed" component="div">
        <div>{words.created(nameInstant(task.created_at, timezone, locale))}</div>
        <div>{words.updated(nameInstant(task.updated_at, timezone, locale))}</div>
        {task.completed_at !== null && (
          <div>{words.completed(nameInstant(task.completed_at, timezone, locale))}</div>
        )}
      </Text>
    </>
  );
}

function nameInstant(instant: string, timezone: string, locale: string | undefined): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: timezone,
    dateStyle: "medium",
    timeStyle: "short",
  }).format(new Date(instant));
}
