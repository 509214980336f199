import { Menu } from "@mantine/core";
import type { TaskOut, TaskPatch } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";
import { writeRule } from "../rule";
import { KINDS, type Kind, ruleOf, shownBy } from "./repetition";

const words = en.repeat;

interface Props {
  readonly task: TaskOut;
  readonly today: string;
  readonly onChoose: (patch: TaskPatch) => void;
  readonly onOther: () => void;
}

/** The repetitions that are wanted most, in a menu. */
export function RepeatItems({ task, today, onChoose, onOther }: Props) {
  const present = task.recurrence && shownBy(task.recurrence.rule);
  const choose = (kind: Kind) => {
    const from = task.recurrence?.from ?? "due";
    const start = task.due?.date ?? today;
    const recurrence = { rule: writeRule(ruleOf(kind, start, present?.rule)), from };
    onChoose(task.due === null && from === "due" ? { recurrence, due: { date: today } } : { recurrence });
  };
  return (
    <>
      <Menu.RadioItem
        value=""
        checked={task.recurrence === null}
        closeMenuOnClick
        onChange={() => onChoose({ recurrence: null })}
      >
        {words.none}
      </Menu.RadioItem>
      {task.due === null && task.recurrence === null && <Menu.Label>{words.menuStart}</Menu.Label>}
      {KINDS.map((kind) => (
        <Menu.RadioItem
          key={kind}
          value={kind}
          checked={present?.kind === kind && present.rule.interval === 1}
          closeMenuOnClick
          onChange={() => choose(kind)}
        >
          {words.kinds[kind]}
        </Menu.RadioItem>
      ))}
      <Menu.Item onClick={onOther}>{words.other}</Menu.Item>
    </>
  );
}
