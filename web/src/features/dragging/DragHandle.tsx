import { useDraggable } from "@dnd-kit/core";
import { IconGripVertical } from "@tabler/icons-react";
import type { Dragged } from "./drag";

/** What a pointer drags a row by. Keys and menus do the same without it. */
export function DragHandle(dragged: Dragged) {
  const { setNodeRef, listeners } = useDraggable({ id: `drag-${dragged.taskId}`, data: dragged });
  return (
    <span ref={setNodeRef} className="drag-handle" aria-hidden {...listeners}>
      <IconGripVertical size={16} />
    </span>
  );
}
