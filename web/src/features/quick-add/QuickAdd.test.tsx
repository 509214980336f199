import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { deferred } from "../../testing/deferred";
import { renderInApp } from "../../testing/render";
import { json, noNetwork, refusal, serve } from "../../testing/service";
import { en } from "../../words/en";
import { keepDraft, restoreDraft } from "../tasks/draft";
import { QuickAdd } from "./QuickAdd";

/** What the service understands: of every line its last word, which is a label. */
function understand(text: string) {
  const words = text.split(" ");
  const label = words.at(-1) ?? "";
  return {
    task: { ...EMPTY, title: words.slice(0, -1).join(" "), labels: [label.slice(1)] },
    understood: [{ kind: "label", start: [...text].length - [...label].length, end: [...text].length }],
  };
}

const EMPTY = {
  notes: "",
  status: "todo",
  priority: 0,
  due: null,
  recurrence: null,
  reminders: [],
  labels: [],
  list_id: null,
  parent_id: null,
};

function answerLines() {
  return serve(({ body }) => json(understand((body as { text: string }).text)));
}

afterEach(() => {
  cleanup();
  keepDraft("");
  sessionStorage.clear();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function renderQuickAdd(defaults: Partial<TaskDraft> = {}) {
  const onAdd = vi.fn<(draft: TaskDraft, typed?: string) => void>();
  const field = createRef<HTMLInputElement>();
  const client = new QueryClient();
  client.setQueryData(["lists"], []);
  const { unmount } = renderInApp(
    <QueryClientProvider client={client}>
      <QuickAdd field={field} defaults={defaults} today="2026-12-01" onAdd={onAdd} />
    </QueryClientProvider>,
  );
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
    serve(() => json({ task: { ...EMPTY, title: "other" }, understood: [] }));
    await user.paste('<img src="x" onerror="alert(1)">');
    await user.keyboard("{Enter}");
    await waitFor(() => expect(onAdd).toHaveBeenCalled());
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

describe("a line that says more than a title", () => {
  const words = en.quickAdd;
  const marks = () => [...document.querySelectorAll("mark")].map(({ textContent }) => textContent);

  test("is marked where it was understood, and told in words", async () => {
    answerLines();
    const { user } = renderQuickAdd();
    await user.type(input(), "🎉🎉 Party #fun");
    await waitFor(() => expect(marks()).toEqual(["#fun"]));
    expect(document.querySelector("[aria-live=polite]")?.textContent).toBe("Label: fun");
    expect(await screen.findByRole("button", { name: words.takeLiterally })).toBeTruthy();
    expect(input().value).toBe("🎉🎉 Party #fun");
  });

  test("is added on Enter as it was understood, at once", async () => {
    answerLines();
    const { user, onAdd } = renderQuickAdd({ list_id: "list-a" });
    await user.type(input(), "Sweep #home");
    await waitFor(() => expect(marks()).toEqual(["#home"]));
    const requests = answerLines();
    await user.keyboard("{Enter}");
    expect(onAdd.mock.calls).toEqual([
      [{ title: "Sweep", labels: ["home"], list_id: "list-a" }, "Sweep #home"],
    ]);
    expect(requests).toEqual([]);
  });

  test("is asked about on Enter where nobody has been asked yet", async () => {
    const requests = answerLines();
    const { user, onAdd } = renderQuickAdd();
    await user.click(input());
    await user.paste("Sweep #home");
    await user.keyboard("{Enter}");
    expect(input().value).toBe("");
    await waitFor(() => expect(onAdd).toHaveBeenCalled());
    expect(onAdd.mock.calls).toEqual([[{ title: "Sweep", labels: ["home"] }, "Sweep #home"]]);
    expect(requests.map(({ body }) => body)).toEqual([{ text: "Sweep #home", preview: true }]);
  });

  test("is not asked about for each key", async () => {
    const requests = answerLines();
    const { user } = renderQuickAdd();
    await user.type(input(), "Sweep #abcdefghijklmnop");
    await waitFor(() => expect(marks()).toEqual(["#abcdefghijklmnop"]));
    expect(requests.length).toBeLessThan(4);
  });

  test.each(["Buy milk", "Call Bob", "# ! @"])("is none, and nobody is asked: “%s”", async (text) => {
    const requests = answerLines();
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), `${text}{Enter}`);
    expect(onAdd.mock.calls).toEqual([[{ title: text }]]);
    expect(requests).toEqual([]);
  });

  test.each([
    ["is refused", () => refusal(400)],
    ["leaves no title", () => refusal(422)],
    [
      "is heard by nobody",
      () => {
        throw noNetwork();
      },
    ],
  ] as const)("is its own title when it %s", async (_, answer) => {
    serve(answer);
    const { user, onAdd } = renderQuickAdd({ list_id: "list-a" });
    await user.type(input(), "Sweep #home{Enter}");
    await waitFor(() => expect(onAdd).toHaveBeenCalled());
    expect(onAdd.mock.calls).toEqual([[{ title: "Sweep #home", list_id: "list-a" }]]);
  });

  test("is its own title when nobody answers in time", async () => {
    serve(() => new Promise(() => undefined));
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Sweep #home{Enter}");
    expect(onAdd).not.toHaveBeenCalled();
    await waitFor(() => expect(onAdd.mock.calls).toEqual([[{ title: "Sweep #home" }]]), { timeout: 2_500 });
  });

  test("is its own title without a network, and nobody is asked", async () => {
    const requests = answerLines();
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Sweep #home{Enter}");
    await waitFor(() => expect(onAdd.mock.calls).toEqual([[{ title: "Sweep #home" }]]));
    expect(requests).toEqual([]);
  });

  test("keeps its place among lines that were entered behind it", async () => {
    const answer = deferred<Response>();
    serve(() => answer.promise);
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Sweep #home{Enter}Buy milk{Enter}");
    expect(onAdd).not.toHaveBeenCalled();
    answer.resolve(json(understand("Sweep #home")));
    await waitFor(() => expect(onAdd).toHaveBeenCalledTimes(2));
    expect(onAdd.mock.calls.map(([draft]) => draft.title)).toEqual(["Sweep", "Buy milk"]);
  });

  test("is added by the next page when this one goes away before it was understood", async () => {
    answerLines();
    sessionStorage.setItem(
      "taskfleet.quick-add.lines",
      JSON.stringify([{ text: "Sweep #home", defaults: { list_id: "list-a" }, isLiteral: false }]),
    );
    const { onAdd } = renderQuickAdd();
    await waitFor(() => expect(onAdd).toHaveBeenCalled());
    expect(onAdd.mock.calls).toEqual([
      [{ title: "Sweep", labels: ["home"], list_id: "list-a" }, "Sweep #home"],
    ]);
    expect(sessionStorage.getItem("taskfleet.quick-add.lines")).toBeNull();
  });
});

describe("a line that is to be taken as it is", () => {
  test.each([
    ["Escape", (user: ReturnType<typeof userEvent.setup>) => user.keyboard("{Escape}")],
    [
      "a button",
      async (user: ReturnType<typeof userEvent.setup>) =>
        user.click(await screen.findByRole("button", { name: en.quickAdd.takeLiterally })),
    ],
  ])("is so by %s, and the next one is understood again", async (_, takeLiterally) => {
    answerLines();
    const { user, onAdd } = renderQuickAdd();
    await user.type(input(), "Read #1984");
    await waitFor(() => expect(document.querySelector("mark")).not.toBeNull());
    await takeLiterally(user);
    expect(document.querySelector("mark")).toBeNull();
    expect(document.activeElement).toBe(input());
    await user.keyboard("{Enter}");
    expect(onAdd.mock.calls).toEqual([[{ title: "Read #1984" }]]);
    await user.type(input(), "Sweep #home{Enter}");
    await waitFor(() => expect(onAdd).toHaveBeenCalledTimes(2));
    expect(onAdd.mock.calls[1]).toEqual([{ title: "Sweep", labels: ["home"] }, "Sweep #home"]);
  });
});

describe("the examples of what a line can say", () => {
  test("are a button away, and Escape closes them", async () => {
    const { user } = renderQuickAdd();
    await user.click(screen.getByRole("button", { name: en.quickAdd.help }));
    expect(await screen.findByText("every 2 weeks on mon, thu")).toBeTruthy();
    await user.keyboard("{Escape}");
    expect(screen.queryByText("every 2 weeks on mon, thu")).toBeNull();
  });
});
