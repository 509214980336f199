import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { outboxOf } from "../../testing/outbox";
import { renderInApp } from "../../testing/render";
import { json, refusal, serve } from "../../testing/service";
import { taskOf } from "../../testing/tasks";
import { en } from "../../words/en";
import { keepDraft } from "./draft";
import type { Outbox } from "./outbox";
import { OutboxContext } from "./outbox-context";
import { RefusedChanges } from "./RefusedChanges";
import { creating, deleting, patching, type TaskChange } from "./task-changes";

const milk = taskOf({ id: "milk", title: "Milk" });
const words = en.refused;

let outbox: Outbox;

beforeEach(() => {
  outbox = outboxOf(new QueryClient());
});

afterEach(() => {
  keepDraft("");
  vi.unstubAllGlobals();
});

/** Have the service refuse a change, and show that. */
async function refuse(change: TaskChange, answer: Response): Promise<void> {
  const client = new QueryClient();
  client.setQueryData(["lists"], []);
  serve(() => answer);
  renderInApp(
    <QueryClientProvider client={client}>
      <OutboxContext value={outbox}>
        <RefusedChanges today="2026-12-01" />
      </OutboxContext>
    </QueryClientProvider>,
  );
  await outbox.make([change]);
  await screen.findByRole("alert");
}

describe("a conflict", () => {
  const current = { ...milk, title: "Soy milk", due: { date: "2026-12-01", time: "09:30" }, revision: 5 };

  test("shows both versions side by side, where they differ", async () => {
    await refuse(
      patching(milk, { title: "Oat milk", due: null, priority: milk.priority }),
      refusal(412, { current }),
    );
    const rows = (await screen.findAllByRole("row")).map((row) => row.textContent);
    expect(rows).toHaveLength(3); // the heading and two fields
    expect(rows[1]).toBe(`${words.fields.title}Oat milkSoy milk`);
    expect(rows[2]).toContain(words.nothing);
    expect(rows[2]).toContain("09:30");
  });

  test("is decided for one's own version, of the task as it is now", async () => {
    await refuse(patching(milk, { title: "Oat milk" }), refusal(412, { current }));
    const requests = serve(() => json({ ...current, title: "Oat milk", revision: 6 }));
    await userEvent.click(screen.getByRole("button", { name: words.useMine }));
    expect(screen.queryByRole("alert")).toBeNull();
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(requests[0]?.headers.get("If-Match")).toBe('"5"');
  });

  test("is decided for the other one, and nothing is sent", async () => {
    await refuse(patching(milk, { title: "Oat milk" }), refusal(412, { current }));
    const requests = serve(() => json({}));
    await userEvent.click(screen.getByRole("button", { name: words.keepTheirs }));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(requests).toEqual([]);
  });
});

describe("a refusal", () => {
  test("says which task, why, and lets it be tried again", async () => {
    await refuse(deleting(milk), refusal(403, { detail: "You may not." }));
    expect(screen.getByRole("alert").textContent).toContain(words.title("Milk", "You may not."));
    const requests = serve(() => new Response(null, { status: 204 }));
    await userEvent.click(screen.getByRole("button", { name: words.again }));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("of a new task gives back what was typed", async () => {
    await refuse(creating({ title: "Tea" }), refusal(422, { errors: [{ detail: "No tea." }] }));
    expect(screen.getByRole("alert").textContent).toContain(words.creation("Tea", "No tea."));
    await userEvent.click(screen.getByRole("button", { name: words.edit }));
    expect(sessionStorage.getItem("taskfleet.quick-add")).toBe("Tea");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("of a task that was made of a line gives back the line", async () => {
    const change = creating({ title: "Tea", labels: ["home"] }, new Date(), "Tea #home");
    await refuse(change, refusal(422, { errors: [{ detail: "No tea." }] }));
    await userEvent.click(screen.getByRole("button", { name: words.edit }));
    expect(sessionStorage.getItem("taskfleet.quick-add")).toBe("Tea #home");
  });
});
