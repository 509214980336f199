import type { Page } from "@playwright/test";
import { addTask, barriers, expect, expectToFit, quickAdd, test, titleOf } from "./person";

const TITLES = ["Buy milk", "Call the dentist", "Water the plants", "Order boxes"];

/** Add four tasks to the inbox. */
async function addTasks(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Inbox" }).click();
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  for (const title of TITLES) {
    await addTask(page, title);
  }
  await expect(page.getByText("Saved")).toBeVisible();
  await quickAdd(page).blur();
}

function bar(page: Page) {
  return page.getByRole("region", { name: "Selected tasks" });
}

test.describe("selected tasks", () => {
  test("are chosen by keys, completed together, and brought back together", async ({ signedIn: page }) => {
    await addTasks(page);
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await expect(bar(page)).toContainText("1 selected");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Shift+X");
    await expect(bar(page)).toContainText("3 selected");
    await expect(page.getByRole("checkbox", { name: "Select “Call the dentist”" })).toBeChecked();
    await bar(page).getByRole("button", { name: "Complete" }).press("Enter");
    for (const title of TITLES.slice(0, 3)) {
      await expect(titleOf(page, title)).toHaveCount(0);
    }
    await expect(titleOf(page, "Order boxes")).toBeVisible();
    await expect(bar(page)).toHaveCount(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("listitem")).toHaveCount(4);
    await expect(page.getByText("Saved")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("listitem")).toHaveCount(4);
  });

  test("are chosen with Shift and Control held, and cleared by Escape", async ({ signedIn: page }) => {
    await addTasks(page);
    await titleOf(page, "Buy milk").click({ modifiers: ["Control"] });
    await titleOf(page, "Water the plants").click({ modifiers: ["Shift"] });
    await expect(bar(page)).toContainText("3 selected");
    await titleOf(page, "Call the dentist").click({ modifiers: ["Control"] });
    await expect(bar(page)).toContainText("2 selected");
    await page.keyboard.press("Control+a");
    await expect(bar(page)).toContainText("4 selected");
    await page.keyboard.press("Escape");
    await expect(bar(page)).toHaveCount(0);
  });

  test("get a priority, a day and a list together", async ({ signedIn: page, context }) => {
    const headers = { Origin: new URL(page.url()).origin };
    await context.request.post("/api/v1/lists", { data: { name: "Errands" }, headers });
    await addTasks(page);
    await page.keyboard.press("Control+a");
    await bar(page).getByRole("button", { name: "Priority" }).click();
    await page.getByRole("menuitemradio", { name: "High" }).click();
    await expect(page.getByRole("img", { name: "Priority 3 of 4" })).toHaveCount(4);
    await bar(page).getByRole("button", { name: "Due date" }).click();
    await page.getByRole("button", { name: "Tomorrow" }).click();
    await expect(page.getByRole("list").getByText("tomorrow")).toHaveCount(4);
    await bar(page).getByRole("button", { name: "Move", exact: true }).click();
    await page.getByRole("menuitemradio", { name: "Errands" }).click();
    await expect(page.getByRole("listitem")).toHaveCount(0);
    await expect(page.getByText("Saved")).toBeVisible();
    await page.getByRole("link", { name: "Errands" }).click();
    await expect(page.getByRole("listitem")).toHaveCount(4);
    await page.reload();
    await expect(page.getByRole("img", { name: "Priority 3 of 4" })).toHaveCount(4);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`a selection in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("has no barrier that axe finds", async ({ signedIn: page }) => {
      await addTasks(page);
      await page.keyboard.press("Control+a");
      await expect(bar(page)).toContainText("4 selected");
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test.describe("a selection on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test("is made from the menu of a row, and its bar fits", async ({ signedIn: page }) => {
    await page.goto("/inbox");
    await addTask(page, "Buy milk");
    await addTask(page, "Order boxes");
    await page.getByRole("button", { name: "More for “Buy milk”" }).tap();
    await page.getByRole("menuitem", { name: "Select" }).tap();
    await page.getByRole("checkbox", { name: "Select “Order boxes”" }).tap();
    await expect(bar(page)).toContainText("2 selected");
    await expectToFit(page);
    await bar(page).getByRole("button", { name: "Delete" }).tap();
    await expect(titleOf(page, "Buy milk")).toHaveCount(0);
    await expect(titleOf(page, "Order boxes")).toHaveCount(0);
  });
});
