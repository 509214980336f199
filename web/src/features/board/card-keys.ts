import { useDirection } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useState } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import type { Column } from "./columns";

/** Return the card that is so many columns and cards away; the first one of the board where there is none yet. */
export function cardBeside(
  columns: readonly Pick<Column, "tasks">[],
  currentId: string | undefined,
  { across, along }: { readonly across: number; readonly along: number },
): TaskOut | undefined {
  const at = columns.findIndex(({ tasks }) => tasks.some(({ id }) => id === currentId));
  if (at === -1) {
    return columns.find(({ tasks }) => tasks.length > 0)?.tasks[0];
  }
  const row = columns[at]?.tasks.findIndex(({ id }) => id === currentId) ?? 0;
  const step = Math.sign(across);
  let column = at + across;
  // There is nothing to stand on in an empty column.
  while (step !== 0 && columns[column]?.tasks.length === 0) {
    column += step;
  }
  const { tasks } = columns[column] ?? columns[at] ?? { tasks: [] };
  return tasks[Math.max(0, Math.min(row + along, tasks.length - 1))];
}

/** Return the card that is current once this one has left its column. */
export function cardAfter(columns: readonly Pick<Column, "tasks">[], task: TaskOut): TaskOut | undefined {
  return [1, -1]
    .map((along) => cardBeside(columns, task.id, { across: 0, along }))
    .find((candidate) => candidate?.id !== task.id);
}

interface Options {
  /** While a card is being dragged, the keys carry that one. */
  readonly isDragging: boolean;
  readonly complete: (task: TaskOut) => void;
  readonly open: (taskId: string) => void;
}

/** Go from card to card by keys, and do something with the one that is current; returns its id. */
export function useCardKeys(
  columns: readonly Column[],
  { isDragging, complete, open }: Options,
): string | undefined {
  const [currentId, setCurrentId] = useState<string>();
  const current = columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === currentId);
  const right = useDirection().dir === "rtl" ? -1 : 1;
  const go = (across: number, along: number) => () => {
    if (!isDragging) {
      setCurrentId(cardBeside(columns, currentId, { across, along })?.id);
    }
  };
  const completeCurrent = () => {
    if (current !== undefined && current.status !== "done") {
      setCurrentId(cardAfter(columns, current)?.id);
      complete(current);
    }
  };
  useHotkeys([
    ["j", go(0, 1)],
    ["k", go(0, -1)],
    ["ArrowLeft", go(-right, 0)],
    ["ArrowRight", go(right, 0)],
    ["c", completeCurrent],
    ["e", () => current && open(current.id)],
  ]);
  return current?.id;
}
