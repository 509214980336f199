import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { PriorityMark } from "../tasks/TaskMarks";

interface Props {
  readonly commonTask: CommonTaskOut;
  /** What pressing it does, for those who do not see it. */
  readonly name: string;
  readonly onOpen: () => void;
}

/** What a line says of a common task. */
export function CommonTaskFace({ commonTask: { title, notes, labels, priority }, name, onOpen }: Props) {
  return (
    <>
      <button type="button" className="common-task" aria-label={name} onClick={onOpen}>
        <span className="common-task-title" dir="auto">
          {title}
        </span>
        <span className="common-task-notes" dir="auto">
          {notes}
        </span>
      </button>
      {labels.length > 0 && (
        <span className="task-detail task-labels" dir="auto">
          {labels.join(", ")}
        </span>
      )}
      <PriorityMark priority={priority} />
    </>
  );
}
