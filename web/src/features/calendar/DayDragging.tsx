import { type Announcements, DndContext, type DragEndEvent, DragOverlay } from "@dnd-kit/core";
import { type ReactNode, useState } from "react";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useDropAnimation } from "../dragging/drop-animation";
import { underPointer, usePointerSensors } from "../dragging/sensors";
import type { Day } from "../tasks/task-queries";
import { CalendarTaskFace } from "./CalendarTask";
import { movingTo } from "./days";
import { formatDay } from "./month";

interface Props {
  readonly day: Day;
  readonly onPatch: (task: TaskOut, patch: TaskPatch) => void;
  readonly children: ReactNode;
}

/** Lets tasks be dragged from day to day. By keyboard, their details say on which day they are due. */
export function DayDragging({ day, onPatch, children }: Props) {
  const [dragged, setDragged] = useState<TaskOut>();
  const dropAnimation = useDropAnimation();
  const drop = ({ active, over }: DragEndEvent) => {
    setDragged(undefined);
    const task = taskOf(active);
    const patch = task && over ? movingTo(String(over.id), task, day.timezone) : undefined;
    if (task !== undefined && patch !== undefined) {
      onPatch(task, patch);
    }
  };
  return (
    <DndContext
      sensors={usePointerSensors()}
      collisionDetection={underPointer}
      accessibility={{ announcements, screenReaderInstructions: { draggable: en.calendar.instructions } }}
      onDragStart={({ active }) => setDragged(taskOf(active))}
      onDragEnd={drop}
      onDragCancel={() => setDragged(undefined)}
    >
      {children}
      <DragOverlay dropAnimation={dropAnimation}>
        {dragged && (
          <div className="calendar-task" data-in-hand="true">
            <CalendarTaskFace task={dragged} day={day} />
          </div>
        )}
      </DragOverlay>
    </DndContext>
  );
}

type Carried = { readonly data: { readonly current?: Record<string, unknown> | undefined } };

function taskOf(carried: Carried): TaskOut | undefined {
  return carried.data.current?.task as TaskOut | undefined;
}

/** Said to those who drag without seeing; what is on the way would only be noise. */
const announcements: Announcements = {
  onDragStart: () => undefined,
  onDragOver: () => undefined,
  onDragEnd: ({ active, over }) => {
    const title = taskOf(active)?.title;
    return title !== undefined && over ? en.calendar.dropped(title, nameOf(String(over.id))) : undefined;
  },
  onDragCancel: () => undefined,
};

function nameOf(date: string): string {
  return formatDay(date, { weekday: "long", day: "numeric", month: "long" });
}
