import { useMemo, useState } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";

/** The tasks of a list that something is to be done with together. */
export interface Selection {
  readonly tasks: readonly TaskOut[];
  readonly has: (taskId: string) => boolean;
  readonly toggle: (taskId: string) => void;
  /** Takes in everything from the task that was chosen last to this one. */
  readonly extendTo: (taskId: string) => void;
  readonly selectAll: () => void;
  readonly clear: () => void;
}

interface Chosen {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string | undefined;
}

const NOTHING: Chosen = { ids: new Set(), anchor: undefined };

/** Choose among the tasks that are loaded; what leaves the list is not chosen any more. */
export function useSelection(tasks: readonly TaskOut[]): Selection {
  const [chosen, setChosen] = useState(NOTHING);
  return useMemo(() => {
    const selected = tasks.filter(({ id }) => chosen.ids.has(id));
    const present = new Set(selected.map(({ id }) => id));
    return {
      tasks: selected,
      has: (taskId) => present.has(taskId),
      toggle: (taskId) =>
        setChosen({
          ids: present.has(taskId) ? without(present, taskId) : new Set([...present, taskId]),
          anchor: taskId,
        }),
      extendTo: (taskId) =>
        setChosen({
          ids: new Set([...present, ...idsBetween(tasks, chosen.anchor, taskId)]),
          anchor: chosen.anchor ?? taskId,
        }),
      selectAll: () => setChosen({ ids: new Set(tasks.map(({ id }) => id)), anchor: undefined }),
      clear: () => setChosen(NOTHING),
    };
  }, [tasks, chosen]);
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...ids].filter((other) => other !== id));
}

function idsBetween(tasks: readonly TaskOut[], anchor: string | undefined, id: string): string[] {
  const end = tasks.findIndex((task) => task.id === id);
  const found = tasks.findIndex((task) => task.id === anchor);
  const start = found === -1 ? end : found;
  return tasks.slice(Math.min(start, end), Math.max(start, end) + 1).map((task) => task.id);
}
