import { addTask, barriers, checkboxOf, expect, expectToFit, quickAdd, test, titleOf } from "./person";

test.describe("the keyboard alone", () => {
  test("adds, goes through the list, completes and takes back", async ({ signedIn: page }) => {
    await page.keyboard.press("q");
    await expect(quickAdd(page)).toBeFocused();
    for (const title of ["Buy milk", "Call the dentist"]) {
      await page.keyboard.type(title);
      await page.keyboard.press("Enter");
    }
    await expect(page.getByText("Saved")).toBeVisible();
    await page.keyboard.press("Escape");
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("c");
    await expect(titleOf(page, "Call the dentist")).toBeHidden();
    await page.keyboard.press("z");
    await expect(titleOf(page, "Call the dentist")).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("u");
    await expect(page.getByRole("heading", { name: "Upcoming" })).toBeVisible();
    await page.keyboard.press("Shift+?");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("pages have no barrier that axe finds", async ({ page, signedIn }) => {
      await addTask(signedIn, "Buy milk");
      await checkboxOf(signedIn, "Buy milk").hover();
      expect(await barriers(page)).toEqual([]);
    });

    test("sign-in has no barrier that axe finds", async ({ page }) => {
      await page.goto("/");
      await page.getByLabel("E-mail").waitFor();
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("everything fits, and the views are in a drawer", async ({ signedIn: page }) => {
    await addTask(page, "A title that is longer than a phone is wide, so that it has to be cut somewhere");
    await expectToFit(page);
    await page.getByRole("button", { name: "Show or hide the views" }).click();
    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(page.getByRole("heading", { name: "Upcoming" })).toBeVisible();
  });
});

test.describe("the page", () => {
  test("breaks none of its own policy", async ({ page }) => {
    const refused: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) {
        refused.push(message.text());
      }
    });
    const answer = await page.goto("/");
    await page.getByLabel("E-mail").waitFor();
    expect(answer?.headers()["content-security-policy"]).toContain("script-src 'self';");
    expect(refused).toEqual([]);
  });
});
