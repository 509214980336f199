import type { Page } from "@playwright/test";
import { barriers, createTasks, expect, expectToFit, test } from "./person";
import { isSplit } from "./shape";

/** Far enough away that the page has it before it is due. */
const SOON_MS = 1_500;

/** Have the user reminded of tasks in a moment, and wait until all of them are told. */
async function remind(page: Page, ...titles: readonly string[]): Promise<void> {
  const before = await unreadCount(page);
  const at = new Date(Date.now() + SOON_MS).toISOString();
  await createTasks(
    page,
    titles.map((title) => ({ title, reminders: [{ at }] })),
  );
  await expect.poll(() => unreadCount(page), { timeout: 20_000 }).toBe(before + titles.length);
}

async function unreadCount(page: Page): Promise<number> {
  return (await (await page.context().request.get("/api/v1/notifications?unread=true")).json()).unread_count;
}

function bell(page: Page) {
  return page.getByRole("button", { name: /^Notifications/ });
}

function panel(page: Page) {
  return page.getByRole("dialog", { name: "Notifications" });
}

test.describe("the bell", () => {
  test("says how many are unread, as they come, and leads to the task", async ({ signedIn: page }) => {
    await expect(bell(page)).toHaveAccessibleName("Notifications");
    await remind(page, "Call the dentist", "Buy milk");
    await expect(bell(page)).toHaveAccessibleName("Notifications, 2 unread");
    await bell(page).click();
    const entries = panel(page).getByRole("listitem");
    await expect(entries).toHaveCount(2);
    await entries.getByRole("link", { name: "Unread: Buy milk" }).click();
    await expect(page).toHaveURL(/\/today\?task=/);
    await expect(page.getByRole("dialog", { name: "Details" }).getByLabel("Title")).toHaveValue("Buy milk");
    await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
    await expect.poll(() => unreadCount(page)).toBe(1);
  });

  test("goes on counting in another window, and is still when all is read", async ({
    signedIn: page,
    context,
  }) => {
    const other = await context.newPage();
    await other.goto("/all");
    await remind(page, "Call the dentist");
    await expect(bell(other)).toHaveAccessibleName("Notifications, 1 unread");
    await bell(page).click();
    await panel(page).getByRole("button", { name: "Mark all as read" }).click();
    await expect(bell(other)).toHaveAccessibleName("Notifications");
    await expect(panel(page).getByRole("button", { name: "Mark all as read" })).toBeDisabled();
  });

  test("can be used by keys alone", async ({ signedIn: page }) => {
    await remind(page, "Call the dentist");
    await bell(page).focus();
    await page.keyboard.press("Enter");
    await expect(panel(page).getByRole("listitem")).toHaveCount(1);
    await expect(panel(page).locator(":focus")).toHaveCount(1);
    await page.keyboard.press("Escape");
    await expect(panel(page)).toHaveCount(0);
    await expect(bell(page)).toBeFocused();
  });

  test("says what will be there while nothing is", async ({ signedIn: page }) => {
    await bell(page).click();
    await expect(panel(page)).toContainText("Nothing yet.");
  });

  test("takes back what cannot be marked, with the reason", async ({ signedIn: page, context }) => {
    await remind(page, "Call the dentist");
    await context.route("**/api/v1/notifications/read", (route) =>
      route.fulfill({ status: 403, contentType: "application/problem+json", body: '{"detail":"Not today"}' }),
    );
    await bell(page).click();
    await panel(page).getByRole("button", { name: "Mark “Call the dentist” as read" }).click();
    await expect(panel(page).getByRole("alert")).toHaveText("That was not marked as read. Not today");
    await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
  });

  test("asks for nothing when a task has changed", async ({ signedIn: page }) => {
    await expect(bell(page)).toBeVisible();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await createTasks(page, [{ title: "Buy milk", due: { date: "2020-01-01" } }]);
    await expect(page.getByRole("textbox", { name: "Title of “Buy milk”" })).toBeVisible();
    expect(asked).toContain("/api/v1/sync");
    expect(asked).not.toContain("/api/v1/notifications");
  });
});

test("what has not changed is asked for with its ETag, and not sent again", async ({
  signedIn: page,
  context,
}) => {
  test.skip(isSplit, "Chromium keeps no answers of a server whose certificate it does not know");
  await expect(bell(page)).toBeVisible();
  const session = await context.newCDPSession(page);
  const paths = new Map<string, string>();
  const statuses = new Map<string, number>();
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    paths.set(requestId, new URL(request.url).pathname);
  });
  session.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    statuses.set(requestId, statusCode);
  });
  await session.send("Network.enable");
  await page.reload();
  // What the page sees of it is the answer that the browser has kept.
  const answered = () =>
    [...statuses].filter(([id]) => paths.get(id) === "/api/v1/notifications").map(([, status]) => status);
  await expect.poll(answered).toEqual([304]);
});

test.describe("a reminder that comes while the app is open", () => {
  test("is told in one of the windows, once", async ({ signedIn: page, context }) => {
    const other = await context.newPage();
    await other.goto("/all");
    await expect(bell(other)).toBeVisible();
    await remind(page, "Call the dentist");
    const toasts = () =>
      Promise.all([page, other].map((window) => window.getByRole("button", { name: "Dismiss" }).count()));
    await expect.poll(async () => (await toasts()).reduce((sum, count) => sum + count)).toBe(1);
    await expect(bell(other)).toHaveAccessibleName("Notifications, 1 unread");
    await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
    expect((await toasts()).reduce((sum, count) => sum + count)).toBe(1);
  });

  test("leads to its task", async ({ signedIn: page }) => {
    await remind(page, "Call the dentist");
    await page.getByRole("link", { name: "Open" }).click();
    await expect(page.getByRole("dialog", { name: "Details" }).getByLabel("Title")).toHaveValue(
      "Call the dentist",
    );
    await expect.poll(() => unreadCount(page)).toBe(0);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("notifications are in front of everything, and fit", async ({ signedIn: page }) => {
    await remind(page, "Call the dentist about the appointment on Tuesday that had to be moved");
    await expectToFit(page);
    await bell(page).click();
    await expect(panel(page).getByRole("listitem")).toHaveCount(1);
    await expectToFit(page);
    await page.getByRole("button", { name: "Close the notifications" }).click();
    await expect(bell(page)).toBeFocused();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("notifications have no barrier that axe finds", async ({ signedIn: page }) => {
      await remind(page, "Call the dentist", "Buy milk");
      await page.getByRole("button", { name: "Dismiss" }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await bell(page).click();
      await panel(page).getByRole("listitem").first().waitFor();
      expect(await barriers(page)).toEqual([]);
    });
  });
}
