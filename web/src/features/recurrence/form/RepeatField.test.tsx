import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TaskOut, TaskPatch } from "../../../api/generated/taskfleet.schemas";
import { outboxOf } from "../../../testing/outbox";
import { renderInApp } from "../../../testing/render";
import { json, refusal, serve } from "../../../testing/service";
import { taskOf } from "../../../testing/tasks";
import { en } from "../../../words/en";
import { OutboxContext } from "../../tasks/outbox-context";
import { patching, withPatch } from "../../tasks/task-changes";
import { RepeatField } from "./RepeatField";

const DAY = { today: "2026-12-01", timezone: "UTC" };
const due = { date: "2026-12-15", time: null, timezone: null };
const words = en.repeat;

afterEach(() => {
  cleanup(); // it asks for nothing more
  vi.unstubAllGlobals();
});

/** The field of a task that takes each change at once, as the outbox has it. */
function renderField(members: Partial<TaskOut> = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const outbox = outboxOf(client);
  const patches: TaskPatch[] = [];
  let task = taskOf(members);
  const element = () => (
    <QueryClientProvider client={client}>
      <OutboxContext value={outbox}>
        <RepeatField task={task} day={DAY} patch={patch} wanted={undefined} />
      </OutboxContext>
    </QueryClientProvider>
  );
  const patch = (fields: TaskPatch) => {
    patches.push(fields);
    task = withPatch(task, fields, "UTC");
    rerender(element());
  };
  const { rerender } = renderInApp(element());
  return { user: userEvent.setup(), patches, outbox, present: () => task, patch };
}

function select(name: string): HTMLSelectElement {
  return screen.getByRole<HTMLSelectElement>("combobox", { name });
}

function serveDates(...dates: string[]) {
  return serve(() =>
    json({ items: dates.map((date) => ({ date, time: null, timezone: null, due_at: `${date}T23:59:59Z` })) }),
  );
}

describe("the repetition of a task with a due date", () => {
  test("is set with one choice, and says when the task comes again", async () => {
    serveDates("2026-12-22", "2026-12-29");
    const { user, patches } = renderField({ due });
    await user.selectOptions(select(words.label), words.kinds.weekly);
    expect(patches).toEqual([{ recurrence: { rule: "FREQ=WEEKLY;BYDAY=TU", from: "due" } }]);
    expect(await screen.findByText(/22.*29/)).toBeTruthy();
  });

  test("is changed part by part, each with one change", async () => {
    serveDates();
    const { user, patches } = renderField({
      due,
      recurrence: { rule: "FREQ=WEEKLY;BYDAY=TU", from: "due" },
    });
    await user.click(screen.getByRole("button", { name: "Friday" }));
    await user.clear(screen.getByLabelText(words.interval.WEEKLY));
    await user.type(screen.getByLabelText(words.interval.WEEKLY), "12{Enter}");
    await user.selectOptions(select(words.end), words.ends.count);
    await user.selectOptions(select(words.from), words.origins.completion);
    expect(patches.map(({ recurrence }) => recurrence)).toEqual([
      { rule: "FREQ=WEEKLY;BYDAY=TU,FR", from: "due" },
      { rule: "FREQ=WEEKLY;INTERVAL=12;BYDAY=TU,FR", from: "due" },
      { rule: "FREQ=WEEKLY;INTERVAL=12;COUNT=10;BYDAY=TU,FR", from: "due" },
      { rule: "FREQ=WEEKLY;INTERVAL=12;COUNT=10;BYDAY=TU,FR", from: "completion" },
    ]);
  });

  test("ends on a day once that is said", async () => {
    serveDates();
    const { user, patches } = renderField({ due, recurrence: { rule: "FREQ=DAILY", from: "due" } });
    await user.selectOptions(select(words.end), words.ends.until);
    expect(patches).toEqual([]);
    await user.type(screen.getByLabelText(words.lastDay), "2026-12-24");
    expect(patches).toEqual([{ recurrence: { rule: "FREQ=DAILY;UNTIL=20261224", from: "due" } }]);
  });

  test("is taken away", async () => {
    serveDates();
    const { user, patches } = renderField({ due, recurrence: { rule: "FREQ=DAILY", from: "due" } });
    await user.selectOptions(select(words.label), words.none);
    expect(patches).toEqual([{ recurrence: null }]);
  });
});

describe("a rule that the form has no fields for", () => {
  test("is told in words, and stays when only the origin changes", async () => {
    serveDates();
    const rule = "FREQ=MONTHLY;BYMONTHDAY=1,15";
    const { user, patches } = renderField({ due, recurrence: { rule, from: "due" } });
    expect(within(select(words.label)).getByText("Every month on the 1st and the 15th")).toBeTruthy();
    await user.selectOptions(select(words.from), words.origins.completion);
    expect(patches).toEqual([{ recurrence: { rule, from: "completion" } }]);
  });

  test("is shown as it is where there are no words", () => {
    serveDates();
    renderField({ due, recurrence: { rule: "FREQ=YEARLY;BYWEEKNO=20", from: "due" } });
    expect(select(words.label).selectedOptions[0]?.text).toBe("FREQ=YEARLY;BYWEEKNO=20");
  });
});

describe("the repetition of a task without a due date", () => {
  test("says that it needs one, and takes today", async () => {
    serveDates();
    const { user, patches } = renderField();
    await user.selectOptions(select(words.label), words.kinds.daily);
    expect(patches).toEqual([]);
    expect(screen.getByText(words.needsDue)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: words.startToday }));
    expect(patches).toEqual([
      { due: { date: "2026-12-01" }, recurrence: { rule: "FREQ=DAILY", from: "due" } },
    ]);
  });

  test("needs none when it counts from completion", async () => {
    serveDates();
    const { user, patches } = renderField();
    await user.selectOptions(select(words.label), words.kinds.daily);
    await user.click(screen.getByRole("button", { name: words.startFromCompletion }));
    expect(patches).toEqual([{ recurrence: { rule: "FREQ=DAILY", from: "completion" } }]);
  });

  test("is saved when a date is given elsewhere", async () => {
    serveDates();
    const { user, patches, patch } = renderField();
    await user.selectOptions(select(words.label), words.kinds.daily);
    patch({ due });
    await waitFor(() => expect(patches.at(-1)).toEqual({ recurrence: { rule: "FREQ=DAILY", from: "due" } }));
  });
});

describe("a repetition that the service refuses", () => {
  test("comes back with the reason", async () => {
    serve(({ method }) =>
      method === "PATCH"
        ? refusal(422, {
            errors: [{ pointer: "/recurrence/rule", detail: "The rule matches no day within 50 years." }],
          })
        : json({ items: [] }),
    );
    const { outbox, present } = renderField({ due });
    const recurrence = { rule: "FREQ=YEARLY;INTERVAL=60", from: "due" as const };
    await act(async () => {
      await outbox.make([patching(present(), { recurrence })]);
    });
    expect(screen.getByText("That was not saved. The rule matches no day within 50 years.")).toBeTruthy();
  });
});
