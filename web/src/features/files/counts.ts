import type { ImportOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";

const words = en.files.report;

/** Say how many tasks and lists an import has added, or would add; of lists only if there are any. */
export function describeCounts({ tasks, lists }: ImportOut, locale: string | undefined): string {
  const { format } = new Intl.NumberFormat(locale);
  const addedTasks = words.tasks(tasks.created, format(tasks.created));
  return lists.created === 0
    ? addedTasks
    : words.both(addedTasks, words.lists(lists.created, format(lists.created)));
}
