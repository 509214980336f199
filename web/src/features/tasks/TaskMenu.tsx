import { Kbd, Menu } from "@mantine/core";
import { type KeyboardEvent, type Ref, useEffect, useRef } from "react";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { RepeatItems } from "../recurrence/form/RepeatItems";
import { LabelItems, ListItems, PriorityItems } from "./choices";
import { useFocusBack } from "./use-focus-back";
import type { OpenedTask } from "./use-open-task";

/** What the menu of a row shows: everything that can be done, or the choices of one thing. */
export type MenuSection = "actions" | "repeat" | "priority" | "labels" | "list";

interface Props {
  readonly task: TaskOut;
  readonly section: MenuSection;
  /** The user's day. */
  readonly today: string;
  /** Distance of the row from the top of the list, in pixels. */
  readonly top: number;
  readonly onSection: (section: MenuSection) => void;
  readonly onClose: () => void;
  readonly onToggle: (task: TaskOut) => void;
  readonly onDelete: (task: TaskOut) => void;
  readonly onPatch: (task: TaskOut, patch: TaskPatch) => void;
  readonly onOpen: OpenedTask["open"];
  readonly onSelect: (taskId: string) => void;
  /** Moves the task so many rows down, or up; missing where the order is not made by hand. */
  readonly onMove: ((task: TaskOut, rows: number) => void) | undefined;
}

const words = en.menu;

/** What can be done with a task, with the keys that do it. */
export function TaskMenu(props: Props) {
  const { task, section, today, top, onClose, onPatch, onOpen } = props;
  const dropdown = useRef<HTMLDivElement>(null);
  useFocusBack();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other items are there when the section is another one.
  useEffect(() => {
    focusChosen(dropdown.current);
  }, [section]);
  const patch = (fields: TaskPatch) => onPatch(task, fields);
  return (
    <Menu
      opened
      onChange={(isOpen) => !isOpen && onClose()}
      position="bottom-end"
      width={240}
      // The key that opens the menu is none that closes it.
      clickOutsideEvents={["mousedown", "touchstart"]}
      returnFocus={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Anchor top={top} />
      </Menu.Target>
      <Menu.Dropdown
        ref={dropdown}
        className="task-menu"
        aria-label={en.task.more(task.title)}
        onKeyDown={(event) => {
          const level = levelOf(event);
          if (section === "priority" && level !== undefined) {
            patch({ priority: level });
            onClose();
          }
        }}
      >
        {section === "actions" && <Actions {...props} />}
        {section === "repeat" && (
          <RepeatItems
            task={task}
            today={today}
            onChoose={patch}
            onOther={() => onOpen(task.id, "recurrence")}
          />
        )}
        {section === "priority" && (
          <PriorityItems value={task.priority} onChoose={(priority) => patch({ priority })} />
        )}
        {section === "labels" && (
          <LabelItems
            chosen={task.labels}
            onChoose={(labels) => patch({ labels })}
            onOther={() => onOpen(task.id, "labels")}
          />
        )}
        {section === "list" && <ListItems value={task.list_id} onChoose={(list_id) => patch({ list_id })} />}
      </Menu.Dropdown>
    </Menu>
  );
}

interface AnchorProps {
  readonly top: number;
  readonly ref?: Ref<HTMLSpanElement>;
}

/** The place of the menu. What opens it is the row's button, or a key, and not this. */
function Anchor({ top, ref }: AnchorProps) {
  return <span ref={ref} className="task-menu-anchor" style={{ transform: `translateY(${top}px)` }} />;
}

function Actions({ task, onSection, onToggle, onDelete, onOpen, onSelect, onMove }: Props) {
  return (
    <>
      <Menu.Item rightSection={<Kbd size="xs">e</Kbd>} onClick={() => onOpen(task.id)}>
        {words.details}
      </Menu.Item>
      <Menu.Item rightSection={<Kbd size="xs">c</Kbd>} onClick={() => onToggle(task)}>
        {task.status === "done" ? words.reopen : words.complete}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item rightSection={<Kbd size="xs">d</Kbd>} onClick={() => onOpen(task.id, "due")}>
        {words.due}
      </Menu.Item>
      <Menu.Item
        closeMenuOnClick={false}
        rightSection={<Kbd size="xs">r</Kbd>}
        onClick={() => onSection("repeat")}
      >
        {words.repeat}
      </Menu.Item>
      <Menu.Item
        closeMenuOnClick={false}
        rightSection={<Kbd size="xs">p</Kbd>}
        onClick={() => onSection("priority")}
      >
        {words.priority}
      </Menu.Item>
      <Menu.Item
        closeMenuOnClick={false}
        rightSection={<Kbd size="xs">l</Kbd>}
        onClick={() => onSection("labels")}
      >
        {words.labels}
      </Menu.Item>
      {/* A sub-task is always in its parent's list. */}
      {task.parent_id === null && (
        <Menu.Item
          closeMenuOnClick={false}
          rightSection={<Kbd size="xs">m</Kbd>}
          onClick={() => onSection("list")}
        >
          {words.list}
        </Menu.Item>
      )}
      {onMove !== undefined && (
        <>
          <Menu.Item rightSection={<Kbd size="xs">Alt ↑</Kbd>} onClick={() => onMove(task, -1)}>
            {words.up}
          </Menu.Item>
          <Menu.Item rightSection={<Kbd size="xs">Alt ↓</Kbd>} onClick={() => onMove(task, 1)}>
            {words.down}
          </Menu.Item>
        </>
      )}
      <Menu.Divider />
      <Menu.Item rightSection={<Kbd size="xs">x</Kbd>} onClick={() => onSelect(task.id)}>
        {words.select}
      </Menu.Item>
      <Menu.Item onClick={() => onDelete(task)}>{words.delete}</Menu.Item>
    </>
  );
}

function levelOf(event: KeyboardEvent): number | undefined {
  return /^[0-4]$/.test(event.key) ? Number(event.key) : undefined;
}

/** Focus what is chosen now, or else the first item. */
function focusChosen(dropdown: HTMLDivElement | null): void {
  const item =
    dropdown?.querySelector<HTMLElement>('[role="menuitemradio"][aria-checked="true"]') ??
    dropdown?.querySelector<HTMLElement>("[data-menu-item]");
  item?.focus();
}
