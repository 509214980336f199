import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { RepeatMark } from "../recurrence/RepeatMark";
import { DueMark, PriorityMark } from "../tasks/TaskMarks";
import type { Day } from "../tasks/task-queries";

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  /** The title and what stands around it, where more can be done than to read it. */
  readonly children?: ReactNode;
}

/** How a card looks, in its column as well as in the hand. */
export function CardFace({ task, day, children }: Props) {
  return (
    <>
      <div className="card-head">
        {children ?? (
          <span className="card-title" dir="auto">
            {task.title}
          </span>
        )}
      </div>
      {(task.due || task.recurrence || task.priority > 0 || task.labels.length > 0) && (
        <div className="card-foot">
          <RepeatMark recurrence={task.recurrence} />
          <DueMark task={task} day={day} />
          <PriorityMark priority={task.priority} />
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
