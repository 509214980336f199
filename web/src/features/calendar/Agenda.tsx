import { useDroppable } from "@dnd-kit/core";
import { Title } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { DraggableTask } from "./CalendarTask";
import { DayAdd } from "./DayAdd";
import type { CalendarDays } from "./days-on-screen";
import { formatDay } from "./month";

interface Props extends CalendarDays {
  /** The days of the month. */
  readonly dates: readonly string[];
}

/** A month as a list of its days, where there is no room for a table. */
export function Agenda({ dates, title, isLoading, tasks, ...days }: Props) {
  const today = useRef<HTMLLIElement>(null);
  const isShown = useRef(false);
  useEffect(() => {
    // Once only: whoever has scrolled elsewhere stays there.
    if (!isLoading && !isShown.current) {
      isShown.current = true;
      today.current?.scrollIntoView({ block: "start" });
    }
  }, [isLoading]);
  return (
    <ol className="agenda" aria-label={title} aria-busy={isLoading}>
      {dates.map((date) => (
        <li
          key={date}
          ref={date === days.day.today ? today : undefined}
          className="agenda-slot"
          aria-current={date === days.day.today ? "date" : undefined}
        >
          <AgendaDay date={date} ofDay={tasks.get(date) ?? []} {...days} />
        </li>
      ))}
    </ol>
  );
}

interface AgendaDayProps extends Omit<CalendarDays, "title" | "isLoading" | "tasks"> {
  readonly date: string;
  readonly ofDay: readonly TaskOut[];
}

function AgendaDay({ date, ofDay, day, addingOn, onAddingOn, onAdd, onOpen }: AgendaDayProps) {
  const { setNodeRef, isOver } = useDroppable({ id: date });
  return (
    <div ref={setNodeRef} className="agenda-day" data-over={isOver}>
      <div className="month-day-head">
        <Title order={2} size="sm" fw={ofDay.length > 0 || date === day.today ? 600 : 400}>
          <time dateTime={date}>{formatDay(date, { weekday: "short", day: "numeric", month: "short" })}</time>
        </Title>
        <DayAdd
          date={date}
          today={day.today}
          isOpen={addingOn === date}
          onToggle={onAddingOn}
          onAdd={onAdd}
        />
      </div>
      {ofDay.length > 0 && (
        <ul className="calendar-tasks">
          {ofDay.map((task) => (
            <li key={task.id}>
              <DraggableTask task={task} day={day} onOpen={onOpen} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
