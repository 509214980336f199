import type { NoticeOut } from "../../api/generated/taskfleet.schemas";

/** Pages beside which the details of a task open. */
const WITH_DETAILS = /^\/(?:today|upcoming|calendar|all|inbox|search|(?:lists|labels)\/[^/]+)$/;

/** Where a notice leads, from the page that is open. */
export interface Place {
  readonly to: "." | "/all" | "/today" | "/settings";
  /** The task whose details open there. */
  readonly task: string | undefined;
}

/** Return where a notice leads: to its task, beside what is shown if that can be; else to where one would look. */
export function placeOf({ kind, task_id }: NoticeOut, pathname: string): Place {
  if (task_id !== null) {
    return { to: WITH_DETAILS.test(pathname) ? "." : "/all", task: task_id };
  }
  return { to: kind === "security" ? "/settings" : "/today", task: undefined };
}
