import { ActionIcon, Popover } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useRef } from "react";
import { en } from "../../words/en";
import { QuickAdd } from "../quick-add/QuickAdd";
import type { AddTask } from "../quick-add/use-lines";
import { formatDay } from "./month";

interface Props {
  readonly date: string;
  readonly today: string;
  readonly isOpen: boolean;
  /** Told whether the line is to be open. */
  readonly onToggle: (date: string, isOpen: boolean) => void;
  readonly onAdd: AddTask;
}

/** The button of a day, and the line that adds a task which is due on it. */
export function DayAdd({ date, today, isOpen, onToggle, onAdd }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const label = en.calendar.addOn(formatDay(date, { weekday: "long", day: "numeric", month: "long" }));
  return (
    <Popover
      opened={isOpen}
      onChange={(opened) => onToggle(date, opened)}
      width={280}
      trapFocus
      closeOnEscape={false}
      returnFocus
      withArrow
      shadow="md"
    >
      <Popover.Target>
        <ActionIcon
          className="calendar-add"
          variant="subtle"
          color="gray"
          size={24}
          aria-label={label}
          data-open={isOpen}
          onClick={() => onToggle(date, !isOpen)}
        >
          <IconPlus size={16} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown
        p="sm"
        aria-label={label}
        // The line may have a use of its own for the key.
        onKeyDown={(event) => event.key === "Escape" && onToggle(date, false)}
      >
        <QuickAdd
          field={field}
          defaults={{ due: { date } }}
          today={today}
          onAdd={onAdd}
          onEnter={() => onToggle(date, false)}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
