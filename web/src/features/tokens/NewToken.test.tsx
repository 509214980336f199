import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test } from "vitest";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { profileOf } from "../../testing/profile";
import { renderInApp } from "../../testing/render";
import { type Answer, json, noNetwork, refusal, serve } from "../../testing/service";
import { en } from "../../words/en";
import { NewToken } from "./NewToken";

const words = en.tokens;
const DAY_MS = 86_400_000;
const SECRET = "tf_secret";

afterEach(() => {
  sessionStorage.clear();
});

function made(body: unknown): Response {
  const record = { id: "token-1", hint: "cret", created_at: "2026-11-28T08:00:00.000Z", last_used_at: null };
  return json({ ...(body as object), ...record, secret: SECRET }, 201);
}

function renderForm(answer: Answer, profile: Partial<ProfileOut> = {}) {
  const requests = serve(answer);
  const client = new QueryClient();
  const { unmount } = renderInApp(
    <QueryClientProvider client={client}>
      <NewToken profile={profileOf(profile)} />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), requests, client, unmount };
}

function nameField(): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("textbox", { name: words.name });
}

describe("making a token", () => {
  test("sends what was chosen, without a key under which its answer would be kept", async () => {
    const { user, requests } = renderForm(({ body }) => made(body));
    await user.type(nameField(), " Shell ");
    await user.click(screen.getByRole("checkbox", { name: "Change" }));
    await user.click(screen.getByRole("radio", { name: words.lifetimes.month }));
    const before = Date.now();
    await user.click(screen.getByRole("button", { name: words.submit }));
    await screen.findByText(words.ready("Shell"));
    const [{ body, headers } = { body: {}, headers: new Headers() }] = requests;
    expect(body).toMatchObject({ name: "Shell", scopes: ["tasks:read", "tasks:write"] });
    const end = Date.parse((body as { expires_at: string }).expires_at);
    expect(end - before - 30 * DAY_MS).toBeLessThan(60_000);
    expect(end - before - 30 * DAY_MS).toBeGreaterThanOrEqual(0);
    expect(headers.has("Idempotency-Key")).toBe(false);
  });

  test("without an end sends none", async () => {
    const { user, requests } = renderForm(({ body }) => made(body));
    await user.click(screen.getByRole("radio", { name: words.lifetimes.never }));
    await user.type(nameField(), "Shell{Enter}");
    await screen.findByText(words.ready("Shell"));
    expect(requests[0]?.body).toMatchObject({ expires_at: null });
  });

  test.each([
    ["user", false],
    ["admin", true],
  ] as const)("offers a %s to administer: %s", (role, isOffered) => {
    renderForm(() => refusal(500), { role });
    expect(screen.queryByRole("checkbox", { name: "Administer" }) !== null).toBe(isOffered);
  });

  test("sends nothing without a name or a scope, and says what is missing", async () => {
    const { user, requests } = renderForm(() => refusal(500));
    await user.click(screen.getByRole("checkbox", { name: "Read" }));
    await user.type(nameField(), "   {Enter}");
    expect(screen.getAllByRole("alert").map(({ textContent }) => textContent)).toEqual([
      words.nameMissing,
      words.scopesMissing,
    ]);
    expect(requests).toEqual([]);
  });
});

describe("the secret", () => {
  test("is in no cache, and gone when it is done with", async () => {
    const { user, client } = renderForm(({ body }) => made(body));
    await user.type(nameField(), "Shell{Enter}");
    await screen.findByText(SECRET);
    const kept = [client.getMutationCache(), client.getQueryCache()].flatMap((cache) =>
      cache.getAll().map(({ state }) => JSON.stringify(state)),
    );
    expect(kept).not.toHaveLength(0);
    expect(kept.join()).not.toContain(SECRET);
    await user.click(screen.getByRole("button", { name: en.programs.done }));
    expect(document.body.textContent).not.toContain(SECRET);
    expect(document.activeElement).toBe(nameField());
  });

  test("is gone when the page is left, which the browser may show again", async () => {
    const { user } = renderForm(({ body }) => made(body));
    await user.type(nameField(), "Shell{Enter}");
    await screen.findByText(SECRET);
    act(() => void window.dispatchEvent(new Event("pagehide")));
    expect(screen.queryByText(SECRET)).toBeNull();
  });
});

describe("a token that was not made", () => {
  test.each([
    [409, { type: "/problems/quota-exceeded" }, words.full],
    [403, { type: "/problems/forbidden", detail: "No." }, words.refused],
    [422, { errors: [{ detail: "Too long." }] }, "Too long."],
    [500, {}, en.failure.server],
  ])("says so after %i, and keeps the name over leaving the page", async (status, members, text) => {
    const { user, unmount } = renderForm(() => refusal(status, members));
    await user.type(nameField(), "Shell{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe(text);
    unmount();
    renderForm(() => refusal(500));
    expect(nameField().value).toBe("Shell");
  });

  test("is not sent again by itself when no answer came, and perhaps made", async () => {
    const { user, requests } = renderForm(() => {
      throw noNetwork();
    });
    await user.type(nameField(), "Shell{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe(words.uncertain);
    await waitFor(() => expect(requests).toHaveLength(1));
  });
});
