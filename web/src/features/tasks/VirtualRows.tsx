import { useDroppable } from "@dnd-kit/core";
import { useMergedRef } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type ReactNode, useCallback, useEffect, useRef } from "react";
import type { DropTarget } from "../dragging/drag";
import type { Headings } from "./date-groups";
import { useOutbox } from "./outbox-context";

export const ROW_HEIGHT = 40;
/** As the style sheet has it. */
const HEADING_HEIGHT = 44;
const NO_HEADINGS: Headings = new Map();
/** Rows that are drawn beyond the edge, and before whose end the next page is asked for. */
const OVERSCAN = 12;

/** The pages of a list, as TanStack Query tells of them. */
export interface Paging {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

interface Props<Item> {
  readonly tasks: readonly Item[];
  readonly paging: Paging;
  /** The row that keys act on, -1 for none: it is scrolled to, and has the focus while nothing else needs it. */
  readonly current: number;
  readonly onCurrent: (taskId: string) => void;
  readonly nameOf: (task: Item) => string;
  readonly headings?: Headings;
  readonly children: (task: Item) => ReactNode;
  /** The row that is dragged among these, -1 for none; undefined where rows stay in their places. */
  readonly dragged?: number | undefined;
  /** A row was clicked with Shift (to take in all from the last one to it), or with Control. */
  readonly onPick?: ((taskId: string, isRange: boolean) => void) | undefined;
  /** What floats at a row, by the row's distance from the top in pixels. */
  readonly overlay?: (topOf: (index: number) => number) => ReactNode;
}

/** A list of tasks, or of what is listed like them, of which only the rows in sight are drawn, however many there are. */
export function VirtualRows<Item extends { readonly id: string }>({
  tasks,
  paging,
  current,
  onCurrent,
  nameOf,
  headings = NO_HEADINGS,
  children,
  dragged,
  onPick,
  overlay,
}: Props<Item>) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = paging;
  const outbox = useOutbox();
  const scroller = useRef<HTMLDivElement>(null);
  const heightOf = useCallback(
    (index: number) => (headings.has(tasks[index]?.id ?? "") ? ROW_HEIGHT + HEADING_HEIGHT : ROW_HEIGHT),
    [tasks, headings],
  );
  // Another function makes it work out the places of all rows anew, at every step of the wheel.
  const keyOf = useCallback(
    (index: number) => outbox.firstIdOf(tasks[index]?.id ?? String(index)),
    [tasks, outbox],
  );
  const rows = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: heightOf,
    getItemKey: keyOf,
    overscan: OVERSCAN,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= tasks.length - OVERSCAN) {
      fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, last, tasks.length, fetchNextPage]);
  useEffect(() => {
    if (current >= 0) {
      rows.scrollToIndex(current);
    }
  }, [current, rows]);
  return (
    <div className="task-scroller" ref={scroller}>
      <ul className="task-list" style={{ height: rows.getTotalSize() }} aria-busy={isFetchingNextPage}>
        {items.map((item) => {
          const task = tasks[item.index];
          return (
            task && (
              <Row
                key={item.key}
                taskId={task.id}
                name={nameOf(task)}
                heading={headings.get(task.id)}
                top={item.start}
                index={item.index}
                count={hasNextPage ? -1 : tasks.length}
                isCurrent={item.index === current}
                dragged={dragged}
                onFocus={() => onCurrent(task.id)}
                onPick={onPick}
              >
                {children(task)}
              </Row>
            )
          );
        })}
      </ul>
      {overlay?.((index) => (rows.measurementsCache[index]?.end ?? ROW_HEIGHT) - ROW_HEIGHT)}
    </div>
  );
}

interface RowProps extends Pick<Props<unknown>, "dragged" | "onPick"> {
  readonly taskId: string;
  readonly name: string;
  readonly heading: string | undefined;
  readonly top: number;
  readonly index: number;
  readonly count: number;
  readonly isCurrent: boolean;
  readonly onFocus: () => void;
  readonly children: ReactNode;
}

function Row(props: RowProps) {
  const { taskId, name, heading, top, index, count, isCurrent, dragged, onFocus, onPick, children } = props;
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isCurrent && element.current !== null && mayTakeFocus(element.current)) {
      element.current.focus({ preventScroll: true });
    }
  }, [isCurrent]);
  const target: DropTarget = { kind: "row", taskId };
  const { setNodeRef, isOver } = useDroppable({ id: taskId, data: target, disabled: dragged === undefined });
  const isTarget = isOver && dragged !== undefined && dragged !== -1 && dragged !== index;
  const pick = (event: MouseEvent) => {
    const isPicking = event.shiftKey || event.ctrlKey || event.metaKey;
    // In a field where somebody types, they choose text.
    if (onPick !== undefined && isPicking && event.target !== document.activeElement) {
      event.preventDefault();
      event.stopPropagation();
      if (event.type === "click") {
        onPick(taskId, event.shiftKey);
      }
    }
  };
  return (
    <li
      ref={useMergedRef(element, setNodeRef)}
      tabIndex={-1}
      aria-label={name}
      aria-setsize={count}
      aria-posinset={index + 1}
      data-drop={isTarget ? (index > dragged ? "below" : "above") : undefined}
      style={{ transform: `translateY(${top}px)` }}
      onFocus={onFocus}
      onMouseDownCapture={pick}
      onClickCapture={pick}
    >
      {heading !== undefined && <h2 className="task-heading">{heading}</h2>}
      {children}
    </li>
  );
}

/** Whether the focus is nowhere, or on another row; somebody who types, or is in a menu, keeps it. */
function mayTakeFocus(row: HTMLLIElement): boolean {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) {
    return true;
  }
  const isInRows = row.parentElement?.contains(focused) === true && !row.contains(focused);
  return isInRows && !focused.matches("input:not([type=checkbox])");
}
