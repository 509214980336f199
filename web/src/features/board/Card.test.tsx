import { DndContext } from "@dnd-kit/core";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { taskOf } from "../../testing/tasks";
import { en } from "../../words/en";
import { Card } from "./Card";

const DAY = { today: "2026-12-01", timezone: "UTC" };

function renderCard(
  task: TaskOut,
  { focusedId, isOrdered = false }: { focusedId?: string; isOrdered?: boolean } = {},
) {
  const actions = { onMove: vi.fn(), onOpen: vi.fn(), onStep: isOrdered ? vi.fn() : undefined };
  const focusId = { current: focusedId };
  const { container } = renderInApp(
    <DndContext sensors={[]}>
      <Card task={task} day={DAY} isCurrent={false} focusId={focusId} isFirst={false} isLast {...actions} />
    </DndContext>,
  );
  return { container, focusId, user: userEvent.setup(), ...actions };
}

describe("a card", () => {
  const task = taskOf({ title: "Milk" });

  test("opens its task's details by its title", async () => {
    const { user, onOpen } = renderCard(task);
    await user.click(screen.getByRole("button", { name: en.task.details("Milk") }));
    expect(onOpen.mock.calls).toEqual([[task.id]]);
  });

  test("offers the columns that it is not in", async () => {
    const { user, onMove } = renderCard(taskOf({ title: "Milk", status: "in_progress" }));
    await user.click(screen.getByRole("button", { name: en.board.menu("Milk") }));
    const offers = screen.getAllByRole("menuitem").map(({ textContent }) => textContent);
    expect(offers).toEqual([en.board.moveTo("To do"), en.board.moveTo("Done")]);
    await user.click(screen.getByRole("menuitem", { name: en.board.moveTo("Done") }));
    expect(onMove.mock.calls).toEqual([[{ ...task, status: "in_progress" }, "done"]]);
  });

  test("that is the last of its column moves up, and not down", async () => {
    const { user, onStep } = renderCard(task, { isOrdered: true });
    await user.click(screen.getByRole("button", { name: en.board.menu("Milk") }));
    expect(screen.queryByRole("menuitem", { name: en.board.moveDown })).toBeNull();
    await user.click(screen.getByRole("menuitem", { name: en.board.moveUp }));
    expect(onStep?.mock.calls).toEqual([[task, -1]]);
  });

  test.each([
    ["is overdue while it is open", "todo", true],
    ["is not overdue any more once it is done", "done", false],
  ] as const)("that was due long ago %s", (_what, status, isOverdue) => {
    const late = taskOf({ status, due: { date: "2020-11-30" }, due_at: "2020-11-30T23:59:59.000Z" });
    const { container } = renderCard(late);
    expect(container.textContent.includes(en.task.overdue)).toBe(isOverdue);
  });

  test("that was moved by the keyboard takes the focus to where it is now, once", () => {
    const { focusId } = renderCard(task, { focusedId: task.id });
    expect(document.activeElement).toBe(screen.getByRole("button", { name: en.board.drag("Milk") }));
    expect(focusId.current).toBeUndefined();
  });

  test("leaves the focus alone otherwise", () => {
    renderCard(task, { focusedId: "another" });
    expect(document.activeElement).toBe(document.body);
  });
});
