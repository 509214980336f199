import { useSyncExternalStore } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";

const PREFIX = "taskfleet.typed.";

/** What is typed for a task: a member of its own, or the title of a part that it will have. */
export type TypedField = "title" | "notes" | "subtask";

/** Text that was typed and is not on its way yet, with the task as it was when somebody began to type. */
export interface Typed {
  readonly text: string;
  readonly seen: TaskOut;
}

const listeners = new Set<() => void>();
/** What was read last: the same object for the same text, as React wants it. */
const parsed = new Map<string, { readonly raw: string; readonly typed: Typed }>();

/** What is typed for a task, wherever on the page; it survives a reload. */
export function useTyped(taskId: string, field: TypedField): Typed | undefined {
  const key = keyOf(taskId, field);
  return useSyncExternalStore(subscribe, () => read(key));
}

/** Note what was typed; nothing once it is on its way. */
export function keepTyped(taskId: string, field: TypedField, typed: Typed | undefined): void {
  const key = keyOf(taskId, field);
  if (typed === undefined) {
    sessionStorage.removeItem(key);
    parsed.delete(key);
  } else {
    sessionStorage.setItem(key, JSON.stringify(typed));
  }
  tell();
}

/** Forget everything that was typed, because whoever comes next is somebody else. */
export function forgetTyped(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) {
      sessionStorage.removeItem(key);
    }
  }
  parsed.clear();
  tell();
}

function keyOf(taskId: string, field: TypedField): string {
  return `${PREFIX}${taskId}.${field}`;
}

function read(key: string): Typed | undefined {
  const raw = sessionStorage.getItem(key);
  if (raw === null) {
    return undefined;
  }
  const known = parsed.get(key);
  if (known?.raw === raw) {
    return known.typed;
  }
  const typed = JSON.parse(raw) as Typed;
  parsed.set(key, { raw, typed });
  return typed;
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
