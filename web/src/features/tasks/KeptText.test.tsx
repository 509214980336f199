import { fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { taskOf } from "../../testing/tasks";
import { KeptText } from "./KeptText";
import { keepTyped, passTypedOn } from "./typed-text";

const task = taskOf({ title: "Milk", notes: "Two bottles" });

afterEach(() => {
  for (const field of ["title", "notes"] as const) {
    keepTyped(task.id, field, undefined);
  }
  sessionStorage.clear();
});

function renderNotes(shown: TaskOut = task) {
  const onChange = vi.fn<(text: string, seen: TaskOut) => void>();
  const element = (present: TaskOut) => (
    <KeptText task={present} field="notes" onChange={onChange}>
      {({ onKeyDown: _, ...field }) => <textarea {...field} />}
    </KeptText>
  );
  const { rerender, unmount } = renderInApp(element(shown));
  return { onChange, unmount, update: (present: TaskOut) => rerender(element(present)) };
}

function field(): HTMLTextAreaElement {
  return screen.getByRole<HTMLTextAreaElement>("textbox");
}

function type(text: string): void {
  fireEvent.change(field(), { target: { value: text } });
}

describe("what was typed when the page was loaded anew", () => {
  test("is there again, and is sent with what was seen when its field is left", () => {
    // As a page leaves it that goes away without a word.
    keepTyped(task.id, "notes", { text: "Half a thought", seen: task });
    const newer = { ...task, notes: "Three bottles", revision: 2 };
    const { onChange } = renderNotes(newer);
    expect(field().value).toBe("Half a thought");
    expect(onChange).not.toHaveBeenCalled();
    fireEvent.blur(field());
    expect(onChange.mock.calls).toEqual([["Half a thought", task]]);
  });

  test("is of one task and one field", () => {
    keepTyped("task-2", "notes", { text: "Half a thought", seen: task });
    keepTyped(task.id, "title", { text: "Half a thought", seen: task });
    renderNotes();
    expect(field().value).toBe("Two bottles");
  });

  test("is noted at each key", () => {
    const { onChange, unmount } = renderNotes();
    type("Two b");
    const kept = Object.values({ ...sessionStorage });
    expect(kept).toHaveLength(1);
    expect(JSON.parse(String(kept[0]))).toEqual({ text: "Two b", seen: task });
    unmount();
    expect(onChange.mock.calls).toEqual([["Two b", task]]);
  });

  test("is not noted any more once it was sent", () => {
    const { onChange } = renderNotes();
    type("Three bottles");
    fireEvent.blur(field());
    expect(sessionStorage).toHaveLength(0);
    expect(onChange).toHaveBeenCalledTimes(1);
    fireEvent.blur(field());
    expect(onChange).toHaveBeenCalledTimes(1);
  });
});

describe("what is typed for a task that is just being added", () => {
  test("goes on when the task has got its id, and is sent", () => {
    const added = { ...task, id: "task-9" };
    const { onChange, update } = renderNotes({ ...task, id: "pending-1" });
    type("Half a th");
    passTypedOn("pending-1", "task-9");
    update(added);
    expect(field().value).toBe("Half a th");
    type("Half a thought");
    fireEvent.blur(field());
    expect(onChange.mock.calls).toEqual([["Half a thought", { ...task, id: "pending-1" }]]);
    expect(sessionStorage).toHaveLength(0);
  });
});

describe("two fields of the same text", () => {
  test("show the same while somebody types in one, and send it once", () => {
    const one = vi.fn();
    const other = vi.fn();
    renderInApp(
      <>
        <KeptText task={task} field="title" onChange={one}>
          {({ onKeyDown: _, ...props }) => <input {...props} />}
        </KeptText>
        <KeptText task={task} field="title" onChange={other}>
          {({ onKeyDown: _, ...props }) => <input {...props} />}
        </KeptText>
      </>,
    );
    const [first, second] = screen.getAllByRole<HTMLInputElement>("textbox");
    fireEvent.change(first as HTMLInputElement, { target: { value: "Oat milk" } });
    expect(second?.value).toBe("Oat milk");
    fireEvent.blur(first as HTMLInputElement);
    expect(one.mock.calls).toEqual([["Oat milk", task]]);
    fireEvent.blur(second as HTMLInputElement);
    expect(other).not.toHaveBeenCalled();
  });
});
