import { ActionIcon, Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { IconBell, IconX } from "@tabler/icons-react";
import { type FormEvent, useId, useState } from "react";
import type { Reminder } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";
import { useLocale } from "../../../words/locale";
import { instantIn } from "../instant";
import type { FieldProps } from "./Fields";

/** The contract's number. */
const MAX_REMINDERS = 5;
/** What calendars offer: at the time, ten minutes, an hour and a day before. */
const CHOICES_MINUTES = [0, 10, 60, 1_440] as const;
const AT_INSTANT = "at";

const words = en.reminders;

/** When one wants to be reminded of a task. */
export function Reminders({ task, patch, timezone }: FieldProps & { readonly timezone: string }) {
  const headingId = useId();
  const locale = useLocale();
  const [isAsking, setAsking] = useState(false);
  const reminders = task.reminders;
  const add = (reminder: Reminder) => {
    setAsking(false);
    patch({ reminders: [...reminders, reminder] });
  };
  const free = CHOICES_MINUTES.filter((minutes) => !reminders.some((one) => one.minutes_before === minutes));
  return (
    <section aria-labelledby={headingId}>
      <Text id={headingId} size="sm" fw={500} mb="xs">
        {words.heading}
      </Text>
      <ul className="reminders">
        {reminders.map((reminder, index) => {
          const text = describeReminder(reminder, timezone, locale);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: reminders have no ids, and two may be the same.
            <li key={index}>
              <IconBell size={16} aria-hidden />
              <Text size="sm" flex={1}>
                {text}
              </Text>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={words.remove(text)}
                onClick={() => patch({ reminders: reminders.toSpliced(index, 1) })}
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      {reminders.length < MAX_REMINDERS && !isAsking && (
        <NativeSelect
          size="sm"
          aria-label={words.add}
          value=""
          data={[
            { value: "", label: words.add },
            // What is ahead of nothing would never come.
            ...(task.due ? free : []).map((minutes) => ({
              value: String(minutes),
              label: words.before(minutes),
            })),
            { value: AT_INSTANT, label: words.at },
          ]}
          onChange={(event) => {
            const choice = event.currentTarget.value;
            if (choice === AT_INSTANT) {
              setAsking(true);
            } else if (choice !== "") {
              add({ minutes_before: Number(choice) });
            }
          }}
        />
      )}
      {isAsking && (
        <InstantForm
          onAdd={(local) => add({ at: instantIn(timezone, local).toISOString() })}
          onCancel={() => setAsking(false)}
        />
      )}
      {reminders.length > 0 && (
        <Text size="xs" c="dimmed" mt="xs">
          {words.hint}
        </Text>
      )}
    </section>
  );
}

interface InstantFormProps {
  /** Told of a local time, as `YYYY-MM-DDTHH:MM`. */
  readonly onAdd: (local: string) => void;
  readonly onCancel: () => void;
}

function InstantForm({ onAdd, onCancel }: InstantFormProps) {
  const [local, setLocal] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAdd(local);
  };
  return (
    <form onSubmit={submit}>
      <Group gap="sm" align="end">
        <TextInput
          type="datetime-local"
          size="sm"
          required
          autoFocus
          aria-label={words.when}
          value={local}
          onChange={(event) => setLocal(event.currentTarget.value)}
        />
        <Button type="submit" size="compact-md" variant="light">
          {words.confirm}
        </Button>
        <Button size="compact-md" variant="subtle" color="gray" onClick={onCancel}>
          {words.cancel}
        </Button>
      </Group>
    </form>
  );
}

function describeReminder(reminder: Reminder, timezone: string, locale: string | undefined): string {
  if (reminder.at) {
    return new Intl.DateTimeFormat(locale, {
      timeZone: timezone,
      dateStyle: "medium",
      timeStyle: "short",
    }).format(new Date(reminder.at));
  }
  return words.before(reminder.minutes_before ?? 0);
}
