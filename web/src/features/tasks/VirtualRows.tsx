import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";

export const ROW_HEIGHT = 40;
/** Rows that are drawn beyond the edge, and before whose end the next page is asked for. */
const OVERSCAN = 12;

/** The pages of a list, as TanStack Query tells of them. */
export interface Paging {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

interface Props {
  readonly tasks: readonly TaskOut[];
  readonly paging: Paging;
  /** The row that keys act on, -1 for none: it is scrolled to, and has the focus while nothing else needs it. */
  readonly current: number;
  readonly onCurrent: (taskId: string) => void;
  readonly nameOf: (task: TaskOut) => string;
  readonly children: (task: TaskOut) => ReactNode;
  /** What floats at a row, by the row's distance from the top in pixels. */
  readonly overlay?: (topOf: (index: number) => number) => ReactNode;
}

/** A list of tasks of which only the rows in sight are drawn, however many there are. */
export function VirtualRows({ tasks, paging, current, onCurrent, nameOf, children, overlay }: Props) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = paging;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => tasks[index]?.id ?? index,
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
                name={nameOf(task)}
                top={item.start}
                place={item.index + 1}
                count={hasNextPage ? -1 : tasks.length}
                isCurrent={item.index === current}
                onFocus={() => onCurrent(task.id)}
              >
                {children(task)}
              </Row>
            )
          );
        })}
      </ul>
      {overlay?.((index) => index * ROW_HEIGHT)}
    </div>
  );
}

interface RowProps {
  readonly name: string;
  readonly top: number;
  readonly place: number;
  readonly count: number;
  readonly isCurrent: boolean;
  readonly onFocus: () => void;
  readonly children: ReactNode;
}

function Row({ name, top, place, count, isCurrent, onFocus, children }: RowProps) {
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isCurrent && element.current !== null && mayTakeFocus(element.current)) {
      element.current.focus({ preventScroll: true });
    }
  }, [isCurrent]);
  return (
    <li
      ref={element}
      tabIndex={-1}
      aria-label={name}
      aria-setsize={count}
      aria-posinset={place}
      style={{ transform: `translateY(${top}px)` }}
      onFocus={onFocus}
    >
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
