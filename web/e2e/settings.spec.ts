import type { Browser, BrowserContext, Locator, Page } from "@playwright/test";
import { addTask, barriers, expect, test, titleOf } from "./person";

/** What the service has of the user. */
async function profileOf(
  page: Page,
): Promise<{ email: string; name: string; timezone: string; locale: string }> {
  return (await page.context().request.get("/api/v1/me")).json();
}

/** Change the profile behind the app's back, as another device does. */
async function changeElsewhere(page: Page, patch: Record<string, unknown>): Promise<void> {
  const headers = { Origin: new URL(page.url()).origin };
  expect((await page.context().request.patch("/api/v1/me", { data: patch, headers })).ok()).toBe(true);
}

async function openSettings(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
}

function zoneField(page: Page): Locator {
  return page.getByRole("combobox", { name: "Time zone" });
}

function localeField(page: Page): Locator {
  return page.getByRole("combobox", { name: "Dates and times" });
}

/** Sign in on another device, which knows nothing of the first one. */
async function onAnotherDevice(
  browser: Browser,
  email: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Today" }).waitFor();
  return { context, page };
}

test.describe("a new account", () => {
  test("has the time zone of the browser that it was made with", async ({ signedIn: page }) => {
    expect(await profileOf(page)).toMatchObject({ timezone: "Europe/Paris" });
    await expect(page.getByRole("region", { name: "Time zone of this device" })).toHaveCount(0);
  });
});

test.describe("the profile", () => {
  test("keeps a new name", async ({ signedIn: page }) => {
    await openSettings(page);
    await page.getByLabel("Name").fill("Ada Lovelace");
    await page.getByLabel("Name").press("Enter");
    await expect.poll(async () => (await profileOf(page)).name).toBe("Ada Lovelace");
    await page.reload();
    await expect(page.getByLabel("Name")).toHaveValue("Ada Lovelace");
  });

  test("loses nothing that was typed when it is refused, and says why", async ({
    signedIn: page,
    context,
  }) => {
    await openSettings(page);
    await context.route("**/api/v1/me", (route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({
            status: 422,
            contentType: "application/problem+json",
            body: '{"errors":[{"detail":"No such name today"}]}',
          })
        : route.fallback(),
    );
    await page.getByLabel("Name").fill("Ada Lovelace");
    await page.getByLabel("Name").press("Enter");
    await expect(page.getByRole("alert")).toHaveText("No such name today");
    await expect(page.getByLabel("Name")).toHaveValue("Ada Lovelace");
    await page.reload();
    await expect(page.getByLabel("Name")).toHaveValue("Ada Lovelace");
    await context.unroute("**/api/v1/me");
    await page.getByLabel("Name").press("Enter");
    await expect.poll(async () => (await profileOf(page)).name).toBe("Ada Lovelace");
  });

  test("says in which locale dates are written", async ({ signedIn: page }) => {
    await page.goto("/all");
    await addTask(page, "Call the dentist");
    const { items } = await (await page.context().request.get("/api/v1/tasks")).json();
    const headers = { Origin: new URL(page.url()).origin };
    const patch = { due: { date: "2035-06-01" } };
    await page.context().request.patch(`/api/v1/tasks/${items[0].id}`, { data: patch, headers });
    await expect(page.getByText("1 Jun 2035")).toBeVisible();

    await openSettings(page);
    await localeField(page).fill("español de España");
    await page.getByRole("option", { name: "español de España" }).click();
    await expect(page.getByText("Like this:")).toContainText(" de ");
    await page.getByRole("link", { name: "All" }).click();
    await expect(page.getByText("1 jun 2035")).toBeVisible();

    await openSettings(page);
    await localeField(page).click();
    await localeField(page).fill("As the");
    await page.getByRole("option", { name: "As the browser has it" }).click();
    await expect.poll(async () => (await profileOf(page)).locale).toBe("en");
  });
});

test.describe("another time zone", () => {
  test("moves a task between Today and Upcoming", async ({ signedIn: page, context }) => {
    // It is the same moment everywhere, and never the same day in these two zones at once.
    await changeElsewhere(page, { timezone: "Pacific/Kiritimati" });
    const ahead = new Intl.DateTimeFormat("en-CA", { timeZone: "Pacific/Kiritimati" }).format(new Date());
    const headers = { Origin: new URL(page.url()).origin };
    await context.request.post("/api/v1/tasks", {
      data: { title: "Water the plants", due: { date: ahead } },
      headers,
    });
    await page.goto("/upcoming");
    await expect(page.getByText("Nothing is planned")).toBeVisible();
    await page.getByRole("link", { name: "Today" }).click();
    await expect(titleOf(page, "Water the plants")).toBeVisible();

    await openSettings(page);
    await zoneField(page).fill("pago pago");
    await page.getByRole("option", { name: "Pacific/Pago Pago" }).click();
    await expect.poll(async () => (await profileOf(page)).timezone).toBe("Pacific/Pago_Pago");

    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(titleOf(page, "Water the plants")).toBeVisible();
    await page.getByRole("link", { name: "Today" }).click();
    await expect(page.getByText("Nothing is due today")).toBeVisible();

    // And back again, to lists that were loaded before.
    await openSettings(page);
    await zoneField(page).fill("kiritimati");
    await page.getByRole("option", { name: "Pacific/Kiritimati" }).click();
    await expect.poll(async () => (await profileOf(page)).timezone).toBe("Pacific/Kiritimati");
    await page.getByRole("link", { name: "Today" }).click();
    await expect(titleOf(page, "Water the plants")).toBeVisible();
    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(page.getByText("Nothing is planned")).toBeVisible();
  });

  test("of the device is offered, and taken with one click", async ({ signedIn: page }) => {
    await changeElsewhere(page, { timezone: "America/New_York" });
    await page.goto("/today");
    const offer = page.getByRole("region", { name: "Time zone of this device" });
    await expect(offer).toContainText("America/New York");
    await offer.getByRole("button", { name: "Use Europe/Paris" }).click();
    await expect(offer).toBeHidden();
    await expect.poll(async () => (await profileOf(page)).timezone).toBe("Europe/Paris");
  });

  test("is not offered again to whoever has declined it", async ({ signedIn: page }) => {
    await changeElsewhere(page, { timezone: "America/New_York" });
    await page.goto("/today");
    const offer = page.getByRole("region", { name: "Time zone of this device" });
    const answered = page.waitForResponse((answer) => answer.request().method() === "PATCH");
    await offer.getByRole("button", { name: "Keep America/New York" }).click();
    await expect(offer).toBeHidden();
    await answered;
    await page.reload();
    await expect(page.getByRole("heading", { name: "Today" })).toBeVisible();
    await expect(offer).toBeHidden();
    expect((await profileOf(page)).timezone).toBe("America/New_York");
    await openSettings(page);
    await page.getByRole("button", { name: "Use Europe/Paris" }).click();
    await expect(zoneField(page)).toHaveValue("Europe/Paris");
  });
});

test.describe("the appearance", () => {
  test("stays as it was chosen", async ({ signedIn: page }) => {
    await openSettings(page);
    await page.getByText("Dark", { exact: true }).click();
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
    await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
  });
});

test.describe("devices", () => {
  test("are listed, and one that is ended has to sign in again", async ({ signedIn: page, browser }) => {
    const { email } = await profileOf(page);
    const phone = await onAnotherDevice(browser, email, {
      userAgent:
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
    });
    await openSettings(page);
    const devices = page.getByRole("list", { name: "Devices" });
    await expect(devices.getByRole("listitem")).toHaveCount(2);
    await expect(devices.getByRole("listitem").filter({ hasText: "This device" })).toContainText(
      "Active now",
    );
    await devices.getByRole("button", { name: "Sign out Safari on iPhone" }).click();
    await expect(devices.getByRole("listitem")).toHaveCount(1);

    await phone.page.getByRole("link", { name: "Inbox" }).click();
    await expect(phone.page.getByLabel("E-mail")).toBeVisible();
    await page.reload();
    await expect(devices.getByRole("listitem")).toHaveCount(1);
    await phone.context.close();
  });

  test("that cannot be ended come back, with the reason", async ({ signedIn: page, browser, context }) => {
    const other = await onAnotherDevice(browser, (await profileOf(page)).email);
    await context.route("**/api/v1/me/sessions/*", (route) =>
      route.fulfill({ status: 403, contentType: "application/problem+json", body: '{"detail":"Not today"}' }),
    );
    await openSettings(page);
    await page.getByRole("button", { name: "Sign out Chrome on Linux" }).click();
    await expect(page.getByRole("alert")).toContainText("is still signed in. Not today");
    await expect(page.getByRole("list", { name: "Devices" }).getByRole("listitem")).toHaveCount(2);
    await other.context.close();
  });

  test("are all signed out at once, in every tab", async ({ signedIn: page, browser, context }) => {
    const other = await onAnotherDevice(browser, (await profileOf(page)).email);
    const tab = await context.newPage();
    await tab.goto("/all");
    await expect(tab.getByRole("heading", { name: "All" })).toBeVisible();

    await openSettings(page);
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    const question = page.getByRole("dialog", { name: "Sign out everywhere?" });
    await question.getByRole("button", { name: "Sign out everywhere" }).click();

    await expect(page.getByLabel("E-mail")).toBeVisible();
    await expect(tab.getByLabel("E-mail")).toBeVisible();
    await other.page.getByRole("link", { name: "Inbox" }).click();
    await expect(other.page.getByLabel("E-mail")).toBeVisible();
    await other.context.close();
  });
});

test.describe("deleting the account", () => {
  test("takes the e-mail for a proof, and leaves nothing", async ({ signedIn: page }) => {
    await addTask(page, "A secret");
    const { email } = await profileOf(page);
    await openSettings(page);
    await page.getByRole("button", { name: "Delete the account…" }).click();
    const question = page.getByRole("dialog", { name: "Delete the account" });
    await question.getByRole("textbox").fill("somebody@example.org");
    await expect(question.getByRole("button", { name: "Delete for good" })).toBeDisabled();
    await question.getByRole("textbox").fill(email);
    await question.getByRole("button", { name: "Delete for good" }).click();

    await expect(page.getByText("Your account is deleted")).toBeVisible();
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Nothing is due today")).toBeVisible();
    await page.getByRole("link", { name: "All" }).click();
    await expect(page.getByText("No tasks here yet")).toBeVisible();
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("the settings fit, and so does the offer of another time zone", async ({ signedIn: page }) => {
    await changeElsewhere(page, { timezone: "America/Argentina/ComodRivadavia" });
    await page.goto("/today");
    await expect(page.getByRole("region", { name: "Time zone of this device" })).toBeVisible();
    const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(await widths()).toEqual([390, 390]);
    await openSettings(page);
    await expect(page.getByText("This device")).toBeVisible();
    expect(await widths()).toEqual([390, 390]);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("settings have no barrier that axe finds", async ({ signedIn: page, context }) => {
      await changeElsewhere(page, { timezone: "America/New_York" });
      await page.goto("/today");
      await page.getByRole("region", { name: "Time zone of this device" }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await context.route("**/api/v1/me", (route) =>
        route.request().method() === "PATCH" ? route.fulfill({ status: 403, body: "{}" }) : route.fallback(),
      );
      await openSettings(page);
      await page.getByLabel("Name").fill("Ada");
      await page.getByLabel("Name").press("Enter");
      await page.getByRole("alert").waitFor();
      await page.getByText("This device").waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Delete the account…" }).click();
      await page
        .getByRole("dialog")
        .getByRole("textbox")
        .fill((await profileOf(page)).email);
      // Axe reads colours that a half-shown dialog has not got yet.
      await expect(page.getByRole("dialog")).toHaveCSS("opacity", "1");
      expect(await barriers(page)).toEqual([]);
    });
  });
}
