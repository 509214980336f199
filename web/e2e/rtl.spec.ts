import type { Page } from "@playwright/test";
import { addTask, barriers, expect, quickAdd, test, titleOf } from "./person";

const ARABIC = "شراء الحليب (2 لتر)";

/** Have the user's language be another from now on. */
async function speak(page: Page, locale: string): Promise<void> {
  const headers = { Origin: new URL(page.url()).origin };
  const answer = await page.request.patch("/api/v1/me", { data: { locale }, headers });
  expect(answer.ok()).toBe(true);
  await page.reload();
  await expect(quickAdd(page)).toBeVisible();
}

/** How far the middle of what matches is from the middle of the window; positive to the right. */
async function sideOf(page: Page, selector: string): Promise<number> {
  const box = await page.locator(selector).first().boundingBox();
  const width = page.viewportSize()?.width ?? 0;
  return (box?.x ?? 0) + (box?.width ?? 0) / 2 - width / 2;
}

/** By how many pixels the page is wider than the window. */
async function overflowX(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`a language from right to left, in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("turns the page round, with the views at the right", async ({ signedIn: page }) => {
      expect(await sideOf(page, "nav")).toBeLessThan(0);
      await speak(page, "ar");
      await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
      expect(await sideOf(page, "nav")).toBeGreaterThan(0);
      await addTask(page, ARABIC);
      await addTask(page, "Call the dentist!");
      const row = page.getByRole("listitem").filter({ has: titleOf(page, ARABIC) });
      const [checkbox, title] = await Promise.all([
        row.getByRole("checkbox").boundingBox(),
        titleOf(page, ARABIC).boundingBox(),
      ]);
      expect(checkbox?.x).toBeGreaterThan(title?.x ?? Number.POSITIVE_INFINITY);
      expect(await overflowX(page)).toBe(0);
      expect(await barriers(page)).toEqual([]);
    });

    test("has the details at the left, beside the list", async ({ signedIn: page }) => {
      await speak(page, "he");
      await addTask(page, ARABIC);
      await titleOf(page, ARABIC).hover();
      await page.getByRole("button", { name: `Details of “${ARABIC}”` }).click();
      await expect(page.getByRole("textbox", { name: "Notes" })).toBeVisible();
      await expect.poll(() => sideOf(page, ".mantine-Drawer-content")).toBeLessThan(0);
      expect(await overflowX(page)).toBe(0);
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test.describe("a language from right to left on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("fits, with the views in a drawer", async ({ signedIn: page }) => {
    await speak(page, "ar");
    await addTask(page, "A title that is longer than a phone is wide, so that it has to be cut somewhere");
    expect(await overflowX(page)).toBe(0);
    await page.getByRole("button", { name: "Show or hide the views" }).click();
    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(page.getByRole("heading", { name: "Upcoming" })).toBeVisible();
  });
});

test.describe("the language of the browser", () => {
  test.use({ locale: "he-IL" });

  test("counts before anybody has signed in, and the user's afterwards", async ({ page }) => {
    await page.goto("/");
    await page.getByLabel("E-mail").waitFor();
    await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel("E-mail").fill(`he-${Date.now()}@example.org`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(quickAdd(page)).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("dir", "ltr"); // a new account's language is English
  });
});

test.describe("what somebody typed", () => {
  test("is read as it is written, on the page's side", async ({ signedIn: page }) => {
    await addTask(page, ARABIC);
    await expect(titleOf(page, ARABIC)).toHaveCSS("unicode-bidi", "plaintext");
    await expect(titleOf(page, ARABIC)).toHaveCSS("text-align", "left");
    await speak(page, "ar");
    await expect(titleOf(page, ARABIC)).toHaveCSS("unicode-bidi", "plaintext");
    await expect(titleOf(page, ARABIC)).toHaveCSS("text-align", "right");
  });
});
