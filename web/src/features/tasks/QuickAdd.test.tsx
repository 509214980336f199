import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { en } from "../../words/en";
import { keepDraft, restoreDraft } from "./draft";
import { QuickAdd } from "./QuickAdd";

afterEach(() => {
  keepDraft("");
});

function renderQuickAdd(defaults: Partial<TaskDraft> = {}) {
  const onAdd = vi.fn<(draft: TaskDraft) => void>();
  const field = createRef<HTMLInputElement>();
  const { unmount } = renderInApp(<QuickAdd field={field} defaults={defaults} onAdd={onAdd} />);
  return { user: userEvent.setup(), onAdd, field, unmount };
}

function input(): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("textbox", { name: en.add.label });
}

describe("the line for a new task", () => {
  test("adds what was typed on Enter, and is empty for the next one", async () => {
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Buy milk{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Buy milk" }]]);
    expect(input().value).toBe("");
    await user.type(input(), "Buy tea{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Buy milk" }], [{ title: "Buy tea" }]]);
  });

  test("adds nothing before Enter", async () => {
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Buy milk");
    await user.tab();
    expect(onAdd).not.toHaveBeenCalled();
    expect(input().value).toBe("Buy milk");
  });

  test("keeps the focus, so that one can go on typing", async () => {
    const { user } = renderQuickAdd();
    await user.type(input(), "Buy milk{Enter}");
    expect(document.activeElement).toBe(input());
  });

  test.each(["{Enter}", "   {Enter}"])("ignores a blank title: “%s”", async (keys) => {
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), keys);
    expect(onAdd).not.toHaveBeenCalled();
  });

  test("leaves out the blanks around a title, and no others", async () => {
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "  Buy  milk {Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Buy  milk" }]]);
  });

  test("adds what a task of this view has", async () => {
    const { user, onAdd } = renderQuickAdd({ list_id: "list-a", labels: ["home"] });
    await user.type(input(), "Buy milk{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Buy milk", list_id: "list-a", labels: ["home"] }]]);
  });

  test("takes text for text, whatever it looks like", async () => {
    const { user, onAdd } = renderQuickAdd();
    await user.click(input());
    await user.paste('<img src="x" onerror="alert(1)">');
    await user.keyboard("{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: '<img src="x" onerror="alert(1)">' }]]);
  });

  test("takes no more than the longest title that the service accepts", async () => {
    const { user } = renderQuickAdd();
    await user.click(input());
    await user.paste("x".repeat(600));
    expect(input().value).toHaveLength(500);
  });

  test("can be focused from elsewhere", () => {
    const { field } = renderQuickAdd();
    field.current?.focus();
    expect(document.activeElement).toBe(input());
  });
});

describe("what was typed and not added", () => {
  test("is still there when the line is shown again", async () => {
    const { user, unmount } = renderQuickAdd();
    await user.type(input(), "Buy mi");
    unmount();
    renderQuickAdd();
    expect(input().value).toBe("Buy mi");
  });

  test("is not there any more once it was added", async () => {
    const { user, unmount } = renderQuickAdd();
    await user.type(input(), "Buy milk{Enter}");
    unmount();
    renderQuickAdd();
    expect(input().value).toBe("");
  });

  test("can be added after the line was shown again", async () => {
    const { user, unmount } = renderQuickAdd();
    await user.type(input(), "Buy mi");
    unmount();
    const { onAdd } = renderQuickAdd();
    await user.type(input(), "lk{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Buy milk" }]]);
  });
});

describe("a title that could not be saved", () => {
  test("comes back into the line", async () => {
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Buy milk{Enter}");
    act(() => restoreDraft("Buy milk"));
    expect(input().value).toBe("Buy milk");
    await user.type(input(), "{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Buy milk" }], [{ title: "Buy milk" }]]);
  });

  test("does not replace what is being typed meanwhile", async () => {
    const { user } = renderQuickAdd();
    await user.type(input(), "Buy milk{Enter}Buy te");
    act(() => restoreDraft("Buy milk"));
    expect(input().value).toBe("Buy te");
  });
});
