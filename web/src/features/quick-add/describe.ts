import type { ListOut, TaskDraft } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeRecurrence } from "../recurrence/sentence";
import { nameDue } from "../tasks/due";
import type { Span } from "./spans";

/** Something that was understood, in words. */
export interface Meaning {
  readonly kind: "due" | "recurrence" | "priority" | "list" | "label";
  readonly text: string;
}

interface Reading {
  readonly lists: readonly ListOut[];
  readonly today: string;
  readonly locale: string | undefined;
}

/** What a line says beside its title, each in words, as the task will have it. */
export function meaningsOf(
  draft: TaskDraft,
  spans: readonly Span[],
  { lists, today, locale }: Reading,
): Meaning[] {
  const kinds = new Set(spans.map(({ kind }) => kind));
  const isDue = kinds.has("date") || kinds.has("time") || kinds.has("recurrence");
  const list = lists.find(({ id }) => id === draft.list_id);
  return [
    ...(isDue && draft.due ? [{ kind: "due", text: nameDue(draft.due, today, locale) } as const] : []),
    ...(kinds.has("recurrence") && draft.recurrence
      ? [{ kind: "recurrence", text: describeRecurrence(draft.recurrence, locale) } as const]
      : []),
    ...(kinds.has("priority")
      ? [{ kind: "priority", text: en.details.priorities[draft.priority ?? 0] ?? "" } as const]
      : []),
    ...(kinds.has("list") && list ? [{ kind: "list", text: list.name } as const] : []),
    ...(kinds.has("label") ? (draft.labels ?? []).map((text) => ({ kind: "label", text }) as const) : []),
  ];
}

/** The same for those who hear it. */
export function sayMeanings(meanings: readonly Meaning[]): string {
  return meanings.map(({ kind, text }) => `${en.quickAdd.kinds[kind]}: ${text}`).join("; ");
}
