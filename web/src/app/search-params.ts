type Params = Readonly<Record<string, unknown>>;

/** What is looked for on a page. */
interface FindSearch {
  readonly q?: string;
}

interface CommonTasksSearch extends FindSearch {
  readonly list?: string | undefined;
  readonly shown?: string | undefined;
}

interface KeepingSearch extends FindSearch {
  readonly edit?: string | undefined;
}

interface AuditSearch {
  readonly action?: string | undefined;
  readonly by?: string | undefined;
  readonly about?: string | undefined;
}

/** A number or a word such as true is text here. */
export function findSearch({ q }: Params): FindSearch {
  return q === undefined ? {} : { q: String(q) };
}

/** What is looked for among the common tasks, where copies go, and which one is shown. */
export function commonTasksSearch({ q, list, shown }: Params): CommonTasksSearch {
  return { ...findSearch({ q }), list: textOf(list), shown: textOf(shown) };
}

/** What is looked for among the common tasks, and which one is in the form. */
export function keepingSearch({ q, edit }: Params): KeepingSearch {
  return { ...findSearch({ q }), edit: textOf(edit) };
}

/** What narrows the audit down. */
export function auditSearch({ action, by, about }: Params): AuditSearch {
  return { action: textOf(action), by: textOf(by), about: textOf(about) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
