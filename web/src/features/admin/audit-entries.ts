import type { AuditActor, AuditDetails, AuditEntryOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";

const words = en.admin.audit;

/** The kinds of acts that can be asked for, with their names. */
export const ACTIONS = Object.entries(words.actions).map(([value, label]) => ({ value, label }));

/** What an act changed of one field, in words; undefined where there was, or is, nothing to compare with. */
export interface FieldChange {
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Return the name of a kind of act; of one that this version does not know, what the service calls it. */
export function nameOfAction(action: string): string {
  return (words.actions as Readonly<Record<string, string>>)[action] ?? action;
}

/** Return who acted, as somebody who reads the audit knows them. */
export function nameOfActor({ kind, name, email }: AuditActor): string {
  switch (kind) {
    case "cli":
      return words.cli(name ?? words.someone);
    case "setting":
      return name ?? words.someone;
    default:
      return email ?? name ?? words.someone;
  }
}

/** Return what was acted upon; `titles` are those of the common tasks that are there, by id. */
export function nameOfSubject(
  { subject, details }: AuditEntryOut,
  titles: ReadonlyMap<string, string>,
): string {
  if (subject.kind === "user") {
    return subject.email ?? words.somebody;
  }
  const title = details.after?.title ?? details.before?.title ?? titles.get(subject.id);
  return typeof title === "string" ? `“${title}”` : words.aThing;
}

/** Return what changed, field by field; what was empty before and after is nothing to tell. */
export function changesOf({ before, after }: AuditDetails): FieldChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .filter((name) => name !== "position" || (before !== null && after !== null))
    .filter((name) => !(isEmpty(before?.[name]) && isEmpty(after?.[name])))
    .map((name) => ({
      field: (words.fields as Readonly<Record<string, string>>)[name] ?? name,
      // Where something stands among the others no position tells anybody.
      before: name === "position" ? undefined : before === null ? undefined : say(name, before[name]),
      after: name === "position" ? words.moved : after === null ? undefined : say(name, after[name]),
    }));
}

function say(name: string, value: unknown): string {
  if (name === "role" && (value === "user" || value === "admin")) {
    return words.roles[value];
  }
  if (name === "priority" && typeof value === "number") {
    return en.details.priorities[value] ?? String(value);
  }
  if (isEmpty(value)) {
    return words.none;
  }
  if (typeof value === "boolean") {
    return value ? words.yes : words.no;
  }
  if (Array.isArray(value)) {
    return value.join(", ");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)
  );
}
