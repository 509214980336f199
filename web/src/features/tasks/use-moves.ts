import { useCallback, useState } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { type Dragged, type DropTarget, useDragged } from "../dragging/drag";
import type { Selection } from "../selection/use-selection";
import { movesTo } from "./reorder";
import type { TaskActions } from "./task-actions";

/** The ways to put tasks elsewhere: by dragging, and row by row. */
export interface Moves {
  /** The row that is dragged, -1 for none. */
  readonly dragged: number;
  readonly dragOf: (task: TaskOut) => Dragged;
  readonly moveBy: (task: TaskOut, rows: number) => void;
  /** What is to be said of the last move, to those who do not see it. */
  readonly said: string;
}

/** Move tasks within a list, and onto the lists beside it; selected ones go together. */
export function useMoves(tasks: readonly TaskOut[], selection: Selection, actions: TaskActions): Moves {
  const { move, changeMany } = actions;
  const dragged = useDragged();
  const [said, setSaid] = useState("");
  const moveBy = useCallback(
    (task: TaskOut, rows: number) => {
      const to = tasks.findIndex(({ id }) => id === task.id) + rows;
      for (const one of movesTo(tasks, task, tasks[to]?.id ?? "")) {
        move(one.task, one.place);
        setSaid(en.dragging.moved(task.title, to + 1, tasks.length));
      }
    },
    [tasks, move],
  );
  const dragOf = (task: TaskOut): Dragged => {
    const together = selection.has(task.id) ? selection.tasks : [task];
    const onDrop = (target: DropTarget) => {
      if (target.kind === "row") {
        for (const one of movesTo(tasks, task, target.taskId, together)) {
          move(one.task, one.place);
        }
        return;
      }
      // A sub-task is always in its parent's list.
      const movable = together.filter((one) => one.parent_id === null && one.list_id !== target.listId);
      if (movable.length > 0) {
        changeMany(movable, { kind: "patch", patchOf: () => ({ list_id: target.listId }) });
      }
    };
    return { taskId: task.id, title: task.title, count: together.length, onDrop };
  };
  return {
    dragged: dragged === undefined ? -1 : tasks.findIndex(({ id }) => id === dragged.taskId),
    dragOf,
    moveBy,
    said,
  };
}
