import { useDraggable } from "@dnd-kit/core";
import { UnstyledButton, VisuallyHidden } from "@mantine/core";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { RepeatMark } from "../recurrence/RepeatMark";
import { PRIORITY_COLORS } from "../tasks/priority";
import { isPending } from "../tasks/task-changes";
import type { Day } from "../tasks/task-queries";
import { timeOf } from "./days";

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  readonly onOpen: (taskId: string) => void;
}

/** A task on its day, which opens its details. */
export function CalendarTask({ task, day, onOpen }: Props) {
  return (
    <UnstyledButton
      className="calendar-task"
      data-done={task.status === "done"}
      data-pending={isPending(task)}
      style={{ borderInlineStartColor: PRIORITY_COLORS[task.priority] }}
      onClick={() => onOpen(task.id)}
    >
      <CalendarTaskFace task={task} day={day} />
    </UnstyledButton>
  );
}

/** The same, to be dragged to another day. */
export function DraggableTask(props: Props) {
  const { task } = props;
  const { setNodeRef, listeners, isDragging } = useDraggable({
    id: task.id,
    data: { task },
  });
  return (
    <div ref={setNodeRef} className="calendar-slot" data-dragged={isDragging} {...listeners}>
      <CalendarTask {...props} />
    </div>
  );
}

/** What is told of a task on its day. */
export function CalendarTaskFace({ task, day }: Pick<Props, "task" | "day">) {
  const time = timeOf(task, day.timezone);
  const isDone = task.status === "done";
  const isOverdue = !isDone && task.due_at !== null && Date.parse(task.due_at) < Date.now();
  return (
    <>
      {time !== undefined && <span className="calendar-time">{inWords(time)}</span>}
      <span className="calendar-title" data-overdue={isOverdue}>
        {task.title}
      </span>
      <RepeatMark recurrence={task.recurrence} size={12} />
      {(isDone || isOverdue || task.priority > 0) && (
        <VisuallyHidden>
          {isDone && `, ${en.details.statuses.done}`}
          {isOverdue && `, ${en.task.overdue}`}
          {task.priority > 0 && `, ${en.task.priority(task.priority)}`}
        </VisuallyHidden>
      )}
    </>
  );
}

/** A time of day, `HH:MM`, as the reader writes it. */
function inWords(time: string): string {
  return new Intl.DateTimeFormat(undefined, { timeZone: "UTC", timeStyle: "short" }).format(
    new Date(`2000-01-01T${time}:00Z`),
  );
}
