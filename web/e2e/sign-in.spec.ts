import { randomUUID } from "node:crypto";
import { expect, test } from "./person";

test.describe("signing in", () => {
  for (const next of [
    "//example.org/",
    "/\\example.org/",
    "https://example.org/",
    "javascript:document.title=1",
  ]) {
    test(`leads into the app, not to ${next}`, async ({ page, baseURL }) => {
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await page.getByLabel("E-mail").fill(`${randomUUID()}@example.org`);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page).toHaveURL(`${baseURL}/today`);
    });
  }

  test("leads to where one wanted to go", async ({ page, baseURL }) => {
    await page.goto("/upcoming?task=abc");
    await page.getByLabel("E-mail").fill(`${randomUUID()}@example.org`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(`${baseURL}/upcoming?task=abc`);
  });
});
