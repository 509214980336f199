import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, test } from "vitest";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { deferred } from "../../testing/deferred";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { useListActions } from "./list-actions";
import { useLists } from "./lists";

/** The service's lists, and what becomes of a change. */
class Service {
  lists: ListOut[] = [];
  change: (request: SentRequest) => Response | Promise<Response> = () => refusal(500);

  readonly answer = (request: SentRequest) =>
    request.method === "GET" ? json({ items: this.lists, next_cursor: null }) : this.change(request);
}

let service: Service;
let lastId = 0;

beforeEach(() => {
  service = new Service();
  lastId += 1;
  service.lists = [
    { id: `list-${lastId}`, name: "Groceries", color: null, archived: false, position: "a0", revision: 5 },
  ];
});

async function renderLists() {
  serve(service.answer);
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => ({ lists: useLists(), actions: useListActions() }), { wrapper });
  await waitFor(() => expect(result.current.lists).toHaveLength(1));
  const [list] = service.lists as [ListOut];
  const names = () => result.current.lists?.map(({ name }) => name);
  return { result, list, names };
}

describe("a change of a list", () => {
  test("shows at once, and then what the service made of it", async () => {
    const { result, list, names } = await renderLists();
    const answer = deferred<Response>();
    service.change = () => answer.promise;
    act(() => result.current.actions.patch(list, { name: "Food" }));
    await waitFor(() => expect(names()).toEqual(["Food"]));
    service.lists = [{ ...list, name: "Food!", revision: 6 }];
    answer.resolve(json(service.lists[0]));
    await waitFor(() => expect(names()).toEqual(["Food!"]));
    expect(result.current.actions.notice).toBeUndefined();
  });

  test("is taken back when it is refused, and the reason is told with what was typed", async () => {
    const { result, list, names } = await renderLists();
    service.change = () => refusal(422, { detail: "No food today" });
    act(() => result.current.actions.patch(list, { name: "Food" }));
    await waitFor(() => expect(result.current.actions.notice).toBeDefined());
    expect(names()).toEqual(["Groceries"]);
    expect(result.current.actions.notice).toMatchObject({
      isFailure: true,
      text: "“Groceries” was not renamed to “Food”: No food today",
      action: undefined,
    });
  });

  test("of what was changed elsewhere shows that, and can be made all the same", async () => {
    const { result, list, names } = await renderLists();
    const current = { ...list, name: "Shopping", revision: 9 };
    service.change = ({ headers }) =>
      headers.get("If-Match") === '"9"'
        ? json({ ...current, name: "Food", revision: 10 })
        : refusal(412, { current });
    service.lists = [current];
    act(() => result.current.actions.patch(list, { name: "Food" }));
    await waitFor(() => expect(names()).toEqual(["Shopping"]));
    expect(result.current.actions.notice?.text).toContain("“Shopping”");
    service.lists = [{ ...current, name: "Food", revision: 10 }];
    act(() => result.current.actions.notice?.action?.run());
    await waitFor(() => expect(names()).toEqual(["Food"]));
  });

  test("of one that is gone takes it away", async () => {
    const { result, list } = await renderLists();
    service.change = () => refusal(404);
    service.lists = [];
    act(() => result.current.actions.patch(list, { color: "#099268" }));
    await waitFor(() => expect(result.current.lists).toEqual([]));
    await waitFor(() => expect(result.current.actions.notice?.isFailure).toBe(true));
  });
});

describe("archiving a list", () => {
  test("can be taken back", async () => {
    const { result, list } = await renderLists();
    let { revision } = list;
    service.change = ({ body }) => {
      revision += 1;
      service.lists = [{ ...list, ...(body as Partial<ListOut>), revision }];
      return json(service.lists[0]);
    };
    act(() => result.current.actions.archive(list));
    await waitFor(() => expect(result.current.lists).toMatchObject([{ archived: true }]));
    act(() => result.current.actions.notice?.action?.run());
    await waitFor(() => expect(service.lists).toMatchObject([{ archived: false, revision: 7 }]));
    await waitFor(() => expect(result.current.lists).toMatchObject([{ archived: false }]));
  });
});

describe("deleting a list", () => {
  test("takes it away at once, and brings it back when it is refused", async () => {
    const { result, list } = await renderLists();
    const answer = deferred<Response>();
    service.change = () => answer.promise;
    act(() => result.current.actions.remove(list));
    await waitFor(() => expect(result.current.lists).toEqual([]));
    answer.resolve(refusal(403, { detail: "Not today" }));
    await waitFor(() => expect(result.current.lists).toEqual([list]));
    expect(result.current.actions.notice?.text).toContain("Not today");
  });
});
