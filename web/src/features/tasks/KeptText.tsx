import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { keepTyped, useTyped } from "./typed-text";

interface Props {
  readonly task: TaskOut;
  readonly field: "title" | "notes";
  readonly isAllowed?: (text: string) => boolean;
  /** Told of the new text, and of the task as it was when somebody began to type: that is what they saw. */
  readonly onChange: (text: string, seen: TaskOut) => void;
  readonly children: (field: {
    value: string;
    onChange: (event: { currentTarget: { value: string } }) => void;
    onBlur: () => void;
    /** For fields of one line: Enter keeps what was typed, Escape forgets it. */
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => void;
  }) => ReactNode;
}

/**
 * Text that is sent when its field is left or goes away. What comes from elsewhere shows unless somebody is typing, and
 * what was typed when the page was loaded anew is there again.
 */
export function KeptText({ task, field, isAllowed = () => true, onChange, children }: Props) {
  const typed = useTyped(task.id, field);
  const value = task[field];
  const keep = () => {
    const text = typed?.text.trim();
    if (typed === undefined || text === undefined) {
      return;
    }
    keepTyped(task.id, field, undefined);
    if (text !== value && isAllowed(text)) {
      onChange(text, typed.seen);
    }
  };
  const latest = useRef(keep);
  useEffect(() => {
    latest.current = keep;
  });
  useEffect(() => () => latest.current(), []);
  return children({
    value: typed?.text ?? value,
    onChange: ({ currentTarget: { value: text } }) =>
      keepTyped(task.id, field, { text, seen: typed?.seen ?? task }),
    onBlur: keep,
    onKeyDown: (event) => {
      // An Enter that chooses a word of an input method is none of ours.
      if (event.key === "Enter" && !event.nativeEvent.isComposing) {
        event.currentTarget.blur();
      } else if (event.key === "Escape" && typed !== undefined) {
        keepTyped(task.id, field, undefined);
        event.stopPropagation();
      }
    },
  });
}
