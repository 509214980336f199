import { Kbd, Menu } from "@mantine/core";
import { IconFlag, IconInbox, IconList } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../words/en";
import { useLists } from "../lists/lists";
import { PRIORITY_COLORS } from "./priority";
import { labelsQuery } from "./task-queries";

interface PriorityProps {
  readonly value: number | undefined;
  readonly onChoose: (priority: number) => void;
}

/** The levels of priority, in a menu; their digits choose them too. */
export function PriorityItems({ value, onChoose }: PriorityProps) {
  return en.details.priorities.map((label, level) => (
    <Menu.RadioItem
      key={label}
      value={String(level)}
      checked={level === value}
      closeMenuOnClick
      rightSection={<Kbd size="xs">{level}</Kbd>}
      onChange={() => onChoose(level)}
    >
      <span className="choice">
        <IconFlag size={16} aria-hidden color={PRIORITY_COLORS[level] ?? "transparent"} />
        {label}
      </span>
    </Menu.RadioItem>
  ));
}

interface ListProps {
  /** The list that is chosen, null for the inbox, undefined for none of them. */
  readonly value: string | null | undefined;
  readonly onChoose: (listId: string | null) => void;
}

/** The inbox and the lists that are in use, in a menu. */
export function ListItems({ value, onChoose }: ListProps) {
  const lists = useLists();
  return (
    <div className="choices">
      <Menu.RadioItem value="" checked={value === null} closeMenuOnClick onChange={() => onChoose(null)}>
        <span className="choice">
          <IconInbox size={16} aria-hidden />
          {en.views.inbox}
        </span>
      </Menu.RadioItem>
      {lists
        ?.filter((list) => !list.archived)
        .map((list) => (
          <Menu.RadioItem
            key={list.id}
            value={list.id}
            checked={value === list.id}
            closeMenuOnClick
            onChange={() => onChoose(list.id)}
          >
            <span className="choice">
              <IconList size={16} color={list.color ?? undefined} aria-hidden />
              <span dir="auto">{list.name}</span>
            </span>
          </Menu.RadioItem>
        ))}
    </div>
  );
}

interface LabelProps {
  readonly chosen: readonly string[];
  readonly onChoose: (labels: string[]) => void;
  /** Somebody wants a label that is not among them. */
  readonly onOther?: () => void;
}

/** The labels that are in use, in a menu. */
export function LabelItems({ chosen, onChoose, onOther }: LabelProps) {
  const labels = useQuery(labelsQuery);
  const names = new Set([...chosen, ...(labels.data ?? []).map(({ name }) => name)]);
  return (
    <>
      <div className="choices">
        {[...names].sort().map((name) => (
          <Menu.CheckboxItem
            key={name}
            checked={chosen.includes(name)}
            onChange={(isChosen) =>
              onChoose(isChosen ? [...chosen, name] : chosen.filter((other) => other !== name))
            }
          >
            {name}
          </Menu.CheckboxItem>
        ))}
      </div>
      {onOther !== undefined && <Menu.Item onClick={onOther}>{en.menu.otherLabel}</Menu.Item>}
    </>
  );
}
