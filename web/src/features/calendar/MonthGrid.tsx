import { useDroppable } from "@dnd-kit/core";
import { Popover, Stack, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useViewportSize } from "@mantine/hooks";
import type { ReactNode } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { CalendarTask, DraggableTask } from "./CalendarTask";
import { DayAdd } from "./DayAdd";
import type { CalendarDays } from "./days-on-screen";
import { formatDay } from "./month";

/** What stands above and below the weeks: header, title, names of the days, margins. */
const AROUND_PX = 172;
const MIN_WEEK_PX = 96;
/** What stands above the tasks of a day. */
const DAY_HEAD_PX = 32;
const TASK_PX = 24;

interface Props extends CalendarDays {
  readonly weeks: readonly (readonly string[])[];
  readonly month: string;
}

/** A month as a table, a week a row. */
export function MonthGrid({ weeks, month, title, isLoading, ...days }: Props) {
  const { height } = useViewportSize();
  const weekHeight = Math.max(MIN_WEEK_PX, Math.floor((height - AROUND_PX) / weeks.length));
  const room = Math.floor((weekHeight - DAY_HEAD_PX) / TASK_PX);
  return (
    <table className="month" aria-label={title} aria-busy={isLoading}>
      <thead>
        <tr>
          {weeks[0]?.map((date) => (
            <th key={date} scope="col" abbr={formatDay(date, { weekday: "long" })}>
              {formatDay(date, { weekday: "short" })}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]} style={{ height: weekHeight }}>
            {week.map((date) => (
              <DayCell
                key={date}
                date={date}
                isOutside={!date.startsWith(month)}
                room={room}
                ofDay={days.tasks.get(date) ?? []}
                {...days}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DayCellProps extends Omit<CalendarDays, "title" | "isLoading"> {
  readonly date: string;
  /** Whether it belongs to the month before or after. */
  readonly isOutside: boolean;
  /** How many lines there is room for. */
  readonly room: number;
  readonly ofDay: readonly TaskOut[];
}

function DayCell({ date, isOutside, room, ofDay, day, addingOn, onAddingOn, onAdd, onOpen }: DayCellProps) {
  const { setNodeRef, isOver } = useDroppable({ id: date });
  // The last line says how many more there are.
  const shown = ofDay.length > room ? ofDay.slice(0, Math.max(0, room - 1)) : ofDay;
  return (
    <td
      ref={setNodeRef}
      aria-current={date === day.today ? "date" : undefined}
      data-outside={isOutside}
      data-over={isOver}
    >
      <div className="month-day-head">
        <time dateTime={date} className="month-day">
          <VisuallyHidden>{nameOf(date)}</VisuallyHidden>
          <span aria-hidden>{shortNameOf(date)}</span>
        </time>
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
          {shown.map((task) => (
            <li key={task.id}>
              <DraggableTask task={task} day={day} onOpen={onOpen} />
            </li>
          ))}
          {shown.length < ofDay.length && (
            <li>
              <More date={date} hidden={ofDay.length - shown.length}>
                {ofDay.map((task) => (
                  <CalendarTask key={task.id} task={task} day={day} onOpen={onOpen} />
                ))}
              </More>
            </li>
          )}
        </ul>
      )}
    </td>
  );
}

interface MoreProps {
  readonly date: string;
  readonly hidden: number;
  readonly children: ReactNode;
}

/** Says how many tasks of a day there is no room for, and shows all of that day. */
function More({ date, hidden, children }: MoreProps) {
  return (
    <Popover width={280} trapFocus returnFocus withArrow shadow="md">
      <Popover.Target>
        <UnstyledButton className="calendar-more" aria-label={en.calendar.moreOn(hidden, nameOf(date))}>
          {en.calendar.more(hidden)}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p="sm" aria-label={nameOf(date)}>
        <Text size="sm" fw={600} pb="xs">
          {nameOf(date)}
        </Text>
        <Stack gap={0} mah={320} style={{ overflowY: "auto" }}>
          {children}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function nameOf(date: string): string {
  return formatDay(date, { weekday: "long", day: "numeric", month: "long" });
}

function shortNameOf(date: string): string {
  return formatDay(date, date.endsWith("-01") ? { day: "numeric", month: "short" } : { day: "numeric" });
}
