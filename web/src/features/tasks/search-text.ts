import type { TaskOut } from "../../api/generated/taskfleet.schemas";

/** Whether title and notes of a task contain every word of a text; case, accents and punctuation around do not count. */
export function containsWords(task: Pick<TaskOut, "title" | "notes">, text: string): boolean {
  const words = wordsOf(text);
  const searched = folded(`${task.title}\n${task.notes}`);
  return words.length > 0 && words.every((word) => searched.includes(word));
}

/** The words that are searched for, as the service takes a text apart. */
function wordsOf(text: string): string[] {
  return folded(text)
    .split(/[\s"\\]+/)
    .map((word) => word.replace(/^[^\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, ""))
    .filter((word) => word !== "");
}

function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
