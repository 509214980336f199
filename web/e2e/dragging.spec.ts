import type { Locator, Page } from "@playwright/test";
import { addTask, barriers, expect, quickAdd, test, titleOf } from "./person";

/** Add three tasks to the inbox. */
async function addTasks(page: Page): Promise<void> {
  await page.goto("/inbox");
  for (const title of ["One", "Two", "Three"]) {
    await addTask(page, title);
  }
  await expect(page.getByText("Saved")).toBeVisible();
  await quickAdd(page).blur();
}

/** Take a row by its handle, and hold it over something. */
async function dragOver(page: Page, title: string, target: Locator): Promise<void> {
  await titleOf(page, title).hover();
  const handle = await page.getByRole("listitem", { name: title }).locator(".drag-handle").boundingBox();
  const place = await target.boundingBox();
  if (handle === null || place === null) {
    throw new Error("There is nothing to drag, or nowhere to drop it.");
  }
  await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
  await page.mouse.down();
  await page.mouse.move(handle.x + 20, handle.y + 20, { steps: 4 });
  await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2, { steps: 8 });
}

async function expectOrder(page: Page, ...titles: string[]): Promise<void> {
  const rows = page.getByRole("listitem");
  await expect(rows).toHaveCount(titles.length);
  for (const [index, title] of titles.entries()) {
    await expect(page.locator(`[aria-posinset="${index + 1}"]`)).toHaveAccessibleName(title);
  }
}

test.describe("dragging a task", () => {
  test("puts it where a line shows, for good", async ({ signedIn: page }) => {
    await addTasks(page);
    await dragOver(page, "Three", page.getByRole("listitem", { name: "Two" }));
    await expect(page.getByRole("listitem", { name: "Two" })).toHaveAttribute("data-drop", "above");
    await page.mouse.up();
    await expectOrder(page, "One", "Three", "Two");
    await dragOver(page, "One", page.getByRole("listitem", { name: "Two" }));
    await expect(page.getByRole("listitem", { name: "Two" })).toHaveAttribute("data-drop", "below");
    await page.mouse.up();
    await expectOrder(page, "Three", "Two", "One");
    await dragOver(page, "One", page.getByRole("listitem", { name: "Three" }));
    await page.mouse.up();
    await expectOrder(page, "One", "Three", "Two");
    await expect(page.getByText("Saved")).toBeVisible();
    await page.reload();
    await expectOrder(page, "One", "Three", "Two");
  });

  test("onto a list moves it there, and undo brings it back", async ({ signedIn: page, context }) => {
    const headers = { Origin: new URL(page.url()).origin };
    await context.request.post("/api/v1/lists", { data: { name: "Errands" }, headers });
    await addTasks(page);
    const list = page.getByRole("link", { name: "Errands" });
    await dragOver(page, "Two", list);
    await page.mouse.up();
    await expectOrder(page, "One", "Three");
    await page.getByRole("button", { name: "Undo" }).click();
    await expectOrder(page, "One", "Two", "Three");
    await dragOver(page, "Two", list);
    await page.mouse.up();
    await list.click();
    await expectOrder(page, "Two");
  });

  test("is left undone by Escape, and is not offered where dates make the order", async ({
    signedIn: page,
  }) => {
    await addTasks(page);
    await dragOver(page, "Three", page.getByRole("listitem", { name: "One" }));
    await page.keyboard.press("Escape");
    await page.mouse.up();
    await expectOrder(page, "One", "Two", "Three");

    await page.goto("/today");
    await addTask(page, "Four");
    await addTask(page, "Five");
    await dragOver(page, "Five", page.getByRole("listitem", { name: "Four" }));
    await expect(page.getByRole("listitem", { name: "Four" })).not.toHaveAttribute("data-drop");
    await page.mouse.up();
  });
});

test.describe("the keyboard alone", () => {
  test("moves a task up and down, says where it is, and stays with it", async ({ signedIn: page }) => {
    await addTasks(page);
    await page.keyboard.press("j");
    await page.keyboard.press("Alt+ArrowDown");
    await expectOrder(page, "Two", "One", "Three");
    await expect(page.getByText("“One” was moved to place 2 of 3.")).toBeAttached();
    await expect(page.getByRole("listitem", { name: "One" })).toBeFocused();
    await page.keyboard.press("Alt+ArrowDown");
    await expectOrder(page, "Two", "Three", "One");
    await page.getByRole("button", { name: "More for “One”" }).press("Enter");
    await page.getByRole("menuitem", { name: "Move up" }).press("Enter");
    await expectOrder(page, "Two", "One", "Three");
    await expect(page.getByText("Saved")).toBeVisible();
    await page.reload();
    await expectOrder(page, "Two", "One", "Three");
    expect(await barriers(page)).toEqual([]);
  });
});
