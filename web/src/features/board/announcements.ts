import type { Announcements } from "@dnd-kit/core";
import type { TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";

type Carried = { readonly data: { readonly current?: Record<string, unknown> | undefined } };

/** The task of a card that is dragged. */
export function taskOf(card: Carried): TaskOut | undefined {
  return card.data.current?.task as TaskOut | undefined;
}

/** The card that another one is dropped on, where their order counts. */
export function cardOf(over: Carried | null): TaskOut | undefined {
  return over?.data.current?.card as TaskOut | undefined;
}

/** The status of a column, where a card is over one. */
export function statusOf(column: Carried | null): TaskOutStatus | undefined {
  return column?.data.current?.status as TaskOutStatus | undefined;
}

/** What is told of dragging to those who do not see it. */
export function announceCards(): Announcements {
  // A card begins over its own column, which is told already.
  let told: TaskOutStatus | undefined;
  return {
    onDragStart: ({ active }) => {
      const task = taskOf(active);
      told = task?.status;
      return task && en.board.pickedUp(task.title, nameOf(task.status));
    },
    onDragOver: ({ active, over }) => {
      const status = statusOf(over);
      if (status === told) {
        return undefined;
      }
      told = status;
      const title = taskOf(active)?.title ?? "";
      return status === undefined ? en.board.overNothing(title) : en.board.over(title, nameOf(status));
    },
    onDragEnd: ({ active, over }) => {
      const task = taskOf(active);
      const status = statusOf(over) ?? task?.status;
      return task && status && en.board.dropped(task.title, nameOf(status));
    },
    onDragCancel: ({ active }) => {
      const task = taskOf(active);
      return task && en.board.cancelled(task.title, nameOf(task.status));
    },
  };
}

function nameOf(status: TaskOutStatus): string {
  return en.details.statuses[status];
}
