import { VisuallyHidden } from "@mantine/core";
import { IconFlag } from "@tabler/icons-react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { describeDue } from "./due";
import { PRIORITY_COLORS } from "./priority";
import type { Day } from "./task-queries";

interface DueProps {
  readonly task: TaskOut;
  readonly day: Day;
}

/** When a task is due, in colour and in words where that has passed. */
export function DueMark({ task, day }: DueProps) {
  const due = describeDue(task, day, useLocale());
  return (
    due && (
      <span className="task-detail" data-overdue={due.isOverdue}>
        {due.text}
        {due.isOverdue && <VisuallyHidden>, {en.task.overdue}</VisuallyHidden>}
      </span>
    )
  );
}

/** The flag of a task that is more important than others. */
export function PriorityMark({ priority }: { readonly priority: number }) {
  return (
    priority > 0 && (
      <IconFlag
        size={16}
        role="img"
        aria-label={en.task.priority(priority)}
        color={PRIORITY_COLORS[priority]}
      />
    )
  );
}
