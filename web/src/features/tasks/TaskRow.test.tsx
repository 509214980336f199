import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { taskOf } from "../../testing/tasks";
import { en } from "../../words/en";
import { TaskRow } from "./TaskRow";

const DAY = { today: "2026-12-01", timezone: "UTC" };

function renderRow(task: TaskOut) {
  const actions = { onComplete: vi.fn(), onDelete: vi.fn(), onPatch: vi.fn(), onOpen: vi.fn() };
  const rowOf = (shown: TaskOut) => <TaskRow task={shown} day={DAY} isCurrent={false} {...actions} />;
  const { container, rerender, unmount } = renderInApp(rowOf(task));
  return {
    container,
    user: userEvent.setup(),
    /** Show the task as it is now. */
    update: (present: TaskOut) => rerender(rowOf(present)),
    unmount,
    ...actions,
  };
}

function titleField(task: TaskOut): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("textbox", { name: en.task.title(task.title) });
}

describe("text that looks like HTML", () => {
  const TEXTS = [
    '<img src="x" onerror="globalThis.isAttacked = true">',
    "<script>globalThis.isAttacked = true</script>",
    '"><iframe srcdoc="<b>x</b>"></iframe>',
    "<svg/onload=alert(1)>",
    "&lt;b&gt;bold&lt;/b&gt; &amp;",
    "javascript:alert(1)",
    "[a](javascript:alert(1)) **bold** {{7*7}}",
  ];
  /** What a row never holds, unless somebody's text became part of the page. */
  const FOREIGN = "img, script, iframe, b, a, [onerror], [onload]";

  test.each(TEXTS)("is shown as it is in title and label: %s", (text) => {
    const task = taskOf({ title: text, labels: [text] });
    const { container } = renderRow(task);
    expect(titleField(task).value).toBe(text);
    expect(screen.getByText(text).textContent).toBe(text);
    expect(screen.getByRole("checkbox", { name: en.task.complete(text) })).toBeDefined();
    expect(container.querySelector(FOREIGN)).toBeNull();
    expect(globalThis).not.toHaveProperty("isAttacked");
  });

  test.each(TEXTS.slice(0, 3))("would be found if it had become part of the page: %s", (text) => {
    const page = document.createElement("div");
    page.innerHTML = text;
    expect(page.querySelector(FOREIGN)).not.toBeNull();
  });
});

describe("a row", () => {
  const task = taskOf({ title: "Milk" });

  test("completes its task", async () => {
    const { user, onComplete } = renderRow(task);
    await user.click(screen.getByRole("checkbox", { name: en.task.complete("Milk") }));
    expect(onComplete.mock.calls).toEqual([[task]]);
  });

  test("moves its task to the trash", async () => {
    const { user, onDelete, onComplete } = renderRow(task);
    await user.click(screen.getByRole("button", { name: en.task.delete("Milk") }));
    expect(onDelete.mock.calls).toEqual([[task]]);
    expect(onComplete).not.toHaveBeenCalled();
  });

  test("tells priority and overdue to those who do not see colours", () => {
    const late = taskOf({ priority: 4, due: { date: "2020-11-30" }, due_at: "2020-11-30T23:59:59.000Z" });
    const { container } = renderRow(late);
    expect(screen.getByRole("img", { name: en.task.priority(4) })).toBeDefined();
    expect(container.textContent).toContain(en.task.overdue);
  });

  test("says nothing of what a task does not have", () => {
    const { container } = renderRow(task);
    expect(screen.queryByRole("img")).toBeNull();
    expect(container.textContent.trim()).toBe("");
  });
});

describe("a title that is edited", () => {
  const task = taskOf({ title: "Milk" });

  test("is kept on Enter", async () => {
    const { user, onPatch } = renderRow(task);
    await user.clear(titleField(task));
    await user.type(titleField(task), " Oat milk {Enter}");
    expect(onPatch.mock.calls).toEqual([[task, { title: "Oat milk" }]]);
  });

  test("is kept when one goes elsewhere", async () => {
    const { user, onPatch } = renderRow(task);
    await user.type(titleField(task), "shake");
    expect(onPatch).not.toHaveBeenCalled();
    await user.tab();
    expect(onPatch.mock.calls).toEqual([[task, { title: "Milkshake" }]]);
  });

  test("is as before after Escape", async () => {
    const { user, onPatch } = renderRow(task);
    await user.type(titleField(task), "shake{Escape}");
    await user.tab();
    expect(titleField(task).value).toBe("Milk");
    expect(onPatch).not.toHaveBeenCalled();
  });

  test("is as before when it was left blank", async () => {
    const { user, onPatch } = renderRow(task);
    await user.clear(titleField(task));
    await user.tab();
    expect(titleField(task).value).toBe("Milk");
    expect(onPatch).not.toHaveBeenCalled();
  });

  test("is not sent when it is the same", async () => {
    const { user, onPatch } = renderRow(task);
    await user.type(titleField(task), " {Enter}");
    expect(onPatch).not.toHaveBeenCalled();
  });

  test("stays as it was typed when the title changes elsewhere meanwhile", async () => {
    const { user, update, onPatch } = renderRow(task);
    await user.type(titleField(task), "shake");
    const present = { ...task, title: "Oat milk", revision: 2 };
    update(present);
    expect(titleField(present).value).toBe("Milkshake");
    expect(document.activeElement).toBe(titleField(present));
    expect(onPatch).not.toHaveBeenCalled();
  });

  test("is a change of the version that was seen when typing began, so that it is known for a conflict", async () => {
    const { user, update, onPatch } = renderRow(task);
    await user.type(titleField(task), "shake");
    update({ ...task, title: "Oat milk", revision: 2 });
    await user.keyboard("{Enter}");
    expect(onPatch.mock.calls).toEqual([[task, { title: "Milkshake" }]]);
  });

  test("shows the title from elsewhere where nobody has typed", () => {
    const { update } = renderRow(task);
    const present = { ...task, title: "Oat milk", revision: 2 };
    update(present);
    expect(titleField(present).value).toBe("Oat milk");
  });

  test("is kept when its row goes away", async () => {
    const { user, unmount, onPatch } = renderRow(task);
    await user.type(titleField(task), "shake");
    unmount();
    expect(onPatch.mock.calls).toEqual([[task, { title: "Milkshake" }]]);
  });

  test("is not kept yet on an Enter that ends a composition of an input method", () => {
    const { onPatch } = renderRow(task);
    titleField(task).focus();
    fireEvent.change(titleField(task), { target: { value: "Milkに" } });
    fireEvent.keyDown(titleField(task), { key: "Enter", isComposing: true });
    expect(onPatch).not.toHaveBeenCalled();
    fireEvent.keyDown(titleField(task), { key: "Enter" });
    expect(onPatch.mock.calls).toEqual([[task, { title: "Milkに" }]]);
  });
});
