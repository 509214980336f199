import type { Page } from "@playwright/test";
import { addTask, barriers, expect, quickAdd, test, titleOf } from "./person";

/** Add tasks, and leave the line that adds them. */
async function addTasks(page: Page, ...titles: string[]): Promise<void> {
  for (const title of titles) {
    await addTask(page, title);
  }
  await quickAdd(page).blur();
}

test.describe("the keyboard alone", () => {
  test("goes from row to row with the focus, and acts on the row where it is", async ({ signedIn: page }) => {
    await addTasks(page, "Buy milk", "Call the dentist", "Water the plants");
    const row = (title: string) => page.getByRole("listitem", { name: title });
    await page.keyboard.press("j");
    await expect(row("Buy milk")).toBeFocused();
    await page.keyboard.press("j");
    await expect(row("Call the dentist")).toBeFocused();
    await page.keyboard.press("c");
    await expect(row("Water the plants")).toBeFocused();
    await page.keyboard.press("k");
    await expect(row("Buy milk")).toBeFocused();

    await page.keyboard.press("p");
    await expect(page.getByRole("menuitemradio", { name: "None" })).toBeFocused();
    await page.keyboard.press("4");
    await expect(row("Buy milk").getByRole("img", { name: "Priority 4 of 4" })).toBeVisible();
    await expect(row("Buy milk")).toBeFocused();

    await page.keyboard.press("d");
    await expect(page.getByLabel("Due on")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(row("Buy milk")).toBeFocused();

    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name: "Details" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(row("Buy milk")).toBeFocused();
  });

  test("sets labels and moves to a list from menus", async ({ signedIn: page, context }) => {
    const headers = { Origin: new URL(page.url()).origin };
    await context.request.post("/api/v1/lists", { data: { name: "Errands" }, headers });
    await context.request.post("/api/v1/tasks", { data: { title: "Buy tea", labels: ["home"] }, headers });
    await page.goto("/inbox");
    await titleOf(page, "Buy tea").waitFor();
    await addTasks(page, "Buy milk");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("l");
    await expect(page.getByRole("menuitemcheckbox", { name: "home" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitemcheckbox", { name: "home" })).toBeChecked();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("menu")).toHaveCount(0);

    await page.keyboard.press("l");
    await expect(page.getByRole("menuitemcheckbox", { name: "home" })).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("combobox", { name: "Labels" })).toBeFocused();
    await page.keyboard.type("soon");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("listitem", { name: "Buy milk" })).toContainText("soon");
    await page.getByRole("button", { name: "Close the details" }).press("Enter");

    await page.getByRole("listitem", { name: "Buy milk" }).focus();
    await page.keyboard.press("m");
    await expect(page.getByRole("menuitemradio", { name: "Inbox" })).toBeFocused();
    await page.keyboard.type("err");
    await page.keyboard.press("Enter");
    await expect(titleOf(page, "Buy milk")).toHaveCount(0);
    await page.getByRole("link", { name: "Errands" }).click();
    await expect(page.getByRole("listitem", { name: "Buy milk" })).toContainText("home");
  });

  test("does nothing of that while somebody types", async ({ signedIn: page }) => {
    await addTasks(page, "Buy milk");
    await titleOf(page, "Buy milk").fill("");
    await page.keyboard.type("cdplmxe/");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.getByRole("menu")).toHaveCount(0);
    await expect(page.getByRole("textbox", { name: "Title of “Buy milk”" })).toHaveValue("cdplmxe/");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`the menu of a row in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("tells its keys, and has no barrier that axe finds", async ({ signedIn: page }) => {
      await addTasks(page, "Buy milk");
      await titleOf(page, "Buy milk").hover();
      await page.getByRole("button", { name: "More for “Buy milk”" }).click();
      await expect(page.getByRole("menuitem", { name: "Priority p" })).toBeVisible();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("menuitem", { name: "Priority p" }).click();
      await expect(page.getByRole("menuitemradio", { name: "None" })).toBeFocused();
      expect(await barriers(page)).toEqual([]);
    });
  });
}
