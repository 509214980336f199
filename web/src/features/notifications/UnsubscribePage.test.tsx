import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../testing/render";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { UnsubscribePage } from "./UnsubscribePage";

function renderPage(token: string | undefined, answer: (request: SentRequest) => Response) {
  const requests = serve(answer);
  renderInApp(
    <QueryClientProvider client={new QueryClient()}>
      <UnsubscribePage token={token} />
    </QueryClientProvider>,
  );
  return { requests, user: userEvent.setup() };
}

test("asks first, and then says what comes no more", async () => {
  const { requests, user } = renderPage("secret", () => json({ kind: "reminder" }));
  expect(requests).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Unsubscribe" }));
  expect(await screen.findByText("You get no more e-mails of this kind: Reminders.")).toBeDefined();
  expect(requests.map(({ method, url, body }) => [method, url.pathname, body])).toEqual([
    ["POST", "/api/v1/notifications/unsubscribe", { token: "secret" }],
  ]);
  expect(requests[0]?.headers.get("Content-Type")).toBe("application/json");
});

test.each([404, 422])("says where a link does not work any more: %i", async (status) => {
  const { user } = renderPage("secret", () => refusal(status));
  await user.click(screen.getByRole("button", { name: "Unsubscribe" }));
  expect((await screen.findByRole("alert")).textContent).toContain("does not work any more");
  expect(screen.queryByRole("button", { name: "Unsubscribe" })).toBeNull();
  expect(screen.getByRole("link", { name: "Notification settings" }).getAttribute("href")).toBe(
    "/settings/notifications",
  );
});

test("asks nothing of the service where the link is not complete", () => {
  const { requests } = renderPage(undefined, () => refusal(500));
  expect(screen.queryByRole("button", { name: "Unsubscribe" })).toBeNull();
  expect(requests).toEqual([]);
});
