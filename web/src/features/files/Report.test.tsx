import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { importOf } from "../../testing/imports";
import { renderInApp } from "../../testing/render";
import { en } from "../../words/en";
import { LocaleContext } from "../../words/locale";
import { Report } from "./Report";

const words = en.files.report;

function faults(count: number) {
  return Array.from({ length: count }, (_, index) => ({ pointer: "", line: index + 2, detail: "no title" }));
}

describe("the report", () => {
  test.each([
    [true, 60_000, 4, "Would add 60,000 tasks and 4 lists."],
    [false, 1, 0, "Added 1 task."],
    [false, 0, 1, "Added 0 tasks and 1 list."],
    [true, 0, 0, words.nothing],
  ])("says what came of it: dry %s, %i tasks, %i lists", (isDry, tasks, lists, text) => {
    renderInApp(
      <LocaleContext value="en-GB">
        <Report
          report={importOf({
            dry_run: isDry,
            tasks: { created: tasks, skipped: 0, failed: 0 },
            lists: { created: lists },
          })}
        />
      </LocaleContext>,
    );
    expect(document.activeElement?.textContent).toBe(text);
  });

  test("tells what was left out on purpose, and what came otherwise than it was", () => {
    renderInApp(
      <Report
        report={importOf({
          tasks: { created: 1, skipped: 2, failed: 0 },
          notes: [{ detail: "Sections are left out.", count: 3 }],
        })}
      />,
    );
    expect(screen.getAllByRole("listitem").map(({ textContent }) => textContent)).toEqual([
      words.skipped(2),
      "Sections are left out. (3)",
    ]);
  });

  test("shows the first faults by their place, and all of them when asked to", async () => {
    const errors = [...faults(11), { pointer: "/tasks/12/title", detail: "must not be blank" }];
    renderInApp(<Report report={importOf({ errors, errors_left_off: 5 })} />);
    expect(screen.getByText(words.failed(17))).toBeDefined();
    const shown = screen.getByRole("group", { name: words.faults });
    expect(shown.textContent).toContain("Line 2: no title");
    expect(shown.textContent).not.toContain("/tasks/12/title");
    expect(screen.queryByText(words.leftOff(5))).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: words.all(12) }));
    expect(shown.textContent).toContain("/tasks/12/title: must not be blank");
    expect(screen.getByText(words.leftOff(5))).toBeDefined();
  });

  test("has all faults copied, those that are not shown too", async () => {
    const user = userEvent.setup();
    const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    renderInApp(<Report report={importOf({ errors: faults(11) })} />);
    await user.click(screen.getByRole("button", { name: words.copy }));
    expect(written.mock.calls[0]?.[0].split("\n")).toHaveLength(11);
  });
});
