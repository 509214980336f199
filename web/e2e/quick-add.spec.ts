import type { Page } from "@playwright/test";
import { barriers, dayFromToday, expect, quickAdd, test, titleOf } from "./person";

/** What the service has of the only task. */
async function onlyTask(page: Page): Promise<Record<string, unknown>> {
  const answer = await page.context().request.get("/api/v1/tasks?status=todo");
  const { items } = (await answer.json()) as { items: Record<string, unknown>[] };
  expect(items).toHaveLength(1);
  return items[0] ?? {};
}

/** What is marked in the line. */
function marks(page: Page) {
  return page.locator(".quick-add mark");
}

test.describe("a line that says when, where and how often", () => {
  test("is marked while it is typed, told in words, and becomes the task", async ({ signedIn: page }) => {
    await page.getByRole("link", { name: "All" }).click();
    await quickAdd(page).pressSequentially("🎉 Pay rent tomorrow 9am #home !high every month");
    await expect(marks(page)).toHaveText(["tomorrow", "9am", "#home", "!high", "every month"]);
    const chips = page.locator(".quick-add-chips li");
    await expect(chips).toHaveText(["tomorrow, 09:00", "Every month", "High", "home"]);

    await quickAdd(page).press("Enter");

    await expect(titleOf(page, "🎉 Pay rent")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await onlyTask(page)).toMatchObject({
      title: "🎉 Pay rent",
      due: { date: dayFromToday(1), time: "09:00" },
      labels: ["home"],
      priority: 3,
      recurrence: { rule: "FREQ=MONTHLY", from: "due" },
    });
    await expect(quickAdd(page)).toHaveValue("");
    await expect(marks(page)).toHaveCount(0);
  });

  test("is understood on Enter, too, when nobody was asked before", async ({ signedIn: page }) => {
    await page.getByRole("link", { name: "All" }).click();
    await quickAdd(page).fill("Call Bob tomorrow");
    await quickAdd(page).press("Enter");
    await expect(titleOf(page, "Call Bob")).toBeVisible();
    await expect(page.getByText("tomorrow", { exact: true })).toBeVisible();
  });

  test("has from the view what it does not say", async ({ signedIn: page }) => {
    await quickAdd(page).fill("Sweep #garden");
    await expect(marks(page)).toHaveText(["#garden"]);
    await quickAdd(page).press("Enter");
    await expect(titleOf(page, "Sweep")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await onlyTask(page)).toMatchObject({ due: { date: dayFromToday() }, labels: ["garden"] });
  });

  test("is taken as it is by Escape, for this once", async ({ signedIn: page }) => {
    await quickAdd(page).fill("Watch tomorrow never dies");
    await expect(marks(page)).toHaveText(["tomorrow"]);
    await quickAdd(page).press("Escape");
    await expect(marks(page)).toHaveCount(0);
    await expect(quickAdd(page)).toHaveValue("Watch tomorrow never dies");
    await quickAdd(page).press("Enter");
    await expect(titleOf(page, "Watch tomorrow never dies")).toBeVisible();
    await quickAdd(page).fill("Call Bob #home");
    await expect(marks(page)).toHaveText(["#home"]);
  });

  test("is taken as it is by a button", async ({ signedIn: page }) => {
    await quickAdd(page).fill("Watch tomorrow never dies");
    await page.getByRole("button", { name: "Take literally" }).click();
    await page.keyboard.press("Enter");
    await expect(titleOf(page, "Watch tomorrow never dies")).toBeVisible();
  });

  test("keeps its marks in place when it is longer than the field", async ({ signedIn: page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await quickAdd(page).fill(`${"A long way to go ".repeat(6)}tomorrow`);
    await quickAdd(page).press("End");
    await expect(marks(page)).toHaveText(["tomorrow"]);
    const mark = await marks(page).boundingBox();
    const field = await quickAdd(page).boundingBox();
    expect(mark && field && mark.x + mark.width).toBeLessThanOrEqual((field?.x ?? 0) + (field?.width ?? 0));
    expect(mark?.x).toBeGreaterThan(field?.x ?? 0);
    await quickAdd(page).press("Home");
    await expect
      .poll(async () => (await marks(page).boundingBox())?.x ?? 0)
      .toBeGreaterThan((field?.x ?? 0) + (field?.width ?? 0));
  });

  test("on a day of the calendar is due on that day at its time", async ({ signedIn: page }) => {
    const day = dayFromToday(1);
    await page.goto(`/calendar?month=${day.slice(0, 7)}`);
    const cell = page.locator(`td:has(time[datetime="${day}"])`);
    await cell.hover();
    await cell.getByRole("button", { name: /Add a task on/ }).click();
    await quickAdd(page).fill("Dentist 23:59");
    await quickAdd(page).press("Enter");
    await expect(cell.getByText("Dentist")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await onlyTask(page)).toMatchObject({ title: "Dentist", due: { date: day, time: "23:59" } });
  });
});

test.describe("a line that nobody reads", () => {
  test("is the title as it was typed, without a network", async ({ signedIn: page, context }) => {
    await context.setOffline(true);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await quickAdd(page).fill("Call Bob tomorrow");
    await quickAdd(page).press("Enter");
    await expect(titleOf(page, "Call Bob tomorrow")).toBeVisible();
    expect(asked.filter((url) => url.endsWith("/quick"))).toEqual([]);
    await context.setOffline(false);
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await onlyTask(page)).toMatchObject({ title: "Call Bob tomorrow" });
  });

  test("is the title as it was typed, when the answer takes too long", async ({
    signedIn: page,
    context,
  }) => {
    await context.route("**/api/v1/tasks/quick", () => undefined);
    await quickAdd(page).fill("Call Bob tomorrow");
    await quickAdd(page).press("Enter");
    await expect(quickAdd(page)).toHaveValue("");
    await expect(titleOf(page, "Call Bob tomorrow")).toBeVisible();
  });

  test("is not lost when the page is loaded anew meanwhile", async ({ signedIn: page, context }) => {
    await context.route("**/api/v1/tasks/quick", () => undefined);
    await quickAdd(page).fill("Sweep #home");
    await quickAdd(page).press("Enter");
    await expect(quickAdd(page)).toHaveValue("");
    await page.reload();
    await expect(titleOf(page, "Sweep #home")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await onlyTask(page)).toMatchObject({ title: "Sweep #home" });
  });

  test("comes back as it was typed when the service refuses the task", async ({
    signedIn: page,
    context,
  }) => {
    await context.route("**/api/v1/tasks", (route) =>
      route.request().method() === "POST"
        ? route.fulfill({ status: 409, contentType: "application/problem+json", body: '{"detail":"Full."}' })
        : route.fallback(),
    );
    await quickAdd(page).fill("Sweep #home");
    await expect(marks(page)).toHaveText(["#home"]);
    await quickAdd(page).press("Enter");
    await page.getByRole("alert").getByRole("button", { name: "Edit" }).click();
    await expect(quickAdd(page)).toHaveValue("Sweep #home");
  });
});

test.describe("typing", () => {
  test("asks at most three times a second, and never about a mere title", async ({ signedIn: page }) => {
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/quick")) {
        asked.push((request.postDataJSON() as { text: string }).text);
      }
    });
    await quickAdd(page).pressSequentially("Buy milk and bread", { delay: 20 });
    expect(asked).toEqual([]);
    const before = Date.now();
    await quickAdd(page).pressSequentially(" tomorrow at 9 for the party at home", { delay: 60 });
    await expect(marks(page)).toHaveText(["tomorrow", /at 9/]);
    const seconds = (Date.now() - before) / 1_000;
    expect(asked.length).toBeLessThanOrEqual(Math.ceil(seconds * 3));
    expect(new Set(asked).size).toBe(asked.length);
  });

  test("shows the row within 100 ms of Enter when the line is understood", async ({ signedIn: page }) => {
    await quickAdd(page).fill("Sweep #home");
    await expect(marks(page)).toHaveText(["#home"]);
    const milliseconds = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let pressedAt = 0;
          new MutationObserver((_, observer) => {
            if (
              [...document.querySelectorAll<HTMLInputElement>("li input")].some(
                ({ value }) => value === "Sweep",
              )
            ) {
              observer.disconnect();
              requestAnimationFrame(() => resolve(performance.now() - pressedAt));
            }
          }).observe(document.body, { childList: true, subtree: true });
          const form = document.querySelector<HTMLFormElement>(".quick-add");
          pressedAt = performance.now();
          form?.requestSubmit();
        }),
    );
    expect(milliseconds).toBeLessThan(100);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`what was understood, and the examples, have no barrier that axe finds (${colorScheme})`, async ({
    signedIn: page,
  }) => {
    await page.emulateMedia({ colorScheme });
    await quickAdd(page).fill("Pay rent tomorrow 9am #home !high every month");
    await expect(page.getByRole("button", { name: "Take literally" })).toBeVisible();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "What a line can say" }).click();
    await expect(page.getByText("every! 3 days")).toBeVisible();
    expect(await barriers(page)).toEqual([]);
  });
}
