import { QueryClient, QueryClientProvider, useMutation } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { updateProfile } from "../api/generated/taskfleet";
import { OutboxContext } from "../features/tasks/outbox-context";
import { completing } from "../features/tasks/task-changes";
import { deferred } from "../testing/deferred";
import { MemoryStore, outboxOf } from "../testing/outbox";
import { renderInApp } from "../testing/render";
import { json, noNetwork, serve } from "../testing/service";
import { taskOf } from "../testing/tasks";
import { en } from "../words/en";
import { SaveState } from "./SaveState";

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

afterEach(() => vi.unstubAllGlobals());

function renderState() {
  const client = new QueryClient();
  const outbox = outboxOf(client, store);
  renderInApp(
    <QueryClientProvider client={client}>
      <OutboxContext value={outbox}>
        <SaveState />
        <Setting />
      </OutboxContext>
    </QueryClientProvider>,
  );
  return outbox;
}

/** Something else that is changed on a page. */
function Setting() {
  const change = useMutation({ mutationFn: () => updateProfile({ name: "Ada" }) });
  return (
    <button type="button" onClick={() => change.mutate()}>
      Change
    </button>
  );
}

function text(): string | null {
  return screen.getByRole("status").textContent;
}

/** Whether the browser would ask before it closes the window. */
function asksToStay(): boolean {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
}

describe("what is said about saving", () => {
  test("is that a change is being saved, and then that it is", async () => {
    let answer: (response: Response) => void = () => {};
    serve(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const outbox = renderState();
    expect(text()).toBe(en.saving.saved);
    act(() => void outbox.make([completing(taskOf())]));
    expect(text()).toBe(en.saving.saving);
    expect(asksToStay()).toBe(false);
    await vi.waitFor(() => {
      answer(json(taskOf({ status: "done" })));
      expect(text()).toBe(en.saving.saved);
    });
  });

  test("counts what is no task, too", async () => {
    const answer = deferred<Response>();
    serve(() => answer.promise);
    renderState();
    act(() => screen.getByRole("button", { name: "Change" }).click());
    await vi.waitFor(() => expect(text()).toBe(en.saving.saving));
    answer.resolve(json({}));
    await vi.waitFor(() => expect(text()).toBe(en.saving.saved));
  });

  test("is how many changes wait while nobody answers", async () => {
    serve(() => Promise.reject(noNetwork()));
    const outbox = renderState();
    act(() => void outbox.make([completing(taskOf({ id: "one" })), completing(taskOf({ id: "two" }))]));
    await vi.waitFor(() => expect(text()).toBe(en.saving.unreachable(2)));
    expect(asksToStay()).toBe(false); // they are on the device
  });

  test("is that there is no network, and how many changes wait for it", () => {
    vi.stubGlobal("navigator", { onLine: false });
    serve(() => Promise.reject(noNetwork()));
    const outbox = renderState();
    expect(text()).toBe(en.saving.offline(0));
    act(() => void outbox.make([completing(taskOf())]));
    expect(text()).toBe(en.saving.offline(1));
  });

  test("is that the page must stay open when the device keeps nothing, which the browser asks for too", async () => {
    store.isFull = true;
    serve(() => new Promise(() => {}));
    const outbox = renderState();
    act(() => void outbox.make([completing(taskOf())]));
    await vi.waitFor(() => expect(text()).toContain(en.saving.atRisk));
    expect(asksToStay()).toBe(true);
  });
});
