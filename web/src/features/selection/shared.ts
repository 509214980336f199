import type { TaskOut } from "../../api/generated/taskfleet.schemas";

/** Return what all tasks have in common; undefined when they differ, or there are none. */
export function sharedOf<Value>(
  tasks: readonly TaskOut[],
  valueIn: (task: TaskOut) => Value,
): Value | undefined {
  const [first, ...others] = tasks.map(valueIn);
  return others.every((value) => value === first) ? first : undefined;
}

/** Return the labels that every task has. */
export function sharedLabels(tasks: readonly TaskOut[]): string[] {
  const [first, ...others] = tasks;
  return (first?.labels ?? []).filter((label) => others.every(({ labels }) => labels.includes(label)));
}

/** Return a task's labels after somebody has chosen other shared ones; those that it has for itself stay. */
export function relabelled(
  labels: readonly string[],
  sharedBefore: readonly string[],
  sharedNow: readonly string[],
): string[] {
  const kept = labels.filter((label) => !sharedBefore.includes(label) || sharedNow.includes(label));
  return [...kept, ...sharedNow.filter((label) => !kept.includes(label))];
}
