import { useDraggable, useDroppable } from "@dnd-kit/core";
import { ActionIcon, Menu, UnstyledButton } from "@mantine/core";
import { IconDotsVertical, IconGripVertical } from "@tabler/icons-react";
import { memo, type RefObject, useEffect, useRef } from "react";
import type { TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { isPending } from "../tasks/task-changes";
import type { Day } from "../tasks/task-queries";
import { STATUSES } from "../tasks/view";
import { taskOf } from "./announcements";
import { CardFace } from "./CardFace";
import { goesBehind } from "./card-place";

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  readonly isCurrent: boolean;
  /** The card that the focus goes to as soon as it is drawn, because it was moved without a mouse. */
  readonly focusId: RefObject<string | undefined>;
  /** Moves it by so many places in its column; undefined where it has no place of its own. */
  readonly onStep: ((task: TaskOut, by: -1 | 1) => void) | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly onMove: (task: TaskOut, status: TaskOutStatus) => void;
  readonly onOpen: (taskId: string) => void;
}

/** A task on a board: it can be dragged as a whole, and by its handle with the keyboard, or moved by its menu. */
export const Card = memo(function Card({
  task,
  day,
  isCurrent,
  focusId,
  onStep,
  isFirst,
  isLast,
  onMove,
  onOpen,
}: Props) {
  const place = useDroppable({
    id: `place of ${task.id}`,
    data: { status: task.status, card: task },
    disabled: onStep === undefined,
  });
  const carried = place.isOver && place.active ? taskOf(place.active) : undefined;
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, isDragging } = useDraggable({
    id: task.id,
    data: { task },
    attributes: { roleDescription: en.board.draggable },
  });
  const handle = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (focusId.current === task.id) {
      focusId.current = undefined;
      handle.current?.focus();
    }
  }, [focusId, task.id]);
  return (
    <div
      ref={(element) => {
        setNodeRef(element);
        place.setNodeRef(element);
      }}
      className="card"
      data-place={carried && carried.id !== task.id && (goesBehind(carried, task) ? "behind" : "ahead")}
      data-current={isCurrent}
      data-pending={isPending(task)}
      data-dragged={isDragging}
      {...listeners}
    >
      <CardFace task={task} day={day}>
        <ActionIcon
          ref={(button: HTMLButtonElement | null) => {
            handle.current = button;
            setActivatorNodeRef(button);
          }}
          className="card-handle"
          variant="transparent"
          color="gray"
          size={24}
          {...attributes}
          aria-label={en.board.drag(task.title)}
        >
          <IconGripVertical size={16} aria-hidden />
        </ActionIcon>
        <UnstyledButton
          className="card-title"
          aria-label={en.task.details(task.title)}
          onClick={() => onOpen(task.id)}
        >
          {task.title}
        </UnstyledButton>
        <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size={24} aria-label={en.board.menu(task.title)}>
              <IconDotsVertical size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {onStep !== undefined && !isFirst && (
              <Menu.Item onClick={() => onStep(task, -1)}>{en.board.moveUp}</Menu.Item>
            )}
            {onStep !== undefined && !isLast && (
              <Menu.Item onClick={() => onStep(task, 1)}>{en.board.moveDown}</Menu.Item>
            )}
            {STATUSES.filter((status) => status !== task.status).map((status) => (
              <Menu.Item key={status} onClick={() => onMove(task, status)}>
                {en.board.moveTo(en.details.statuses[status])}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </CardFace>
    </div>
  );
});
