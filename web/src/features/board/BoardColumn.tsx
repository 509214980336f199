import { useDroppable } from "@dnd-kit/core";
import { Button, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useId, useRef } from "react";
import type { TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import type { Day } from "../tasks/task-queries";
import { Card } from "./Card";
import type { Column } from "./columns";

/** A card with a title of one line and a line of details; what is drawn is measured. */
const CARD_HEIGHT = 80;
/** Cards that are drawn beyond the edge, and before whose end the next page is asked for. */
const OVERSCAN = 8;

interface Props {
  readonly column: Column;
  readonly day: Day;
  readonly currentId: string | undefined;
  readonly focusId: RefObject<string | undefined>;
  /** Puts a card in the place of another one; undefined where they have no order of their own. */
  readonly onPlace: ((card: TaskOut, target: TaskOut) => void) | undefined;
  readonly onMove: (task: TaskOut, status: TaskOutStatus) => void;
  readonly onOpen: (taskId: string) => void;
}

/** The tasks of one status. */
export function BoardColumn({ column, ...cards }: Props) {
  const { status, tasks, hasMore } = column;
  const { setNodeRef, isOver } = useDroppable({ id: status, data: { status } });
  const titleId = useId();
  const count = hasMore ? en.board.atLeast(tasks.length) : String(tasks.length);
  return (
    <section ref={setNodeRef} className="board-column" aria-labelledby={titleId} data-over={isOver}>
      <Title order={2} size="sm" id={titleId} className="board-column-title">
        {en.details.statuses[status]}
        {!column.isLoading && <span className="task-detail">{count}</span>}
      </Title>
      {column.isOffline && (
        <Text role="alert" size="sm" px="sm">
          {en.list.offline}
        </Text>
      )}
      {column.isLoading && !column.isOffline && <LoadingCards />}
      {column.error !== null && (
        <Text role="alert" size="sm" px="sm">
          {en.list.failed} {describeFailure(column.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void column.retry()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      {!column.isLoading && column.error === null && tasks.length === 0 && (
        <Text size="sm" c="dimmed" px="sm">
          {en.board.empty[status]}
        </Text>
      )}
      {tasks.length > 0 && <Cards column={column} titleId={titleId} {...cards} />}
    </section>
  );
}

/** Only the cards in sight are drawn, however many there are. */
function Cards({
  column: { tasks, hasMore, isLoadingMore, loadMore },
  titleId,
  currentId,
  onPlace,
  ...card
}: Props & { readonly titleId: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const cards = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_HEIGHT,
    getItemKey: (index) => tasks[index]?.id ?? index,
    overscan: OVERSCAN,
  });
  const latest = useRef(tasks);
  useEffect(() => {
    latest.current = tasks;
  }, [tasks]);
  const step = useCallback(
    (task: TaskOut, by: -1 | 1) => {
      const target = latest.current[latest.current.findIndex(({ id }) => id === task.id) + by];
      if (target !== undefined) {
        onPlace?.(task, target);
      }
    },
    [onPlace],
  );
  const items = cards.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= tasks.length - OVERSCAN) {
      loadMore();
    }
  }, [hasMore, isLoadingMore, last, tasks.length, loadMore]);
  const current = tasks.findIndex(({ id }) => id === currentId);
  useEffect(() => {
    if (current >= 0) {
      cards.scrollToIndex(current);
    }
  }, [current, cards]);
  return (
    <div className="board-scroller" ref={scroller}>
      <ul
        className="task-list"
        style={{ height: cards.getTotalSize() }}
        aria-labelledby={titleId}
        aria-busy={isLoadingMore}
      >
        {items.map((item) => {
          const task = tasks[item.index];
          return (
            task && (
              <li
                key={item.key}
                ref={cards.measureElement}
                data-index={item.index}
                className="card-slot"
                aria-setsize={hasMore ? -1 : tasks.length}
                aria-posinset={item.index + 1}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Card
                  task={task}
                  isCurrent={task.id === currentId}
                  onStep={onPlace && step}
                  isFirst={item.index === 0}
                  isLast={item.index === tasks.length - 1}
                  {...card}
                />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

function LoadingCards() {
  return (
    <Stack gap="sm" px="sm" aria-label={en.list.loading} role="status">
      {["a", "b", "c"].map((key) => (
        <Skeleton key={key} height={CARD_HEIGHT - 8} />
      ))}
    </Stack>
  );
}
