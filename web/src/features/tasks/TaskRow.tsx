import { ActionIcon, Badge, Checkbox, TextInput, VisuallyHidden } from "@mantine/core";
import { IconFlag, IconListDetails, IconTrash } from "@tabler/icons-react";
import { memo } from "react";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { describeDue } from "./due";
import { KeptText } from "./KeptText";
import { PRIORITY_COLORS } from "./priority";
import { isPending } from "./task-changes";
import type { Day } from "./task-queries";

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  readonly isCurrent: boolean;
  readonly onComplete: (task: TaskOut) => void;
  readonly onDelete: (task: TaskOut) => void;
  readonly onPatch: (task: TaskOut, patch: TaskPatch) => void;
  readonly onOpen: (taskId: string) => void;
}

/** One line of a list. */
export const TaskRow = memo(function TaskRow({
  task,
  day,
  isCurrent,
  onComplete,
  onDelete,
  onPatch,
  onOpen,
}: Props) {
  const locale = useLocale();
  const due = describeDue(task, day, locale);
  return (
    <div className="task-row" data-current={isCurrent} data-pending={isPending(task)}>
      <Checkbox
        radius="xl"
        aria-label={en.task.complete(task.title)}
        checked={task.status === "done"}
        onChange={() => onComplete(task)}
      />
      <TitleField task={task} onPatch={onPatch} />
      <span className="task-labels">
        {task.labels.map((label) => (
          <Badge key={label} variant="light" color="gray" size="sm" ms={4} tt="none" dir="auto">
            {label}
          </Badge>
        ))}
      </span>
      {due !== undefined && (
        <span className="task-detail" data-overdue={due.isOverdue}>
          {due.text}
          {due.isOverdue && <VisuallyHidden>, {en.task.overdue}</VisuallyHidden>}
        </span>
      )}
      {task.priority > 0 && (
        <IconFlag
          size={16}
          role="img"
          aria-label={en.task.priority(task.priority)}
          color={PRIORITY_COLORS[task.priority]}
        />
      )}
      <ActionIcon
        className="task-actions"
        variant="subtle"
        color="gray"
        aria-label={en.task.details(task.title)}
        onClick={() => onOpen(task.id)}
      >
        <IconListDetails size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        className="task-actions"
        variant="subtle"
        color="gray"
        aria-label={en.task.delete(task.title)}
        onClick={() => onDelete(task)}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
});

function TitleField({ task, onPatch }: Pick<Props, "task" | "onPatch">) {
  return (
    <KeptText
      task={task}
      value={task.title}
      isAllowed={(title) => title !== ""}
      onChange={(title, seen) => onPatch(seen, { title })}
    >
      {(field) => (
        <TextInput
          className="task-title"
          variant="unstyled"
          aria-label={en.task.title(task.title)}
          maxLength={500}
          {...field}
        />
      )}
    </KeptText>
  );
}
