import { ActionIcon, Badge, Checkbox, TextInput } from "@mantine/core";
import { IconCornerDownRight, IconDots, IconListDetails, IconTrash } from "@tabler/icons-react";
import { memo } from "react";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { RepeatMark } from "../recurrence/RepeatMark";
import { KeptText } from "./KeptText";
import { DueMark, PriorityMark } from "./TaskMarks";
import { isPending } from "./task-changes";
import type { Day } from "./task-queries";

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  readonly isCurrent: boolean;
  readonly isMenuOpen?: boolean;
  /** Whether the task is one of the selected ones; undefined while nothing is selected. */
  readonly isSelected?: boolean | undefined;
  /** Title of the task that this one is a part of, where that is known. */
  readonly parentTitle?: string | undefined;
  readonly onComplete: (task: TaskOut) => void;
  readonly onDelete: (task: TaskOut) => void;
  readonly onPatch: (task: TaskOut, patch: TaskPatch) => void;
  readonly onOpen: (taskId: string) => void;
  readonly onMenu?: (taskId: string) => void;
  readonly onSelect?: (taskId: string) => void;
}

/** One line of a list. */
export const TaskRow = memo(function TaskRow({
  task,
  day,
  isCurrent,
  isMenuOpen = false,
  isSelected,
  parentTitle,
  onComplete,
  onDelete,
  onPatch,
  onOpen,
  onMenu,
  onSelect,
}: Props) {
  return (
    <div
      className="task-row"
      data-current={isCurrent}
      data-selected={isSelected}
      data-pending={isPending(task)}
      data-status={task.status}
    >
      {isSelected !== undefined && (
        <Checkbox
          size="xs"
          aria-label={en.task.select(task.title)}
          checked={isSelected}
          onChange={() => onSelect?.(task.id)}
        />
      )}
      <Checkbox
        radius="xl"
        aria-label={task.status === "done" ? en.task.reopen(task.title) : en.task.complete(task.title)}
        checked={task.status === "done"}
        onChange={() => onComplete(task)}
      />
      <TitleField task={task} onPatch={onPatch} />
      {task.parent_id !== null && (
        <ParentMark parentId={task.parent_id} title={parentTitle} onOpen={onOpen} />
      )}
      <span className="task-labels">
        {task.labels.map((label) => (
          <Badge key={label} variant="light" color="gray" size="sm" ms={4} tt="none" dir="auto">
            {label}
          </Badge>
        ))}
      </span>
      <RepeatMark recurrence={task.recurrence} />
      <DueMark task={task} day={day} />
      <PriorityMark priority={task.priority} />
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
        className="task-actions task-delete"
        variant="subtle"
        color="gray"
        aria-label={en.task.delete(task.title)}
        onClick={() => onDelete(task)}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
      {onMenu !== undefined && (
        <ActionIcon
          className="task-actions"
          variant="subtle"
          color="gray"
          aria-label={en.task.more(task.title)}
          aria-haspopup="menu"
          aria-expanded={isMenuOpen}
          onClick={() => onMenu(task.id)}
        >
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
});

interface ParentMarkProps {
  readonly parentId: string;
  readonly title: string | undefined;
  readonly onOpen: (taskId: string) => void;
}

/** Tells that a task is a part of another one, and leads there. */
function ParentMark({ parentId, title, onOpen }: ParentMarkProps) {
  return (
    <button
      type="button"
      className="task-parent"
      aria-label={title === undefined ? en.task.parentUnknown : en.task.parent(title)}
      title={title === undefined ? en.task.parentUnknown : en.task.parent(title)}
      onClick={() => onOpen(parentId)}
    >
      <IconCornerDownRight size={14} aria-hidden />
      <span dir="auto">{title}</span>
    </button>
  );
}

function TitleField({ task, onPatch }: Pick<Props, "task" | "onPatch">) {
  return (
    <KeptText
      task={task}
      field="title"
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
