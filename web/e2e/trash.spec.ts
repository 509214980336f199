import type { Page } from "@playwright/test";
import { addTask, barriers, expect, test, titleOf } from "./person";

/** Move a task to the trash. */
async function remove(page: Page, title: string): Promise<void> {
  await titleOf(page, title).hover();
  await page.getByRole("button", { name: `Move “${title}” to the trash` }).click();
  await expect(titleOf(page, title)).toHaveCount(0);
}

test.describe("the trash", () => {
  test("holds what was deleted, and gives it back", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await remove(page, "Buy milk");
    await page.getByRole("link", { name: "Trash" }).click();
    await expect(page.getByRole("listitem", { name: "Buy milk" })).toContainText("Deleted");
    await expect(page.getByText("stays here for 30 days")).toBeVisible();

    await page.getByRole("button", { name: "Restore “Buy milk”" }).click();
    await expect(page.getByRole("listitem", { name: "Buy milk" })).toHaveCount(0);
    await expect(page.getByText("The trash is empty.")).toBeVisible();
    await page.getByRole("link", { name: "Today" }).click();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await page.reload();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
  });

  test("follows what is deleted and restored in another window", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    const other = await context.newPage();
    await other.goto("/trash");
    await expect(other.getByText("The trash is empty.")).toBeVisible();
    await remove(page, "Buy milk");
    await expect(other.getByRole("listitem", { name: "Buy milk" })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(other.getByText("The trash is empty.")).toBeVisible();
  });

  test("keeps a task whose restoring is refused, and says why", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await remove(page, "Buy milk");
    await context.route("**/restore", (route) =>
      route.fulfill({
        status: 409,
        contentType: "application/problem+json",
        body: '{"detail":"An account holds at most 1 task."}',
      }),
    );
    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByRole("button", { name: "Restore “Buy milk”" }).click();
    await expect(page.getByRole("alert")).toContainText("at most 1 task");
    await expect(page.getByRole("listitem", { name: "Buy milk" })).toBeVisible();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`the trash in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("has no barrier that axe finds", async ({ signedIn: page }) => {
      await addTask(page, "Buy milk");
      await remove(page, "Buy milk");
      await page.getByRole("link", { name: "Trash" }).click();
      await expect(page.getByRole("listitem", { name: "Buy milk" })).toBeVisible();
      expect(await barriers(page)).toEqual([]);
    });
  });
}
