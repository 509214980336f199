import { Button, Popover, Stack, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { DuePatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { daysAfter } from "../tasks/view";

const words = en.selection;
const WEEK_DAYS = 7;

interface Props {
  readonly today: string;
  /** Told of a day, or of null for none; a time stays as it is. */
  readonly onChoose: (due: DuePatch | null) => void;
  readonly children: ReactNode;
}

/** The day on which the selected tasks are due. */
export function DueChoice({ today, onChoose, children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const choose = (date: string | undefined) => {
    setOpen(false);
    onChoose(date === undefined ? null : { date });
  };
  const days = [
    [words.today, today],
    [words.tomorrow, daysAfter(today, 1)],
    [words.nextWeek, daysAfter(today, WEEK_DAYS)],
    [words.noDay, undefined],
  ] as const;
  return (
    <Popover opened={isOpen} onChange={setOpen} position="top" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={en.menu.due}
          leftSection={children}
          onClick={() => setOpen(!isOpen)}
        >
          {en.menu.due}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={en.menu.due}>
        <Stack gap="xs">
          {days.map(([label, date]) => (
            <Button
              key={label}
              variant="subtle"
              color="gray"
              size="compact-sm"
              justify="start"
              onClick={() => choose(date)}
            >
              {label}
            </Button>
          ))}
          <TextInput
            type="date"
            size="sm"
            label={words.otherDay}
            onKeyDown={(event) => {
              if (event.key === "Enter" && event.currentTarget.value !== "") {
                choose(event.currentTarget.value);
              }
            }}
            onBlur={(event) => {
              if (event.currentTarget.value !== "") {
                choose(event.currentTarget.value);
              }
            }}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
