import { Button, Group, Input, NativeSelect, Stack } from "@mantine/core";
import { useId } from "react";
import { en } from "../../../words/en";
import type { Rule } from "../rule";
import { EndFields } from "./EndFields";
import { NumberField } from "./NumberField";
import { type Kind, monthChoiceOf, monthChoices, weekDaysOf, withWeekDay } from "./repetition";

/** The contract's number. */
const MAX_INTERVAL = 1_000;

const words = en.repeat;

interface Props {
  readonly kind: Kind;
  readonly rule: Rule;
  readonly start: string;
  readonly onChange: (rule: Rule) => void;
}

/** The parts of a rule that the form can show. */
export function RuleFields({ kind, rule, start, onChange }: Props) {
  return (
    <Stack gap="sm">
      {kind !== "workdays" && (
        <NumberField
          label={words.interval[rule.frequency]}
          value={rule.interval}
          max={MAX_INTERVAL}
          onChange={(interval) => onChange({ ...rule, interval })}
        />
      )}
      {kind === "weekly" && <WeekDays rule={rule} start={start} onChange={onChange} />}
      {kind === "monthly" && <MonthDay rule={rule} start={start} onChange={onChange} />}
      <EndFields rule={rule} start={start} onChange={onChange} />
    </Stack>
  );
}

type PartProps = Omit<Props, "kind">;

function WeekDays({ rule, start, onChange }: PartProps) {
  const labelId = useId();
  const chosen = weekDaysOf(rule, start);
  return (
    <div>
      <Input.Label id={labelId} labelElement="div">
        {words.weekDays}
      </Input.Label>
      <Group gap={4} role="group" aria-labelledby={labelId}>
        {words.weekdays.map((name, day) => (
          <Button
            key={name}
            className="week-day"
            variant={chosen.includes(day) ? "filled" : "default"}
            aria-pressed={chosen.includes(day)}
            aria-label={name}
            onClick={() => onChange(withWeekDay(rule, start, day))}
          >
            {words.shortWeekdays[day]}
          </Button>
        ))}
      </Group>
    </div>
  );
}

function MonthDay({ rule, start, onChange }: PartProps) {
  const choices = monthChoices(start, rule);
  return (
    <NativeSelect
      label={words.monthDay}
      value={monthChoiceOf(rule, start).name}
      data={choices.map(({ name }) => name)}
      onChange={(event) => {
        const choice = choices.find(({ name }) => name === event.currentTarget.value);
        if (choice !== undefined) {
          onChange({ ...rule, monthDays: choice.monthDays, days: choice.days });
        }
      }}
    />
  );
}
