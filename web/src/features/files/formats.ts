import { ImportFileFormat } from "../../api/generated/taskfleet.schemas";

/** What a file is, as the service names it. */
export type FormatName = ImportFileFormat;

/** All formats that can be imported. */
export const FORMAT_NAMES: readonly FormatName[] = Object.values(ImportFileFormat);

/** The contract's number: the longest name of a list. */
export const MAX_LIST_NAME_LENGTH = 100;

/** Enough for the row of names of a CSV file, or the first members of a JSON document. */
const HEAD_BYTES = 4_096;

/** Return the type as which a file of this format is sent. */
export function mediaTypeOf(format: FormatName): string {
  return format === "csv" || format === "todoist" ? "text/csv" : "application/json";
}

/** Whether the file does not name the list that its tasks belong to. */
export function needsListName(format: FormatName): boolean {
  return format === "todoist";
}

/** Return the name of a list for a file that does not tell one: Todoist names its backups after the project. */
export function listNameOf(file: File): string {
  const name = file.name.replace(/\.[^.]*$/, "").replace(/\s*\[\d+\]$/, "");
  return name.trim().slice(0, MAX_LIST_NAME_LENGTH) || "Todoist";
}

/** Guess what a file is by its first bytes and its name. Rejects when it cannot be read. */
export async function guessFormat(file: File): Promise<FormatName | "archive"> {
  const head = (await file.slice(0, HEAD_BYTES).text()).replace(/^\uFEFF/, "").trimStart();
  if (head.startsWith("PK\u0003\u0004")) {
    return "archive";
  }
  if (head.startsWith("[")) {
    return "vikunja";
  }
  if (head.startsWith("{")) {
    return guessObject(head);
  }
  if (head === "" && /\.json$/i.test(file.name)) {
    return "taskfleet";
  }
  const [columns = ""] = head.split(/\r?\n/, 1);
  return /\bTYPE\b/.test(columns) && /\bCONTENT\b/.test(columns) ? "todoist" : "csv";
}

function guessObject(head: string): FormatName {
  if (/"format"\s*:\s*"taskfleet"/.test(head)) {
    return "taskfleet";
  }
  if (head.includes('"tasks#task')) {
    return "google-tasks";
  }
  return /"(?:value|@odata\.\w+)"\s*:/.test(head) ? "microsoft-todo" : "taskfleet";
}
