import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import type { TokenOut } from "../../api/generated/taskfleet.schemas";
import { renderInApp } from "../../testing/render";
import { type Answer, json, refusal, serve } from "../../testing/service";
import { en } from "../../words/en";
import { TokenList } from "./TokenList";

const words = en.tokens;

function tokenOf(members: Partial<TokenOut> = {}): TokenOut {
  return {
    id: "token-1",
    name: "Backup",
    scopes: ["tasks:read"],
    created_at: "2026-11-01T08:00:00.000Z",
    expires_at: null,
    last_used_at: null,
    hint: "a1b2c3",
    ...members,
  };
}

function renderTokens(answer: Answer) {
  const requests = serve(answer);
  renderInApp(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <TokenList />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), requests };
}

describe("the tokens", () => {
  test("say what they may do, when they were used and how long they work", async () => {
    const minute = new Date(Date.now() - 60_000).toISOString();
    renderTokens(() =>
      json({
        items: [
          tokenOf({ scopes: ["tasks:read", "tasks:write"], last_used_at: minute }),
          tokenOf({ id: "token-2", name: "Old", expires_at: "2020-02-03T12:00:00.000Z" }),
        ],
        next_cursor: null,
      }),
    );
    const [backup, old] = await screen.findAllByRole("listitem");
    expect(backup?.textContent).toContain("Read, Change");
    expect(backup?.textContent).toContain("last used 1 minute ago · works until revoked · ends with a1b2c3");
    expect(backup?.textContent).not.toContain(words.expired);
    expect(old?.textContent).toContain(words.expired);
    expect(old?.textContent).toMatch(/never used · expired on .*2020/);
  });

  test("are loaded again by hand after a failure", async () => {
    let isDown = true;
    const { user } = renderTokens(() =>
      isDown ? refusal(500) : json({ items: [tokenOf()], next_cursor: null }),
    );
    await screen.findByText(new RegExp(words.failed));
    isDown = false;
    await user.click(screen.getByRole("button", { name: en.list.retry }));
    await screen.findByRole("listitem");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("revoking", () => {
  async function ask(answer: Answer) {
    const shown = renderTokens(answer);
    await shown.user.click(await screen.findByRole("button", { name: words.revokeOf("Backup") }));
    const question = await screen.findByRole("dialog");
    await shown.user.click(within(question).getByRole("button", { name: words.revoke }));
    return { ...shown, question };
  }

  test.each([204, 404])("takes the token off the list after %i", async (status) => {
    let isThere = true;
    const { requests } = await ask(({ method }) => {
      if (method === "DELETE") {
        isThere = false;
        return status === 204 ? new Response(null, { status }) : refusal(status);
      }
      return json({ items: isThere ? [tokenOf()] : [], next_cursor: null });
    });
    await screen.findByText(words.empty);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(requests.filter(({ method }) => method === "DELETE").map(({ url }) => url.pathname)).toEqual([
      "/api/v1/me/tokens/token-1",
    ]);
  });

  test("that is refused says why in the question, and keeps the token", async () => {
    const { question } = await ask(({ method }) =>
      method === "DELETE"
        ? refusal(403, { detail: "Not today." })
        : json({ items: [tokenOf()], next_cursor: null }),
    );
    expect((await within(question).findByRole("alert")).textContent).toBe("Not today.");
    expect(screen.getByText("Backup")).toBeDefined();
  });
});
