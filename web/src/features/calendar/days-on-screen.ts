import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import type { AddTask } from "../quick-add/use-lines";
import type { Day } from "../tasks/task-queries";

/** What a calendar shows and tells of its days, whatever its form. */
export interface CalendarDays {
  readonly title: string;
  readonly day: Day;
  readonly tasks: ReadonlyMap<string, readonly TaskOut[]>;
  readonly isLoading: boolean;
  /** The day that a task is being added to. */
  readonly addingOn: string | undefined;
  readonly onAddingOn: (date: string, isOpen: boolean) => void;
  readonly onAdd: AddTask;
  readonly onOpen: (taskId: string) => void;
}
