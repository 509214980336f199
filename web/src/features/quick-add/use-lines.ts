import { useEffect, useRef } from "react";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import type { Reader } from "./reader";
import { draftOf, type Reading } from "./reading";
import { mayBeUnderstood } from "./triggers";
import { addInTurn, isWaiting, type Line, takeLeftLines, unlessLeaving } from "./waiting-lines";

/** Adds a task; `typed` is the line that it was made of, where that is not its title. */
export type AddTask = (draft: TaskDraft, typed?: string) => void;

/** Add lines as tasks: at once where it is known what they say, else as soon as it is. Nothing typed is lost. */
export function useLines(reader: Reader, onAdd: AddTask): (line: Line) => void {
  const latest = useRef(onAdd);
  useEffect(() => {
    latest.current = onAdd;
  });
  const add = ({ text, defaults }: Line, reading: Reading | undefined) => {
    if (reading === undefined) {
      latest.current({ ...defaults, title: text.trim() });
    } else {
      latest.current(draftOf(reading, defaults), text.trim());
    }
  };
  const addLater = (line: Line) =>
    addInTurn(line, async () => {
      const reading = isTitle(line) ? undefined : await reader.askSoon(line.text.trimEnd());
      await unlessLeaving();
      add(line, reading);
    });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what an earlier page left is taken over once.
  useEffect(() => {
    for (const line of takeLeftLines()) {
      addLater(line);
    }
  }, []);
  return (line) => {
    const isKnown = isTitle(line) || reader.known(line.text.trimEnd()) !== undefined;
    if (isWaiting() || !isKnown) {
      addLater(line);
    } else {
      add(line, isTitle(line) ? undefined : reader.known(line.text.trimEnd())?.reading);
    }
  };
}

function isTitle({ text, isLiteral }: Line): boolean {
  return isLiteral || !mayBeUnderstood(text);
}
