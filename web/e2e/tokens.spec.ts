import type { Locator, Page } from "@playwright/test";
import { askAsProgram, barriers, expect, expectToFit, test, textOnDevice } from "./person";

async function openTokens(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: /^Personal tokens/ }).click();
  await page.getByRole("heading", { name: "Personal tokens" }).waitFor();
}

/** Make a token for reading, and return its secret as it is shown. */
async function makeToken(page: Page, name: string): Promise<string> {
  await page.getByRole("textbox", { name: "What it is for" }).fill(name);
  await page.getByRole("button", { name: "Make the token" }).click();
  const secret = page.getByRole("group", { name: "Token", exact: true }).getByRole("code");
  return (await secret.textContent()) ?? "";
}

function tokens(page: Page): Locator {
  return page.getByRole("list", { name: "Your tokens" }).getByRole("listitem");
}

/** What the service answers to a program that sends the token. */
async function statusWith(page: Page, secret: string, path = "/api/v1/tasks"): Promise<number> {
  const [status] = await askAsProgram(page, path, { Authorization: `Bearer ${secret}` });
  return status;
}

/** Everything that this window keeps beyond what it shows. */
async function keptBy(page: Page): Promise<string> {
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href]),
  );
  return kept + (await textOnDevice(page));
}

test.describe("a personal token", () => {
  test("is made, copied, used and revoked", async ({ signedIn: page, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await openTokens(page);
    await expect(page.getByText("No tokens yet.")).toBeVisible();
    const secret = await makeToken(page, "Backup script");
    await expect(page.getByText("“Backup script” is ready")).toBeFocused();
    await page.getByRole("button", { name: "Copy the token" }).click();
    await expect(page.getByText("Copied")).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
    expect(await statusWith(page, secret)).toBe(200);
    expect(await statusWith(page, secret, "/api/v1/me/tokens")).toBe(403);

    await expect(tokens(page)).toHaveCount(1);
    await expect(tokens(page)).toContainText("Read · made this minute · never used · works until");
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("textbox", { name: "What it is for" })).toBeFocused();
    await expect(page.getByRole("textbox", { name: "What it is for" })).toHaveValue("");

    await page.getByRole("button", { name: "Revoke Backup script" }).click();
    const question = page.getByRole("dialog", { name: "Revoke “Backup script”?" });
    await question.getByRole("button", { name: "Revoke" }).click();
    await expect(tokens(page)).toHaveCount(0);
    await expect(page.getByText("No tokens yet.")).toBeVisible();
    expect(await statusWith(page, secret)).toBe(401);
  });

  test("is shown once: nothing keeps its secret, and the way back does not bring it", async ({
    signedIn: page,
  }) => {
    await openTokens(page);
    const secret = await makeToken(page, "Shell");
    await expect(page.getByText(secret).first()).toBeVisible();
    await expect(tokens(page)).toHaveCount(1);
    expect(await keptBy(page)).not.toContain(secret);
    await page.getByRole("link", { name: "Settings" }).first().click();
    await page.getByRole("heading", { name: "Devices" }).waitFor();
    await page.goBack();
    await expect(tokens(page)).toContainText("Shell");
    await expect(page.getByText(secret)).toHaveCount(0);
    expect(await keptBy(page)).not.toContain(secret);
  });

  test("needs a name and something that it may do", async ({ signedIn: page }) => {
    await openTokens(page);
    await page.getByRole("checkbox", { name: "Read" }).uncheck();
    await page.getByRole("button", { name: "Make the token" }).click();
    await expect(page.getByText("Say what it is for.")).toBeVisible();
    await expect(page.getByText("Choose at least one.")).toBeVisible();
    await expect(page.getByRole("checkbox", { name: "Administer" })).toHaveCount(0);

    await page.getByRole("textbox", { name: "What it is for" }).fill("Importer");
    await page.getByRole("checkbox", { name: "Change" }).check();
    await page.getByText("No end").click();
    await expect(page.getByText("It works until you revoke it.")).toBeVisible();
    await page.getByRole("button", { name: "Make the token" }).click();
    await expect(page.getByText("this adds a task")).toBeVisible();
    await expect(tokens(page)).toContainText("Change · made this minute · never used · works until revoked");
  });

  test("that is refused says why, and keeps what was typed over a reload", async ({
    signedIn: page,
    context,
  }) => {
    await openTokens(page);
    await context.route("**/api/v1/me/tokens", (route) =>
      route.request().method() === "POST"
        ? route.fulfill({
            status: 409,
            contentType: "application/problem+json",
            body: '{"type":"/problems/quota-exceeded","detail":"An account has at most 100."}',
          })
        : route.fallback(),
    );
    await page.getByRole("textbox", { name: "What it is for" }).fill("One too many");
    await page.getByRole("button", { name: "Make the token" }).click();
    await expect(page.getByRole("alert")).toContainText("as many tokens as it may");
    await page.reload();
    await expect(page.getByRole("textbox", { name: "What it is for" })).toHaveValue("One too many");
  });

  test("is made and revoked by keyboard alone", async ({ signedIn: page }) => {
    await openTokens(page);
    await page.getByRole("textbox", { name: "What it is for" }).focus();
    await page.keyboard.type("Keys");
    await page.keyboard.press("Enter");
    await expect(page.getByText("“Keys” is ready")).toBeFocused();
    await expect(tokens(page)).toHaveCount(1);
    await page.getByRole("button", { name: "Revoke Keys" }).focus();
    await page.keyboard.press("Enter");
    const question = page.getByRole("dialog");
    await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(tokens(page)).toHaveCount(0);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("the tokens fit, a new secret too", async ({ signedIn: page }) => {
    await openTokens(page);
    await makeToken(page, "A name that goes on and on until nobody remembers what the token was for");
    await expect(tokens(page)).toHaveCount(1);
    await expectToFit(page);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("tokens have no barrier that axe finds", async ({ signedIn: page, context }) => {
      await context.route("**/api/v1/me", async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...(await answer.json()), role: "admin" } });
      });
      await context.route("**/api/v1/me/tokens?*", async (route) => {
        const answer = await route.fetch();
        const page = await answer.json();
        const old = { id: "old", name: "Old", scopes: ["admin"], hint: "x7Yz90" };
        const times = {
          created_at: "2026-01-01T00:00:00Z",
          expires_at: "2026-02-01T00:00:00Z",
          last_used_at: null,
        };
        await route.fulfill({
          response: answer,
          json: { ...page, items: [...page.items, { ...old, ...times }] },
        });
      });
      await page.goto("/settings/tokens");
      await expect(page.getByRole("checkbox", { name: "Administer" })).toBeVisible();
      await page.getByRole("button", { name: "Make the token" }).click();
      await expect(tokens(page)).toContainText("Expired");
      expect(await barriers(page)).toEqual([]);
      await makeToken(page, "Shell");
      await expect(tokens(page)).toHaveCount(2);
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Revoke Old" }).click();
      await expect(page.getByRole("dialog")).toHaveCSS("opacity", "1");
      expect(await barriers(page)).toEqual([]);
    });
  });
}
