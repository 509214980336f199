import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { ListNameField } from "./ListNameField";

const LIST: ListOut = {
  id: "list-1",
  name: "Groceries",
  color: null,
  archived: false,
  position: "a0",
  revision: 5,
};

function renderField() {
  const onRename = vi.fn<(seen: ListOut, name: string) => void>();
  const onDone = vi.fn();
  renderInApp(<ListNameField list={LIST} icon={null} onRename={onRename} onDone={onDone} />);
  return { user: userEvent.setup(), onRename, onDone };
}

describe("the field for a list's name", () => {
  test("has the present name to be typed over", async () => {
    const { user, onRename } = renderField();
    expect(document.activeElement).toBe(screen.getByRole("textbox"));
    await user.keyboard("Food{Enter}");
    expect(onRename.mock.calls).toEqual([[LIST, "Food"]]);
  });

  test("keeps what was typed when it is left, once", async () => {
    const { user, onRename, onDone } = renderField();
    await user.keyboard("Food");
    await user.tab();
    expect(onRename).toHaveBeenCalledExactlyOnceWith(LIST, "Food");
    expect(onDone).toHaveBeenCalledOnce();
  });

  test.each(["{Escape}", "Food{Escape}", "{Enter}", "   {Enter}", " Groceries {Enter}"])(
    "changes nothing after “%s”",
    async (keys) => {
      const { user, onRename, onDone } = renderField();
      await user.keyboard(keys);
      await user.tab();
      expect(onRename).not.toHaveBeenCalled();
      expect(onDone).toHaveBeenCalledOnce();
    },
  );
});
