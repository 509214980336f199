import { VisuallyHidden } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { useLocale } from "../../words/locale";
import { DragHandle } from "../dragging/DragHandle";
import { useSelection } from "../selection/use-selection";
import { dateHeadings } from "./date-groups";
import { describeTask } from "./due";
import type { MenuSection } from "./TaskMenu";
import { TaskRow } from "./TaskRow";
import type { TaskActions } from "./task-actions";
import type { Day } from "./task-queries";
import { useCurrentTask } from "./use-current-task";
import { useMoves } from "./use-moves";
import type { OpenedTask } from "./use-open-task";
import { useShortcuts } from "./use-shortcuts";
import { type Paging, VirtualRows } from "./VirtualRows";
import { isOrderedByHand, type TaskView } from "./view";

// Menus are a tenth of the app's code, and not on the first page.
const TaskMenu = lazy(async () => ({ default: (await import("./TaskMenu")).TaskMenu }));
const SelectionBar = lazy(async () => ({
  default: (await import("../selection/SelectionBar")).SelectionBar,
}));

interface Props {
  readonly tasks: readonly TaskOut[];
  readonly paging: Paging;
  readonly day: Day;
  readonly actions: TaskActions;
  readonly opened: OpenedTask;
  readonly view: TaskView;
}

/** The rows of a list, with all that keys, menus and the pointer do with them. */
export function TaskRows({ tasks, paging, view, day, actions, opened }: Props) {
  const canReorder = isOrderedByHand(view);
  const locale = useLocale();
  const current = useCurrentTask(tasks);
  const selection = useSelection(tasks);
  const isSelecting = selection.tasks.length > 0;
  const moves = useMoves(tasks, selection, actions);
  const [menu, setMenu] = useState<{ readonly taskId: string; readonly section: MenuSection }>();
  const showMenu = useCallback(
    (taskId: string, section: MenuSection = "actions") => setMenu({ taskId, section }),
    [],
  );
  const { complete, reopen, remove, patch } = actions;
  const toggle = useCallback(
    (task: TaskOut) => (task.status === "done" ? reopen(task) : complete(task)),
    [complete, reopen],
  );
  const onCurrent = (act: (task: TaskOut) => void) => () => {
    if (current.task !== undefined) {
      act(current.task);
    }
  };
  const openCurrent = onCurrent((task) => opened.open(task.id));
  useShortcuts({
    j: () => current.step(1),
    k: () => current.step(-1),
    e: openCurrent,
    enter: openCurrent,
    c: onCurrent(toggle),
    d: onCurrent((task) => opened.open(task.id, "due")),
    r: onCurrent((task) => showMenu(task.id, "repeat")),
    p: onCurrent((task) => showMenu(task.id, "priority")),
    l: onCurrent((task) => showMenu(task.id, "labels")),
    m: onCurrent((task) => {
      // A sub-task is always in its parent's list.
      if (task.parent_id === null) {
        showMenu(task.id, "list");
      }
    }),
    x: onCurrent((task) => selection.toggle(task.id)),
    "shift+x": onCurrent((task) => selection.extendTo(task.id)),
    "mod+a": selection.selectAll,
    // With a task open, the key is for its details.
    ...(isSelecting && opened.id === undefined && { escape: selection.clear }),
    ...(canReorder && {
      "alt+arrowup": onCurrent((task) => moves.moveBy(task, -1)),
      "alt+arrowdown": onCurrent((task) => moves.moveBy(task, 1)),
    }),
  });
  const headings = useMemo(() => dateHeadings(tasks, view, day, locale), [tasks, view, day, locale]);
  const titles = useMemo(() => new Map(tasks.map(({ id, title }) => [id, title])), [tasks]);
  const menuIndex = menu === undefined ? -1 : tasks.findIndex(({ id }) => id === menu.taskId);
  const menuTask = tasks[menuIndex];
  return (
    <>
      <VirtualRows
        tasks={tasks}
        paging={paging}
        current={current.index}
        onCurrent={current.choose}
        headings={headings}
        nameOf={(task) => describeTask(task, day, locale)}
        dragged={canReorder ? moves.dragged : undefined}
        onPick={(taskId, isRange) => (isRange ? selection.extendTo(taskId) : selection.toggle(taskId))}
        overlay={(topOf) =>
          menu &&
          menuTask && (
            <Suspense>
              <TaskMenu
                key={menuTask.id}
                task={menuTask}
                section={menu.section}
                today={day.today}
                top={topOf(menuIndex)}
                onSection={(section) => setMenu({ taskId: menuTask.id, section })}
                onClose={() => setMenu(undefined)}
                onToggle={toggle}
                onDelete={remove}
                onPatch={patch}
                onOpen={opened.open}
                onSelect={selection.toggle}
                onMove={canReorder ? moves.moveBy : undefined}
              />
            </Suspense>
          )
        }
      >
        {(task) => (
          <>
            <DragHandle {...moves.dragOf(task)} />
            <TaskRow
              task={task}
              day={day}
              isCurrent={task.id === current.task?.id}
              isMenuOpen={task.id === menu?.taskId}
              isSelected={isSelecting ? selection.has(task.id) : undefined}
              parentTitle={task.parent_id === null ? undefined : titles.get(task.parent_id)}
              onComplete={toggle}
              onDelete={remove}
              onPatch={patch}
              onOpen={opened.open}
              onMenu={showMenu}
              onSelect={selection.toggle}
            />
          </>
        )}
      </VirtualRows>
      <VisuallyHidden role="status">{moves.said}</VisuallyHidden>
      {isSelecting && (
        <Suspense>
          <SelectionBar selection={selection} today={day.today} actions={actions} />
        </Suspense>
      )}
    </>
  );
}
