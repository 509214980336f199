import { ActionIcon, Button, Checkbox, Group, Text, TextInput } from "@mantine/core";
import { IconListDetails, IconPlus, IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import type { TaskOut } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";
import { KeptText } from "../KeptText";
import { useOutbox } from "../outbox-context";
import type { TaskActions } from "../task-actions";
import { isPending } from "../task-changes";
import { type Day, shownTaskListQuery } from "../task-queries";
import { keepTyped, useTyped } from "../typed-text";

/** The contract's number: the longest title. */
const MAX_TITLE_LENGTH = 500;

const words = en.subtasks;

interface Props {
  readonly parent: TaskOut;
  readonly day: Day;
  readonly actions: TaskActions;
  readonly onOpen: (taskId: string) => void;
}

/** The parts of a task, with the line that adds one. */
export function Subtasks({ parent, day, actions, onOpen }: Props) {
  const headingId = useId();
  const client = useQueryClient();
  const outbox = useOutbox();
  const list = useInfiniteQuery({
    ...shownTaskListQuery(client, { kind: "subtasks", parentId: parent.id }, day),
    // The service does not know of it yet.
    enabled: !isPending(parent),
  });
  const subtasks = list.data?.pages.flatMap((page) => page.items) ?? [];
  const done = subtasks.filter(({ status }) => status === "done").length;
  return (
    <section aria-labelledby={headingId}>
      <Group gap="sm" mb="xs">
        <Text id={headingId} size="sm" fw={500}>
          {words.heading}
        </Text>
        {subtasks.length > 0 && !list.hasNextPage && (
          <Text size="sm" c="dimmed">
            {words.progress(done, subtasks.length)}
          </Text>
        )}
      </Group>
      <ul className="subtasks">
        {subtasks.map((subtask) => (
          <li key={outbox.firstIdOf(subtask.id)}>
            <Subtask task={subtask} actions={actions} onOpen={onOpen} />
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button variant="subtle" size="compact-sm" onClick={() => void list.fetchNextPage()}>
          {words.more}
        </Button>
      )}
      <AddLine parent={parent} onAdd={actions.add} />
    </section>
  );
}

interface SubtaskProps {
  readonly task: TaskOut;
  readonly actions: TaskActions;
  readonly onOpen: (taskId: string) => void;
}

function Subtask({ task, actions, onOpen }: SubtaskProps) {
  const isDone = task.status === "done";
  return (
    <div className="subtask" data-status={task.status}>
      <Checkbox
        size="xs"
        radius="xl"
        aria-label={isDone ? en.task.reopen(task.title) : en.task.complete(task.title)}
        checked={isDone}
        onChange={() => (isDone ? actions.reopen(task) : actions.complete(task))}
      />
      <KeptText
        task={task}
        field="title"
        isAllowed={(title) => title !== ""}
        onChange={(title, seen) => actions.patch(seen, { title })}
      >
        {(field) => (
          <TextInput
            className="task-title"
            variant="unstyled"
            size="sm"
            aria-label={words.title(task.title)}
            maxLength={MAX_TITLE_LENGTH}
            {...field}
          />
        )}
      </KeptText>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={words.open(task.title)}
        onClick={() => onOpen(task.id)}
      >
        <IconListDetails size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={words.delete(task.title)}
        onClick={() => actions.remove(task)}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}

interface AddLineProps {
  readonly parent: TaskOut;
  readonly onAdd: TaskActions["add"];
}

function AddLine({ parent, onAdd }: AddLineProps) {
  const text = useTyped(parent.id, "subtask")?.text ?? "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const title = text.trim();
    if (title !== "") {
      onAdd({ title, parent_id: parent.id, list_id: parent.list_id });
      keepTyped(parent.id, "subtask", undefined);
    }
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        size="sm"
        variant="unstyled"
        aria-label={words.add}
        placeholder={words.add}
        leftSection={<IconPlus size={16} aria-hidden />}
        maxLength={MAX_TITLE_LENGTH}
        value={text}
        onChange={(event) =>
          keepTyped(parent.id, "subtask", { text: event.currentTarget.value, seen: parent })
        }
      />
    </form>
  );
}
