import { useState } from "react";
import type { CommonTaskDraft, CommonTaskOut } from "../../../api/generated/taskfleet.schemas";
import { keepText } from "../../../device/storage";

/** What somebody has typed into the form, and the common task as it was seen when they began; none for a new one. */
export interface Typed {
  readonly seen: CommonTaskOut | undefined;
  readonly fields: Partial<CommonTaskDraft>;
}

/**
 * What is typed into a form: it stays in this tab until it is saved or thrown away, over a failure or a reload. `name`
 * tells one form from another.
 */
export function useTyped(name: string, commonTask: CommonTaskOut | undefined) {
  const [typed, setTyped] = useState<Typed>(() => readTyped(name) ?? { seen: commonTask, fields: {} });
  const keep = (next: Typed) => {
    keepText(sessionStorage, keyOf(name), JSON.stringify(next));
    setTyped(next);
  };
  const forget = () => sessionStorage.removeItem(keyOf(name));
  return { typed, keep, forget };
}

/** Return what was typed into a form and neither saved nor thrown away. */
export function readTyped(name: string): Typed | undefined {
  const text = sessionStorage.getItem(keyOf(name));
  return text === null ? undefined : (JSON.parse(text) as Typed);
}

function keyOf(name: string): string {
  return `taskfleet.common-task.${name}`;
}
