import { Badge, VisuallyHidden } from "@mantine/core";
import { IconFlag } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { describeDue } from "../tasks/due";
import { PRIORITY_COLORS } from "../tasks/priority";
import type { Day } from "../tasks/task-queries";

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  /** The title and what stands around it, where more can be done than to read it. */
  readonly children?: ReactNode;
}

/** How a card looks, in its column as well as in the hand. */
export function CardFace({ task, day, children }: Props) {
  const due = describeDue(task, day, useLocale());
  const isOverdue = due?.isOverdue === true && task.status !== "done";
  return (
    <>
      <div className="card-head">
        {children ?? (
          <span className="card-title" dir="auto">
            {task.title}
          </span>
        )}
      </div>
      {(due !== undefined || task.priority > 0 || task.labels.length > 0) && (
        <div className="card-foot">
          {due !== undefined && (
            <span className="task-detail" data-overdue={isOverdue}>
              {due.text}
              {isOverdue && <VisuallyHidden>, {en.task.overdue}</VisuallyHidden>}
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
          {task.labels.map((label) => (
            <Badge key={label} variant="light" color="gray" size="sm" tt="none">
              {label}
            </Badge>
          ))}
        </div>
      )}
    </>
  );
}
