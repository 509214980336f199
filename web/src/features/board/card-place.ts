import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import type { Place } from "../tasks/task-changes";
import type { TaskPlace } from "../tasks/view";
import type { Column } from "./columns";

/** Whether the cards of a column have an order that people give them: within one list, and until they are done. */
export function isOrdered(place: TaskPlace, { status }: Pick<Column, "status">): boolean {
  return place.kind !== "all" && status !== "done";
}

/** Whether a card that takes the place of another one goes behind it: it comes from above it in the same column. */
export function goesBehind(card: TaskOut, target: TaskOut): boolean {
  return card.status === target.status && card.position < target.position;
}

/** Return where a card goes that takes the place of another one in a column. */
export function placeOf(card: TaskOut, target: TaskOut, tasks: readonly TaskOut[]): Place {
  if (goesBehind(card, target)) {
    return { afterId: target.id };
  }
  const others = tasks.filter(({ id }) => id !== card.id);
  const at = others.findIndex(({ id }) => id === target.id);
  return { afterId: others[at - 1]?.id ?? null };
}
