import type { BrowserContext, Page } from "@playwright/test";
import { addTask, barriers, checkboxOf, expect, quickAdd, test, textOnDevice, titleOf } from "./person";

/** Let nobody reach the service, whose page the browser still has. */
async function cutOff(context: BrowserContext): Promise<void> {
  await context.route("**/api/**", (route) => route.abort("internetdisconnected"));
}

async function reconnect(context: BrowserContext): Promise<void> {
  await context.unroute("**/api/**");
}

async function titlesOnService(page: Page): Promise<string[]> {
  const answer = await page.context().request.get("/api/v1/tasks?status=todo");
  const { items } = (await answer.json()) as { items: { title: string }[] };
  return items.map(({ title }) => title).toSorted();
}

test.describe("without a network", () => {
  test("changes are shown as pending, and sent in their order when it is back", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Buy milk");
    await addTask(page, "Buy bread");
    await context.setOffline(true);
    await expect(page.getByText("Offline", { exact: true })).toBeVisible();

    await quickAdd(page).fill("Call mother");
    await quickAdd(page).press("Enter");
    await titleOf(page, "Call mother").fill("Call grandmother");
    await titleOf(page, "Call mother").press("Enter");
    await checkboxOf(page, "Buy milk").click();
    await expect(page.getByText("Offline, 3 pending")).toBeVisible();
    await expect(titleOf(page, "Call grandmother")).toBeVisible();
    await expect(titleOf(page, "Buy milk")).toBeHidden();

    await context.setOffline(false);
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await titlesOnService(page)).toEqual(["Buy bread", "Call grandmother"]);
  });

  test("the app opens with the last known tasks, and with changes that were never sent", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Buy milk");
    await page.getByRole("link", { name: "All" }).click();
    await expect(page.getByRole("heading", { name: "All" })).toBeVisible();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await expect.poll(() => textOnDevice(page)).toContain("Buy milk");
    await cutOff(context);
    await quickAdd(page).fill("Buy bread");
    await quickAdd(page).press("Enter");
    await expect(page.getByText("1 pending")).toBeVisible();

    await page.reload();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await expect(titleOf(page, "Buy bread")).toBeVisible();
    await expect(page.getByText("1 pending")).toBeVisible();
    // A view that was never opened shows what is known of it.
    await page.getByRole("link", { name: "Inbox" }).click();
    await expect(titleOf(page, "Buy bread")).toBeVisible();
    expect(await barriers(page)).toEqual([]);

    await reconnect(context);
    await page.reload();
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(titleOf(page, "Buy bread")).toHaveCount(1);
    expect(await titlesOnService(page)).toEqual(["Buy bread", "Buy milk"]);
  });

  test("the changes of a window that was closed are sent by the next one", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Buy milk");
    await cutOff(context);
    await checkboxOf(page, "Buy milk").click();
    await expect(page.getByText("1 pending")).toBeVisible();
    await page.close();

    await reconnect(context);
    const next = await context.newPage();
    await next.goto("/all");
    await expect(next.getByText("Saved")).toBeVisible();
    await expect.poll(() => titlesOnService(next)).toEqual([]);
  });

  test("a change that meets another one on its return shows both, over a reload too", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Buy milk");
    const path = await pathOf(page, "Buy milk");
    await cutOff(context);
    await titleOf(page, "Buy milk").fill("Buy soy milk");
    await titleOf(page, "Buy milk").press("Enter");
    await expect(page.getByText("1 pending")).toBeVisible();
    await context.request.patch(path, {
      data: { title: "Buy oat milk" },
      headers: { Origin: new URL(page.url()).origin },
    });

    await reconnect(context);
    const conflict = page.getByRole("alert");
    // The browser itself decides when it tries the stream again.
    await expect(conflict).toContainText("Buy soy milk", { timeout: 15_000 });
    await expect(conflict).toContainText("Buy oat milk");
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    await page.reload();
    await expect(conflict).toContainText("Buy soy milk");
    expect(await barriers(page)).toEqual([]);
    await conflict.getByRole("button", { name: "Keep it as it is" }).click();
    await expect(conflict).toHaveCount(0);
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
  });

  test("nobody is signed out with changes that are not saved, unless they say so", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Buy milk");
    await cutOff(context);
    await checkboxOf(page, "Buy milk").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("dialog")).toContainText("1 change is not saved yet");
    await page.getByRole("button", { name: "Stay signed in" }).click();
    await expect(page.getByText("1 pending")).toBeVisible();
  });
});

test.describe("what is kept on the device", () => {
  test("is gone when its user signs out", async ({ signedIn: page }) => {
    await addTask(page, "A secret");
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByLabel("E-mail")).toBeVisible();
    const kept = await page.evaluate(async () => ({
      databases: await indexedDB.databases(),
      user: localStorage.getItem("taskfleet.user"),
    }));
    expect(kept).toEqual({ databases: [], user: null });
  });
});

async function pathOf(page: Page, title: string): Promise<string> {
  const answer = await page.context().request.get("/api/v1/tasks");
  const { items } = (await answer.json()) as { items: { id: string; title: string }[] };
  return `/api/v1/tasks/${items.find((item) => item.title === title)?.id}`;
}
