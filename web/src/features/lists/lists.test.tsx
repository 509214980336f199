import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, screen, waitFor, within } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, test } from "vitest";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { mayRetry } from "../../api/retry";
import { deferred } from "../../testing/deferred";
import { AppLook } from "../../testing/render";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { NoticesContext, useNewNotices, useNotices } from "../tasks/notices";
import { useListActions } from "./list-actions";
import { useList, useLists } from "./lists";
import { RefusedListChanges } from "./RefusedListChanges";

/** The service's lists, and what becomes of a change. */
class Service {
  lists: ListOut[] = [];
  change: (request: SentRequest) => Response | Promise<Response> = () => refusal(500);

  readonly answer = (request: SentRequest) =>
    request.method === "GET" ? this.#read(request) : this.change(request);

  #read({ url }: SentRequest): Response {
    if (url.pathname === "/api/v1/lists") {
      return json({ items: this.lists, next_cursor: null });
    }
    const list = this.lists.find(({ id }) => url.pathname === `/api/v1/lists/${id}`);
    return list ? json(list) : refusal(404);
  }
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

function Notices({ children }: { children: ReactNode }) {
  return (
    <NoticesContext value={useNewNotices()}>
      {children}
      <RefusedListChanges />
    </NoticesContext>
  );
}

async function renderLists() {
  serve(service.answer);
  const client = new QueryClient({ defaultOptions: { queries: { retry: mayRetry } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <AppLook>
      <QueryClientProvider client={client}>
        <Notices>{children}</Notices>
      </QueryClientProvider>
    </AppLook>
  );
  const { result } = renderHook(
    () => ({ lists: useLists(), actions: useListActions(), notices: useNotices() }),
    { wrapper },
  );
  await waitFor(() => expect(result.current.lists).toHaveLength(1));
  const [list] = service.lists as [ListOut];
  const names = () => result.current.lists?.map(({ name }) => name);
  return { result, list, names, wrapper };
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
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("is taken back when it is refused, and the reason is told with what was typed", async () => {
    const { result, list, names } = await renderLists();
    service.change = () => refusal(422, { detail: "No food today" });
    act(() => result.current.actions.patch(list, { name: "Food" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toBe("“Groceries” was not renamed to “Food”: No food today");
    expect(names()).toEqual(["Groceries"]);
    act(() => within(alert).getByRole("button", { name: "Dismiss" }).click());
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
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
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("is “Shopping” now");
    service.lists = [{ ...current, name: "Food", revision: 10 }];
    act(() => within(alert).getByRole("button", { name: "Use mine" }).click());
    await waitFor(() => expect(names()).toEqual(["Food"]));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("of one that is gone takes it away", async () => {
    const { result, list } = await renderLists();
    service.change = () => refusal(404);
    service.lists = [];
    act(() => result.current.actions.patch(list, { color: "#099268" }));
    await waitFor(() => expect(result.current.lists).toEqual([]));
    await screen.findByRole("alert");
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
    act(() => result.current.notices.notice?.undo?.());
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
    expect((await screen.findByRole("alert")).textContent).toContain("Not today");
  });
});

describe("a list that is not among those that are known here", () => {
  test("is asked for, as it may be newer than they are", async () => {
    const { wrapper, list } = await renderLists();
    const newer = { ...list, id: "list-newer", name: "Moving house" };
    service.lists = [list, newer];
    const { result } = renderHook(() => useList("list-newer"), { wrapper });
    expect(result.current.isGone).toBe(false);
    await waitFor(() => expect(result.current.list).toEqual(newer));
    expect(result.current.isGone).toBe(false);
  });

  test("is gone when the service has none", async () => {
    const { wrapper } = await renderLists();
    const { result } = renderHook(() => useList("list-gone"), { wrapper });
    await waitFor(() => expect(result.current.isGone).toBe(true));
  });
});
