import { fireEvent, screen } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { renderInApp } from "../../testing/render";
import { useShortcuts } from "./use-shortcuts";

interface PageProps {
  readonly shortcuts: Readonly<Record<string, () => void>>;
}

function Page({ shortcuts }: PageProps) {
  useShortcuts(shortcuts);
  return (
    <>
      <ul>
        <li tabIndex={-1}>A row</li>
      </ul>
      <input type="text" aria-label="Text" />
      <input type="checkbox" aria-label="Done" />
      <button type="button">Press</button>
      <div role="menu" tabIndex={-1}>
        <button type="button" role="menuitem">
          Choose
        </button>
      </div>
      <section role="dialog" aria-label="Panel" tabIndex={-1} />
    </>
  );
}

function renderPage() {
  const shortcuts = { c: vi.fn(), enter: vi.fn() };
  renderInApp(<Page shortcuts={shortcuts} />);
  return shortcuts;
}

describe("a key of the page", () => {
  test.each(["listitem", "checkbox", "button"])("acts from a %s", (role) => {
    const { c } = renderPage();
    fireEvent.keyDown(screen.getByRole(role), { key: "c" });
    expect(c).toHaveBeenCalledTimes(1);
  });

  test.each(["textbox", "menu", "menuitem", "dialog"])("is left to a %s", (role) => {
    const { c } = renderPage();
    const isUnused = fireEvent.keyDown(screen.getByRole(role), { key: "c" });
    expect(c).not.toHaveBeenCalled();
    expect(isUnused).toBe(true);
  });

  test("is another one together with Control", () => {
    const { c } = renderPage();
    fireEvent.keyDown(document.body, { key: "c", ctrlKey: true });
    expect(c).not.toHaveBeenCalled();
  });
});

describe("Enter", () => {
  test("acts from a row, and from nowhere", () => {
    const { enter } = renderPage();
    fireEvent.keyDown(screen.getByRole("listitem"), { key: "Enter" });
    fireEvent.keyDown(document.body, { key: "Enter" });
    expect(enter).toHaveBeenCalledTimes(2);
  });

  test.each(["button", "checkbox"])("presses a %s", (role) => {
    const { enter } = renderPage();
    fireEvent.keyDown(screen.getByRole(role), { key: "Enter" });
    expect(enter).not.toHaveBeenCalled();
  });
});
