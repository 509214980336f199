import {
  type Announcements,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  getClientRect,
  MouseSensor,
  pointerWithin,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { Paper, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { en } from "../../words/en";
import { type Dragged, DraggedContext, type DropTarget } from "./drag";
import "./dragging.css";

const words = en.dragging;
/** Farther than a hand trembles at a click. */
const DISTANCE_PX = 6;

/** As the eye sees it: rows are put in their places by transforms, which the library looks past. */
const MEASURING = { droppable: { measure: getClientRect } };

/** Where tasks are dragged: from the list into another place, or onto a list in the navigation. */
export function DragArea({ children }: { readonly children: ReactNode }) {
  const sensors = useSensors(useSensor(MouseSensor, { activationConstraint: { distance: DISTANCE_PX } }));
  // A row that is scrolled out of sight meanwhile is not drawn any more, and could not be asked.
  const [dragged, setDragged] = useState<Dragged>();
  const start = ({ active }: DragStartEvent) => setDragged(active.data.current as Dragged | undefined);
  const end = ({ over }: DragEndEvent) => {
    const target = over?.data.current as DropTarget | undefined;
    if (target !== undefined) {
      dragged?.onDrop(target);
    }
    setDragged(undefined);
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={pointerWithin}
      measuring={MEASURING}
      accessibility={{
        announcements: announcementsOf(dragged),
        // Keys have ways of their own: the menu of each row tells them.
        screenReaderInstructions: { draggable: "" },
      }}
      onDragStart={start}
      onDragEnd={end}
      onDragCancel={() => setDragged(undefined)}
    >
      <DraggedContext value={dragged}>{children}</DraggedContext>
      <DragOverlay dropAnimation={null}>
        {dragged && (
          <Paper shadow="md" withBorder className="drag-chip">
            <Text size="sm" truncate dir="auto">
              {dragged.count > 1 ? words.many(dragged.count) : dragged.title}
            </Text>
          </Paper>
        )}
      </DragOverlay>
    </DndContext>
  );
}

function announcementsOf(dragged: Dragged | undefined): Announcements {
  const what =
    dragged === undefined ? "" : dragged.count > 1 ? words.many(dragged.count) : words.one(dragged.title);
  const toList = (target: unknown, say: (what: string, name: string) => string) => {
    const { kind, ...rest } = (target ?? {}) as Partial<DropTarget>;
    return kind === "list" && "name" in rest ? say(what, String(rest.name)) : undefined;
  };
  return {
    onDragStart: ({ active }) => words.started((active.data.current as Dragged | undefined)?.title ?? ""),
    onDragOver: ({ over }) => toList(over?.data.current, words.over),
    onDragEnd: ({ over }) =>
      over === null ? words.cancelled : (toList(over.data.current, words.droppedOn) ?? words.dropped(what)),
    onDragCancel: () => words.cancelled,
  };
}
