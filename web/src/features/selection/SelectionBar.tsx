import { Button, CloseButton, Menu, Paper, Text } from "@mantine/core";
import {
  IconCalendarDue,
  IconCircleCheck,
  IconFlag,
  IconFolderSymlink,
  IconTag,
  IconTrash,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { LabelItems, ListItems, PriorityItems } from "../tasks/choices";
import type { TaskActions } from "../tasks/task-actions";
import { withoutDue } from "../tasks/task-changes";
import { DueChoice } from "./DueChoice";
import { relabelled, sharedLabels, sharedOf } from "./shared";
import type { Selection } from "./use-selection";
import "./selection.css";

const ICON = 16;
const words = en.selection;

interface Props {
  readonly selection: Selection;
  readonly today: string;
  readonly actions: TaskActions;
}

/** What can be done with the selected tasks together. */
export function SelectionBar({ selection, today, actions }: Props) {
  const { tasks } = selection;
  const patch = (patchOf: (task: TaskOut) => TaskPatch, some = tasks) =>
    actions.changeMany(some, { kind: "patch", patchOf });
  // A sub-task is always in its parent's list.
  const movable = tasks.filter((task) => task.parent_id === null);
  const open = tasks.filter((task) => task.status !== "done");
  const labels = sharedLabels(tasks);
  return (
    <section className="selection-bar" aria-label={words.name}>
      <Paper shadow="md" withBorder className="selection-paper">
        <Text size="sm" className="selection-count" role="status">
          {words.count(tasks.length)}
        </Text>
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={words.complete}
          disabled={open.length === 0}
          leftSection={<IconCircleCheck size={ICON} aria-hidden />}
          onClick={() => actions.changeMany(open, { kind: "complete" })}
        >
          {words.complete}
        </Button>
        <DueChoice
          today={today}
          onChoose={(due) => patch((task) => (due === null ? withoutDue(task) : { due }))}
        >
          <IconCalendarDue size={ICON} aria-hidden />
        </DueChoice>
        <Choice name={en.menu.priority} icon={<IconFlag size={ICON} aria-hidden />}>
          <PriorityItems
            value={sharedOf(tasks, (task) => task.priority)}
            onChoose={(priority) => patch(() => ({ priority }))}
          />
        </Choice>
        <Choice name={en.menu.labels} icon={<IconTag size={ICON} aria-hidden />}>
          <LabelItems
            chosen={labels}
            onChoose={(chosen) => patch((task) => ({ labels: relabelled(task.labels, labels, chosen) }))}
          />
        </Choice>
        <Choice
          name={words.move}
          icon={<IconFolderSymlink size={ICON} aria-hidden />}
          isDisabled={movable.length === 0}
        >
          <ListItems
            value={sharedOf(movable, (task) => task.list_id)}
            onChoose={(list_id) => patch(() => ({ list_id }), movable)}
          />
        </Choice>
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={words.delete}
          leftSection={<IconTrash size={ICON} aria-hidden />}
          onClick={() => actions.changeMany(tasks, { kind: "delete" })}
        >
          {words.delete}
        </Button>
        <CloseButton size="sm" aria-label={words.clear} onClick={selection.clear} />
      </Paper>
    </section>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly icon: ReactNode;
  readonly isDisabled?: boolean;
  readonly children: ReactNode;
}

function Choice({ name, icon, isDisabled = false, children }: ChoiceProps) {
  return (
    <Menu position="top" width={240}>
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" aria-label={name} disabled={isDisabled} leftSection={icon}>
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
