import {
  type CollisionDetection,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
} from "@dnd-kit/core";
import { Group, Stack, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useDropAnimation } from "../dragging/drop-animation";
import { underPointer, useAllSensors } from "../dragging/sensors";
import { QuickAdd } from "../quick-add/QuickAdd";
import { OpenTask } from "../tasks/OpenTask";
import { useTaskActions } from "../tasks/task-actions";
import type { Day } from "../tasks/task-queries";
import { useOpenTask } from "../tasks/use-open-task";
import type { TaskPlace } from "../tasks/view";
import { announceCards, cardOf, statusOf, taskOf } from "./announcements";
import { BoardColumn } from "./BoardColumn";
import "./board.css";
import { CardFace } from "./CardFace";
import { useCardKeys } from "./card-keys";
import { isOrdered, placeOf } from "./card-place";
import { intoNextColumn } from "./column-keys";
import { useColumns } from "./columns";

interface Props {
  readonly title: string;
  readonly place: TaskPlace;
  readonly day: Day;
  /** What stands beside the title. */
  readonly head: ReactNode;
}

/** Tasks in columns by status. */
export function BoardPage({ title, place, day, head }: Props) {
  const columns = useColumns(place, day);
  const actions = useTaskActions();
  const opened = useOpenTask();
  const { id: openId, open } = opened;
  const field = useRef<HTMLInputElement>(null);
  const [dragged, setDragged] = useState<TaskOut>();
  const focusId = useRef<string>(undefined);
  const { complete, patch, move: reorder, undo } = actions;
  const move = useCallback(
    (task: TaskOut, status: TaskOutStatus) => {
      if (status === "done") {
        complete(task);
      } else {
        patch(task, { status });
      }
    },
    [complete, patch],
  );
  const moveByKeyboard = useCallback(
    (task: TaskOut, status: TaskOutStatus) => {
      focusId.current = task.id;
      move(task, status);
    },
    [move],
  );
  const shown = useRef(columns);
  useEffect(() => {
    shown.current = columns;
  }, [columns]);
  const putInPlace = useCallback(
    (card: TaskOut, target: TaskOut) => {
      const column = shown.current.find(({ status }) => status === target.status);
      reorder(card, placeOf(card, target, column?.tasks ?? []));
    },
    [reorder],
  );
  const currentId = useCardKeys(columns, { isDragging: dragged !== undefined, complete, open });
  useHotkeys([
    ["q", () => field.current?.focus()],
    ["z", undo],
  ]);
  const [announcements] = useState(announceCards);
  const sensors = useAllSensors(intoNextColumn);
  const dropAnimation = useDropAnimation();
  const drop = ({ active, over, activatorEvent }: DragEndEvent) => {
    setDragged(undefined);
    const task = taskOf(active);
    const status = statusOf(over);
    const target = cardOf(over);
    if (task !== undefined && status !== undefined && status !== task.status) {
      const isByKeyboard = activatorEvent instanceof KeyboardEvent;
      (isByKeyboard ? moveByKeyboard : move)(task, status);
    }
    if (task !== undefined && target !== undefined && target.id !== task.id) {
      putInPlace(task, target);
    }
  };
  return (
    <Stack gap="md" className="task-page board-page" data-with-details={openId !== undefined}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3">
          {title}
        </Title>
        {head}
      </Group>
      <QuickAdd field={field} defaults={defaultsIn(place)} today={day.today} onAdd={actions.add} />
      <DndContext
        sensors={sensors}
        collisionDetection={overCardOrColumn}
        accessibility={{ announcements, screenReaderInstructions: { draggable: en.board.instructions } }}
        onDragStart={({ active }: DragStartEvent) => setDragged(taskOf(active))}
        onDragEnd={drop}
        onDragCancel={() => setDragged(undefined)}
      >
        <div className="board" data-dragging={dragged !== undefined}>
          {columns.map((column) => (
            <BoardColumn
              key={column.status}
              column={column}
              day={day}
              currentId={currentId}
              focusId={focusId}
              onPlace={isOrdered(place, column) ? putInPlace : undefined}
              onMove={moveByKeyboard}
              onOpen={open}
            />
          ))}
        </div>
        <DragOverlay dropAnimation={dropAnimation}>
          {dragged && (
            <div className="card" data-in-hand="true">
              <CardFace task={dragged} day={day} />
            </div>
          )}
        </DragOverlay>
      </DndContext>
      <OpenTask day={day} actions={actions} opened={opened} />
    </Stack>
  );
}

/** By keyboard a card is carried from column to column; within one, its menu moves it. */
const overCardOrColumn: CollisionDetection = (scene) =>
  underPointer({
    ...scene,
    droppableContainers:
      scene.pointerCoordinates === null
        ? scene.droppableContainers.filter((container) => cardOf(container) === undefined)
        : scene.droppableContainers,
  });

function defaultsIn(place: TaskPlace) {
  return place.kind === "list" ? { list_id: place.listId } : {};
}
