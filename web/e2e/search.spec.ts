import { addTask, barriers, checkboxOf, expect, expectToFit, test, titleOf } from "./person";

test.describe("searching", () => {
  test("finds as one types, done tasks too, and the address follows", async ({ signedIn: page }) => {
    await addTask(page, "Buy oat milk");
    await addTask(page, "Call the dentist");
    await addTask(page, "Return the milk bottles");
    await checkboxOf(page, "Return the milk bottles").click();
    await page.keyboard.press("Escape");
    await page.goto("/upcoming");
    await page.getByRole("heading", { name: "Upcoming" }).waitFor();
    await page.keyboard.press("/");
    const field = page.getByRole("searchbox", { name: "Search tasks" });
    await expect(field).toBeFocused();
    await page.keyboard.type("milk");
    await expect(page).toHaveURL(/\/search\?q=milk$/);
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    await expect(page.getByRole("checkbox", { name: "Reopen “Return the milk bottles”" })).toBeChecked();
    await expect(titleOf(page, "Call the dentist")).toHaveCount(0);

    await page.reload();
    await expect(field).toHaveValue("milk");
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();

    await page.goBack();
    await expect(page.getByRole("heading", { name: "Upcoming" })).toBeVisible();
    await expect(field).toHaveValue("");
  });

  test("finds parts of words in what is loaded", async ({ signedIn: page }) => {
    await addTask(page, "Buy oat milk");
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search tasks" }).fill("mil");
    await expect(page).toHaveURL(/q=mil$/);
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
  });

  test("shows results as they are now, changed here or in another window", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Buy oat milk");
    await addTask(page, "Return the milk bottles");
    const other = await context.newPage();
    await other.goto("/all");
    await page.goto("/search?q=milk");
    await checkboxOf(page, "Buy oat milk").click();
    await expect(page.getByRole("checkbox", { name: "Reopen “Buy oat milk”" })).toBeChecked();

    await titleOf(other, "Return the milk bottles").fill("Return the empty bottles");
    await titleOf(other, "Return the milk bottles").press("Enter");
    await expect(titleOf(page, "Return the milk bottles")).toHaveCount(0);
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
  });

  test("says what it covers where nothing is found, and Escape leaves", async ({ signedIn: page }) => {
    await page.goto("/inbox");
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("zebra");
    await expect(page.getByText("Nothing found for “zebra”.")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("heading", { name: "Inbox" })).toBeVisible();
  });

  test("keeps what was found on the screen until the next is here", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy oat milk");
    await page.goto("/search?q=milk");
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      void context.route("**/api/v1/tasks?*", async (route) => {
        resolve();
        await new Promise<void>((go) => {
          answer = go;
        });
        await route.fallback();
      });
    });
    await page.getByRole("searchbox", { name: "Search tasks" }).fill("oats");
    await asked;
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    answer();
    await expect(page.getByText("Nothing found for “oats”.")).toBeVisible();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`the search in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("has no barrier that axe finds", async ({ signedIn: page }) => {
      await addTask(page, "Buy oat milk");
      await checkboxOf(page, "Buy oat milk").click();
      await page.goto("/search?q=milk");
      await expect(titleOf(page, "Buy oat milk")).toBeVisible();
      expect(await barriers(page)).toEqual([]);
      await page.goto("/search?q=zebra");
      await expect(page.getByText("Nothing found")).toBeVisible();
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test.describe("the search on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("opens from an icon, fills the header, and leads back", async ({ signedIn: page }) => {
    await addTask(page, "Buy oat milk");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    const field = page.getByRole("searchbox", { name: "Search tasks" });
    await expect(field).toBeFocused();
    await page.keyboard.type("milk");
    await expect(page).toHaveURL(/q=milk/);
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    await expectToFit(page);
    await page.getByRole("button", { name: "Leave the search" }).click();
    await expect(page.getByRole("heading", { name: "Today" })).toBeVisible();
  });
});
