import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { UserDetailsOut } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { userOf } from "../../testing/users";
import { en } from "../../words/en";
import { NoticesContext } from "../tasks/notices";
import { userQuery } from "./admin-queries";
import { UserActs } from "./UserActs";

const words = en.admin.user;

function renderActs(
  answer: (request: SentRequest) => Response,
  { user = userOf(), isOwn = false }: { user?: UserDetailsOut; isOwn?: boolean } = {},
) {
  const requests = serve(answer);
  const client = new QueryClient();
  client.setQueryData(userQuery(user.id).queryKey, { body: user, etag: '"seen"' });
  const tell = vi.fn();
  renderInApp(
    <QueryClientProvider client={client}>
      <NoticesContext value={{ notice: undefined, tell, dismiss: () => undefined }}>
        <UserActs user={user} isOwn={isOwn} />
      </NoticesContext>
    </QueryClientProvider>,
  );
  return { requests, tell, actor: userEvent.setup() };
}

function button(name: string): HTMLButtonElement {
  return screen.getByRole<HTMLButtonElement>("button", { name });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("what can be done with a user", () => {
  test("is done after a question, and told", async () => {
    const { actor, requests, tell } = renderActs(({ body }) => json(userOf(body as object)));
    await actor.click(button(words.grant.open));
    expect((await screen.findByRole("dialog")).textContent).toContain(words.grant.meaning);
    expect(requests).toEqual([]);
    await actor.click(button(words.grant.confirm));
    await vi.waitFor(() => expect(tell).toHaveBeenCalledWith(words.grant.done("Bob")));
    expect(requests[0]?.body).toEqual({ role: "admin" });
  });

  test("says to the last administrator what to do first", async () => {
    const { actor, tell } = renderActs(() => refusal(409, { type: "/problems/last-admin" }), {
      user: userOf({ role: "admin" }),
      isOwn: true,
    });
    await actor.click(button(words.revoke.open));
    expect((await screen.findByRole("dialog")).textContent).toContain(words.revoke.own);
    await actor.click(button(words.revoke.confirm));
    expect((await screen.findByRole("alert")).textContent).toBe(words.lastAdmin);
    expect(tell).not.toHaveBeenCalled();
  });

  test("depends on what the user is", () => {
    renderActs(() => refusal(500), { user: userOf({ role: "admin", disabled: true, sessions: 0 }) });
    expect(button(words.revoke.open).disabled).toBe(false);
    expect(button(words.enable.open).disabled).toBe(false);
    expect(button(words.end.open).disabled).toBe(true);
  });

  test("is nothing without a network", () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    renderActs(() => refusal(500));
    expect(button(words.disable.open).disabled).toBe(true);
  });
});
