import { ActionIcon, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useCallback, useMemo, useState } from "react";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { OpenTask } from "../tasks/OpenTask";
import { useTaskActions } from "../tasks/task-actions";
import type { Day } from "../tasks/task-queries";
import { useOpenTask } from "../tasks/use-open-task";
import { Agenda } from "./Agenda";
import "./calendar.css";
import { useCalendarTasks } from "./calendar-tasks";
import { DayDragging } from "./DayDragging";
import { MonthGrid } from "./MonthGrid";
import { addMonths, firstDayOfWeek, formatDay, weeksOf } from "./month";

/** Where the rest of the app, too, has another form for phones. */
const PHONE = "(max-width: 48em)";

interface Props {
  /** `YYYY-MM`; undefined for the present one. */
  readonly month: string | undefined;
  readonly day: Day;
  readonly onMonth: (month: string | undefined) => void;
}

/** What is due in a month, day by day. */
export function CalendarPage({ month: chosen, day, onMonth }: Props) {
  const month = chosen ?? day.today.slice(0, 7);
  const weeks = useMemo(() => {
    const { locale } = new Intl.DateTimeFormat().resolvedOptions();
    return weeksOf(month, firstDayOfWeek(locale));
  }, [month]);
  const dates = useMemo(() => weeks.flat(), [weeks]);
  const { days, isLoading, error, retry } = useCalendarTasks(dates[0] ?? "", dates.at(-1) ?? "", day);
  const actions = useTaskActions();
  const opened = useOpenTask();
  const { id: openId, open } = opened;
  const [addingOn, setAddingOn] = useState<string>();
  const toggleAdding = useCallback(
    (date: string, isOpen: boolean) => setAddingOn(isOpen ? date : undefined),
    [],
  );
  const isPhone = useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false });
  const previous = () => onMonth(addMonths(month, -1));
  const next = () => onMonth(addMonths(month, 1));
  const present = () => onMonth(undefined);
  useHotkeys([
    ["j", next],
    ["k", previous],
    [".", present],
    ["q", () => setAddingOn(dates.includes(day.today) ? day.today : `${month}-01`)],
    ["z", actions.undo],
  ]);
  const title = formatDay(`${month}-01`, { month: "long", year: "numeric" });
  const shown = {
    title,
    day,
    tasks: days,
    isLoading,
    addingOn,
    onAddingOn: toggleAdding,
    onAdd: actions.add,
    onOpen: open,
  };
  return (
    <Stack gap="md" className="task-page calendar-page" data-with-details={openId !== undefined}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3" aria-live="polite">
          {title}
        </Title>
        <Group gap="xs" wrap="nowrap">
          <ActionIcon
            variant="default"
            size={30}
            aria-label={en.calendar.previous}
            aria-keyshortcuts="k"
            onClick={previous}
          >
            <IconChevronLeft size={16} aria-hidden />
          </ActionIcon>
          <Button variant="default" size="xs" aria-keyshortcuts="." onClick={present}>
            {en.views.today}
          </Button>
          <ActionIcon
            variant="default"
            size={30}
            aria-label={en.calendar.next}
            aria-keyshortcuts="j"
            onClick={next}
          >
            <IconChevronRight size={16} aria-hidden />
          </ActionIcon>
        </Group>
      </Group>
      {error !== null && (
        <Text role="alert">
          {en.list.failed} {describeFailure(error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void retry()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      <DayDragging day={day} onPatch={actions.patch}>
        {isPhone ? (
          <Agenda key={month} dates={dates.filter((date) => date.startsWith(month))} {...shown} />
        ) : (
          <MonthGrid weeks={weeks} month={month} {...shown} />
        )}
      </DayDragging>
      <OpenTask day={day} actions={actions} opened={opened} />
    </Stack>
  );
}
