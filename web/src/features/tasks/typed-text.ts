import { useSyncExternalStore } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { keepText } from "../../device/storage";

const PREFIX = "taskfleet.typed.";

const FIELDS = ["title", "notes", "subtask"] as const;

/** What is typed for a task: a member of its own, or the title of a part that it will have. */
export type TypedField = (typeof FIELDS)[number];

/** Text that was typed and is not on its way yet, with the task as it was when somebody began to type. */
export interface Typed {
  readonly text: string;
  readonly seen: TaskOut;
}

const listeners = new Set<() => void>();
const texts = restored();

/** What is typed for a task, wherever on the page; it survives a reload. */
export function useTyped(taskId: string, field: TypedField): Typed | undefined {
  const key = keyOf(taskId, field);
  return useSyncExternalStore(subscribe, () => texts.get(key));
}

/** Note what was typed; nothing once it is on its way. */
export function keepTyped(taskId: string, field: TypedField, typed: Typed | undefined): void {
  const key = keyOf(taskId, field);
  if (typed === undefined) {
    texts.delete(key);
    sessionStorage.removeItem(key);
  } else {
    texts.set(key, typed);
    keepText(sessionStorage, key, JSON.stringify(typed));
  }
  tell();
}

/** Go on with what was typed for a task that has got another id, because it was added. */
export function passTypedOn(fromId: string, toId: string): void {
  for (const field of FIELDS) {
    const typed = texts.get(keyOf(fromId, field));
    if (typed !== undefined) {
      keepTyped(toId, field, typed);
      keepTyped(fromId, field, undefined);
    }
  }
}

function restored(): Map<string, Typed> {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  return new Map(keys.map((key) => [key, JSON.parse(sessionStorage.getItem(key) ?? "") as Typed]));
}

function keyOf(taskId: string, field: TypedField): string {
  return `${PREFIX}${taskId}.${field}`;
}

function tell(): void {
  for (const listener of listeners) {
    listener();
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
