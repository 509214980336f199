import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import type { Place } from "./task-changes";

/** A task and where it goes. */
export interface Move {
  readonly task: TaskOut;
  readonly place: Place;
}

/**
 * Return the moves, one after another, that bring a task to where another one stands, and those along that are moved
 * with it; none when it stays where it is.
 *
 * The service puts a task behind another one of the same list. So in a view of several lists a task goes behind the
 * nearest such above, and only those of its list come along.
 */
export function movesTo(
  tasks: readonly TaskOut[],
  task: TaskOut,
  targetId: string,
  together: readonly TaskOut[] = [],
): Move[] {
  const moved = together.some(({ id }) => id === task.id)
    ? together.filter(({ list_id }) => list_id === task.list_id)
    : [task];
  const rest = tasks.filter(({ id }) => !moved.some((one) => one.id === id));
  const target = rest.findIndex(({ id }) => id === targetId);
  if (target === -1) {
    return [];
  }
  const isDown = indexOf(tasks, targetId) > indexOf(tasks, task.id);
  const above = rest.slice(0, isDown ? target + 1 : target);
  let afterId = above.findLast(({ list_id }) => list_id === task.list_id)?.id ?? null;
  return moved.map((one) => {
    const move = { task: one, place: { afterId } };
    afterId = one.id;
    return move;
  });
}

function indexOf(tasks: readonly TaskOut[], taskId: string): number {
  return tasks.findIndex(({ id }) => id === taskId);
}
