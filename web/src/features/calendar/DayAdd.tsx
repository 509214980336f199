import { ActionIcon, Popover } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useRef } from "react";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { QuickAdd } from "../tasks/QuickAdd";
import { formatDay } from "./month";

interface Props {
  readonly date: string;
  readonly isOpen: boolean;
  /** Told whether the line is to be open. */
  readonly onToggle: (date: string, isOpen: boolean) => void;
  readonly onAdd: (draft: TaskDraft) => void;
}

/** The button of a day, and the line that adds a task which is due on it. */
export function DayAdd({ date, isOpen, onToggle, onAdd }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const label = en.calendar.addOn(formatDay(date, { weekday: "long", day: "numeric", month: "long" }));
  const add = (draft: TaskDraft) => {
    onAdd(draft);
    onToggle(date, false);
  };
  return (
    <Popover
      opened={isOpen}
      onChange={(opened) => onToggle(date, opened)}
      width={280}
      trapFocus
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
      <Popover.Dropdown p="sm" aria-label={label}>
        <QuickAdd field={field} defaults={{ due: { date } }} onAdd={add} />
      </Popover.Dropdown>
    </Popover>
  );
}
