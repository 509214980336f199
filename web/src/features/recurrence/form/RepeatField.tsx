import { Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Recurrence, TaskOut } from "../../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../../api/problem";
import { en } from "../../../words/en";
import { describeFailure } from "../../../words/failure";
import { useLocale } from "../../../words/locale";
import { type FieldProps, useWantedField } from "../../tasks/details/Fields";
import { useOutbox, useOutboxState } from "../../tasks/outbox-context";
import type { Day } from "../../tasks/task-queries";
import { writeRule } from "../rule";
import { describeRecurrence } from "../sentence";
import { NextDates } from "./NextDates";
import { RuleFields } from "./RuleFields";
import { KINDS, type Kind, ruleOf, shownBy } from "./repetition";
import "./recurrence.css";

const KEPT = "kept";
const NONE = "none";

const words = en.repeat;

interface Props extends FieldProps {
  readonly day: Day;
  readonly wanted: object | undefined;
}

/** Whether and how a task comes again when it was completed. */
export function RepeatField({ task, day, patch, wanted }: Props) {
  const locale = useLocale();
  const field = useWantedField<HTMLSelectElement>(wanted);
  const refusal = useRefusal(task);
  const [unsaved, setUnsaved] = useUnsaved(task, patch);
  const recurrence = unsaved ?? task.recurrence;
  const shown = recurrence ? shownBy(recurrence.rule) : undefined;
  const start = task.due?.date ?? day.today;
  const from = recurrence?.from ?? "due";
  const change = (next: Recurrence | null) => {
    refusal.forget();
    const needsDue = next !== null && next.from !== "completion" && task.due === null;
    setUnsaved(needsDue ? next : undefined);
    if (!needsDue && JSON.stringify(next) !== JSON.stringify(task.recurrence)) {
      patch({ recurrence: next });
    }
  };
  const choose = (choice: string) => {
    if (choice === NONE) {
      change(null);
    } else if (choice !== KEPT) {
      change({ rule: writeRule(ruleOf(choice as Kind, start, shown?.rule)), from });
    }
  };
  const isKept = recurrence !== null && shown === undefined;
  return (
    <Stack gap="sm">
      <NativeSelect
        ref={field}
        label={words.label}
        value={recurrence === null ? NONE : (shown?.kind ?? KEPT)}
        description={isKept ? words.kept : undefined}
        error={refusal.text}
        data={[
          { value: NONE, label: words.none },
          ...KINDS.map((kind) => ({ value: kind, label: words.kinds[kind] })),
          ...(isKept ? [{ value: KEPT, label: describeRecurrence(recurrence, locale) }] : []),
        ]}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {unsaved !== undefined && (
        <NeedsDue
          onToday={() => {
            setUnsaved(undefined);
            patch({ due: { date: day.today }, recurrence: unsaved });
          }}
          onCompletion={() => change({ ...unsaved, from: "completion" })}
        />
      )}
      {recurrence && shown && (
        <RuleFields {...shown} start={start} onChange={(rule) => change({ rule: writeRule(rule), from })} />
      )}
      {recurrence && (
        <NativeSelect
          label={words.from}
          value={from}
          data={Object.entries(words.origins).map(([value, label]) => ({ value, label }))}
          onChange={(event) =>
            change({ rule: recurrence.rule, from: event.currentTarget.value as "due" | "completion" })
          }
        />
      )}
      {task.recurrence && unsaved === undefined && task.status !== "done" && (
        <NextDates task={task} today={day.today} />
      )}
    </Stack>
  );
}

interface NeedsDueProps {
  readonly onToday: () => void;
  readonly onCompletion: () => void;
}

/** Says that a repetition begins with a due date, and what to do about it. */
function NeedsDue({ onToday, onCompletion }: NeedsDueProps) {
  return (
    <div role="status">
      <Text size="sm" mb="xs">
        {words.needsDue}
      </Text>
      <Group gap="sm">
        <Button size="compact-md" variant="light" onClick={onToday}>
          {words.startToday}
        </Button>
        <Button size="compact-md" variant="default" onClick={onCompletion}>
          {words.startFromCompletion}
        </Button>
      </Group>
    </div>
  );
}

/** A repetition that waits for a due date from which it can be counted: it is saved as soon as there is one. */
function useUnsaved(task: TaskOut, patch: Props["patch"]) {
  const [unsaved, setUnsaved] = useState<Recurrence>();
  const save = useRef(patch);
  useEffect(() => {
    save.current = patch;
  });
  const hasDue = task.due !== null;
  useEffect(() => {
    if (hasDue && unsaved !== undefined) {
      setUnsaved(undefined);
      save.current({ recurrence: unsaved });
    }
  }, [hasDue, unsaved]);
  return [unsaved, setUnsaved] as const;
}

/** Why the service refused the last change of a repetition, until there is another one. */
function useRefusal(task: TaskOut) {
  const outbox = useOutbox();
  const refused = useOutboxState().refused.filter(
    ({ change, problem }) =>
      change.kind === "update" &&
      change.task.id === task.id &&
      change.patch.recurrence !== undefined &&
      problem?.status === 422,
  );
  const problem = refused.at(-1)?.problem;
  return {
    text: problem && words.refused(describeFailure(new ApiProblem(problem.status, problem.document))),
    forget: () => {
      for (const one of refused) {
        outbox.drop(one);
      }
    },
  };
}
