import { Group, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { en } from "../../../words/en";
import type { Rule } from "../rule";
import { dayOfUntil } from "../sentence";
import { NumberField } from "./NumberField";

/** The contract's number. */
const MAX_COUNT = 10_000;
/** A first guess, to be changed. */
const FIRST_COUNT = 10;

const words = en.repeat;

type End = keyof typeof words.ends;

interface Props {
  readonly rule: Rule;
  /** The date from which the rule goes on; it does not end before. */
  readonly start: string;
  readonly onChange: (rule: Rule) => void;
}

/** When a repetition ends. */
export function EndFields({ rule, start, onChange }: Props) {
  const [isAsking, setAsking] = useState(false);
  const end = endOf(rule);
  const shown = isAsking ? "until" : end;
  const choose = (chosen: End) => {
    // Which date it is to be has to be said first.
    setAsking(chosen === "until" && end !== "until");
    if (chosen !== "until") {
      onChange({ ...rule, until: undefined, count: chosen === "count" ? FIRST_COUNT : undefined });
    }
  };
  return (
    <Group align="end" gap="sm" grow preventGrowOverflow={false}>
      <NativeSelect
        label={words.end}
        value={shown}
        data={Object.entries(words.ends).map(([value, label]) => ({ value, label }))}
        onChange={(event) => choose(event.currentTarget.value as End)}
      />
      {shown === "until" && (
        <TextInput
          type="date"
          label={words.lastDay}
          min={start}
          value={rule.until === undefined ? "" : dayOfUntil(rule.until)}
          onChange={(event) => {
            const day = event.currentTarget.value;
            if (day !== "") {
              setAsking(false);
              onChange({ ...rule, count: undefined, until: day.replaceAll("-", "") });
            }
          }}
        />
      )}
      {shown === "count" && (
        <NumberField
          label={words.timesLeft}
          value={rule.count ?? 1}
          max={MAX_COUNT}
          onChange={(count) => onChange({ ...rule, count })}
        />
      )}
    </Group>
  );
}

function endOf({ count, until }: Rule): End {
  if (count !== undefined) {
    return "count";
  }
  return until === undefined ? "never" : "until";
}
