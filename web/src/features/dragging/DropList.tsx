import { useDroppable } from "@dnd-kit/core";
import type { ReactNode } from "react";
import type { DropTarget } from "./drag";

interface Props {
  /** A list, or null for the inbox. */
  readonly listId: string | null;
  readonly name: string;
  readonly children: ReactNode;
}

/** A list in the navigation, onto which tasks can be dropped. */
export function DropList({ listId, name, children }: Props) {
  const target: DropTarget = { kind: "list", listId, name };
  const { setNodeRef, isOver } = useDroppable({ id: `list-${listId}`, data: target });
  return (
    <div ref={setNodeRef} className="drop-list" data-over={isOver}>
      {children}
    </div>
  );
}
