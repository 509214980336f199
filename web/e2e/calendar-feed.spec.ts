import type { Page } from "@playwright/test";
import {
  askAsProgram,
  barriers,
  createTasks,
  dayFromToday,
  expect,
  expectToFit,
  test,
  textOnDevice,
} from "./person";

async function openFeed(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: /^Calendar feed/ }).click();
  await page.getByRole("heading", { name: "Calendar feed" }).waitFor();
}

/** The address that is shown. */
async function shownAddress(page: Page): Promise<string> {
  return (await page.getByRole("group", { name: "Address" }).getByRole("code").textContent()) ?? "";
}

/** What a calendar program gets: the status, and the text. */
function subscribe(page: Page, address: string): Promise<[number, string]> {
  return askAsProgram(page, new URL(address).pathname);
}

test.describe("the calendar feed", () => {
  test("shows tasks that are due, at an address that is made, renewed and revoked", async ({
    signedIn: page,
  }) => {
    await createTasks(page, [{ title: "Pay the rent", due: { date: dayFromToday(1) } }]);
    await openFeed(page);
    await page.getByRole("button", { name: "Make the address" }).click();
    const first = await shownAddress(page);
    await expect(page.getByRole("link", { name: "Open in the calendar" })).toHaveAttribute(
      "href",
      first.replace(/^https?/, "webcal"),
    );
    const [status, calendar] = await subscribe(page, first);
    expect(status).toBe(200);
    expect(calendar).toContain("SUMMARY:Pay the rent");

    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText("It cannot be shown again")).toBeVisible();
    await page.getByRole("button", { name: "Make a new address…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make a new one" }).click();
    await expect(page.getByText("Copy it now")).toBeFocused();
    const second = await shownAddress(page);
    expect((await subscribe(page, first))[0]).toBe(404);
    expect((await subscribe(page, second))[0]).toBe(200);

    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Revoke…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await expect(page.getByText("There is no address yet.")).toBeVisible();
    expect((await subscribe(page, second))[0]).toBe(404);
  });

  test("has its address shown once, and kept by nothing", async ({ signedIn: page }) => {
    await openFeed(page);
    await page.getByRole("button", { name: "Make the address" }).click();
    const address = await shownAddress(page);
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href]),
    );
    expect(kept + (await textOnDevice(page))).not.toContain(new URL(address).pathname);
    await page.reload();
    await expect(page.getByText("It cannot be shown again")).toBeVisible();
    await expect(page.getByText(address)).toHaveCount(0);
  });

  test("that cannot be renewed says so where it was asked for", async ({ signedIn: page, context }) => {
    await openFeed(page);
    await page.getByRole("button", { name: "Make the address" }).click();
    await page.getByRole("button", { name: "Done" }).click();
    await context.route("**/api/v1/me/calendar-feed", (route) =>
      route.request().method() === "POST" ? route.abort() : route.fallback(),
    );
    await page.getByRole("button", { name: "Make a new address…" }).click();
    const question = page.getByRole("dialog", { name: "Make a new address?" });
    await question.getByRole("button", { name: "Make a new one" }).click();
    await expect(question.getByRole("alert")).toContainText("not certain");
    await context.unroute("**/api/v1/me/calendar-feed");
    await question.getByRole("button", { name: "Make a new one" }).click();
    expect((await subscribe(page, await shownAddress(page)))[0]).toBe(200);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("the address fits", async ({ signedIn: page }) => {
    await openFeed(page);
    await page.getByRole("button", { name: "Make the address" }).click();
    await shownAddress(page);
    await expectToFit(page);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("the calendar feed has no barrier that axe finds", async ({ signedIn: page }) => {
      await openFeed(page);
      await page.getByRole("button", { name: "Make the address" }).click();
      await shownAddress(page);
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByRole("button", { name: "Revoke…" }).click();
      await expect(page.getByRole("dialog")).toHaveCSS("opacity", "1");
      expect(await barriers(page)).toEqual([]);
    });
  });
}
