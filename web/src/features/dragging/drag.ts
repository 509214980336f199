import { createContext, useContext } from "react";

/** Where something can be dropped: on a row of the list that it comes from, or on a list beside it (null: the inbox). */
export type DropTarget =
  | { readonly kind: "row"; readonly taskId: string }
  | { readonly kind: "list"; readonly listId: string | null; readonly name: string };

/** What is dragged, and what becomes of it. */
export interface Dragged {
  readonly taskId: string;
  readonly title: string;
  /** How many tasks go with it, itself among them. */
  readonly count: number;
  readonly onDrop: (target: DropTarget) => void;
}

/** What is dragged at present. */
export const DraggedContext = createContext<Dragged | undefined>(undefined);

/** What is dragged at present; undefined for nothing. */
export function useDragged(): Dragged | undefined {
  return useContext(DraggedContext);
}
