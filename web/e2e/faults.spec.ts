import type { BrowserContext, Page } from "@playwright/test";
import { addTask, expect, quickAdd, test, titleOf } from "./person";

interface Refusal {
  readonly status: number;
  readonly document?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** Have changes of tasks refused, at most so many times. */
async function refuse(
  context: BrowserContext,
  { status, document = {}, headers = {} }: Refusal,
  times = Number.POSITIVE_INFINITY,
): Promise<void> {
  let left = times;
  await context.route("**/api/v1/tasks/*", async (route) => {
    if (route.request().method() !== "PATCH" || left === 0) {
      await route.fallback();
      return;
    }
    left -= 1;
    await route.fulfill({
      status,
      headers: { "Content-Type": "application/problem+json", ...headers },
      body: JSON.stringify({ type: "about:blank", title: "Refused", status, ...document }),
    });
  });
}

async function rename(page: Page, from: string, to: string): Promise<void> {
  await titleOf(page, from).fill(to);
  await titleOf(page, from).press("Enter");
}

test.describe("a change that the service refuses", () => {
  const CASES: readonly [name: string, refusal: Refusal, told: string][] = [
    ["403", { status: 403, document: { detail: "This is not yours." } }, "This is not yours."],
    ["404", { status: 404 }, "It does not exist any more."],
    ["409", { status: 409, document: { detail: "It is being changed." } }, "It is being changed."],
    ["413", { status: 413, document: { detail: "That is too much." } }, "That is too much."],
    ["422", { status: 422, document: { errors: [{ pointer: "/title", detail: "Too dull." }] } }, "Too dull."],
  ];
  for (const [name, refusal, told] of CASES) {
    test(`with ${name} is taken back, with the reason`, async ({ signedIn: page, context }) => {
      await addTask(page, "Buy milk");
      await refuse(context, refusal);
      await rename(page, "Buy milk", "Buy oat milk");
      await expect(page.getByRole("alert")).toContainText(told);
      await expect(page.getByText("Saved")).toBeVisible();
      await expect(titleOf(page, "Buy oat milk")).toHaveCount(0);
    });
  }

  test("is made when it is tried again", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await refuse(context, { status: 409, document: { detail: "It is being changed." } }, 1);
    await rename(page, "Buy milk", "Buy oat milk");
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
  });

  test("gives a new task back to be edited", async ({ signedIn: page, context }) => {
    await context.route("**/api/v1/tasks", (route) =>
      route.request().method() === "POST"
        ? route.fulfill({ status: 422, contentType: "application/problem+json", body: "{}" })
        : route.fallback(),
    );
    await quickAdd(page).fill("Buy milk");
    await quickAdd(page).press("Enter");
    await page.getByRole("alert").getByRole("button", { name: "Edit" }).click();
    await expect(quickAdd(page)).toHaveValue("Buy milk");
  });
});

test.describe("a service that is busy", () => {
  test("is asked again after the time that it asks for", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await refuse(context, { status: 429, headers: { "Retry-After": "30" } }, 1);
    await page.clock.install();
    await rename(page, "Buy milk", "Buy oat milk");
    await expect(page.getByText("Not connected, 1 pending")).toBeVisible();
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    await page.clock.fastForward(29_000);
    await expect(page.getByText("Not connected, 1 pending")).toBeVisible();
    await page.clock.fastForward(2_000);
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
  });

  test("and is away for minutes still gets the change", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await page.clock.install();
    await refuse(context, { status: 503 });
    await rename(page, "Buy milk", "Buy oat milk");
    for (let minute = 0; minute < 3; minute += 1) {
      await expect(page.getByText("Not connected, 1 pending")).toBeVisible();
      await page.clock.fastForward(60_000);
    }
    await context.unroute("**/api/v1/tasks/*");
    await page.clock.fastForward(60_000);
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
  });
});

test.describe("a slow service", () => {
  test("leaves what is typed meanwhile alone", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await context.route("**/api/v1/tasks/*", async (route) => {
      await answered;
      await route.fallback();
    });
    await rename(page, "Buy milk", "Buy oat milk");
    await expect(page.getByText("Saving…")).toBeVisible();
    await titleOf(page, "Buy oat milk").fill("Buy oat milk and br");
    answer();
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(titleOf(page, "Buy oat milk")).toHaveValue("Buy oat milk and br");
  });

  test("shows that a list is coming, and why it does not", async ({ signedIn: page, context }) => {
    await page.clock.install();
    await context.route("**/api/v1/tasks?*", (route) => route.abort("connectionreset"));
    await page.getByRole("link", { name: "Inbox" }).click();
    await expect(page.getByRole("status", { name: "Loading tasks" })).toBeVisible();
    await expect(async () => {
      await page.clock.fastForward(10_000); // to the next of several attempts, once it is waited for
      await expect(page.getByRole("alert")).toContainText("The service cannot be reached", { timeout: 500 });
    }).toPass();
    await context.unroute("**/api/v1/tasks?*");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByText("No tasks here yet")).toBeVisible();
  });
});

test.describe("a device without room", () => {
  test("says that the page must stay open until the change is saved", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("No room.", "QuotaExceededError");
      };
    });
    await context.route("**/api/v1/tasks/*", (route) => route.abort("connectionreset"));
    await rename(page, "Buy milk", "Buy oat milk");
    await expect(page.getByText("Do not close this page")).toBeVisible();
    await context.unroute("**/api/v1/tasks/*");
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(page.getByText("Do not close this page")).toHaveCount(0);
  });
});
