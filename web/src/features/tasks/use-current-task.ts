import { useCallback, useState } from "react";

interface Place {
  readonly id: string;
  readonly index: number;
}

/** The task, or whatever is listed like one, that keys act on. */
export interface CurrentTask<Item> {
  readonly task: Item | undefined;
  /** Its place in the list, -1 for none. */
  readonly index: number;
  readonly choose: (taskId: string) => void;
  /** Goes so many rows down, or up. */
  readonly step: (rows: number) => void;
}

/** Follow the current task: when it leaves the list, the one that takes its place is the next. */
export function useCurrentTask<Item extends { readonly id: string }>(
  tasks: readonly Item[],
): CurrentTask<Item> {
  const [place, setPlace] = useState<Place>();
  const index = indexOf(tasks, place);
  const choose = useCallback(
    (taskId: string) => setPlace({ id: taskId, index: tasks.findIndex(({ id }) => id === taskId) }),
    [tasks],
  );
  const step = (rows: number) => {
    const next = Math.max(0, Math.min(index + rows, tasks.length - 1));
    const task = tasks[next];
    if (task !== undefined) {
      setPlace({ id: task.id, index: next });
    }
  };
  return { task: tasks[index], index, choose, step };
}

function indexOf(tasks: readonly { readonly id: string }[], place: Place | undefined): number {
  if (place === undefined) {
    return -1;
  }
  const found = tasks.findIndex(({ id }) => id === place.id);
  return found === -1 ? Math.min(place.index, tasks.length - 1) : found;
}
