import { changeUser, expect, newUser, signInAs, test } from "./admin";
import { barriers, expectToFit } from "./person";

const FIND = "Find users by the beginning of their e-mail, or by id";

test.describe("the pages for administrators", () => {
  test("are not for others, who are told so and refused", async ({ signedIn: page, context }) => {
    await expect(page.getByRole("link", { name: "Administration" })).toHaveCount(0);
    for (const part of ["users", "statistics", "audit", "common-tasks"]) {
      await page.goto(`/admin/${part}`);
      await expect(page.getByRole("heading", { name: "This page is for administrators" })).toBeVisible();
    }
    expect((await context.request.get("/api/v1/admin/users")).status()).toBe(403);
    await page.getByRole("link", { name: "Go to Today" }).click();
    await expect(page).toHaveURL(/\/today$/);
  });

  test("close when the role is taken away", async ({ admin: page, office, context }) => {
    const { id } = await (await context.request.get("/api/v1/me")).json();
    await page.getByRole("link", { name: "Administration" }).click();
    await expect(page.getByRole("searchbox", { name: FIND })).toBeVisible();
    await changeUser(office, id, { role: "user" });
    await page.getByRole("searchbox", { name: FIND }).fill("nobody");
    await expect(page.getByRole("heading", { name: "This page is for administrators" })).toBeVisible();
  });

  test("change nothing without a network, and say so", async ({ admin: page, office, context }) => {
    const user = await newUser(office);
    await page.goto(`/admin/users/${user.id}`);
    await expect(page.getByRole("button", { name: "Disable the account…" })).toBeEnabled();
    await context.setOffline(true);
    await expect(page.getByText("You are offline. What you see may be old")).toBeVisible();
    await expect(page.getByRole("button", { name: "Disable the account…" })).toBeDisabled();
    await context.setOffline(false);
    await expect(page.getByRole("button", { name: "Disable the account…" })).toBeEnabled();
  });
});

test.describe("users", () => {
  test("are found as one types, and opened by keyboard", async ({ admin: page, office }) => {
    const user = await newUser(office, "grace-");
    await page.getByRole("link", { name: "Administration" }).click();
    await page
      .getByRole("searchbox", { name: FIND })
      .pressSequentially(user.email.slice(0, -5).toUpperCase());
    const rows = page.getByRole("listitem").filter({ has: page.getByText("Joined") });
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText(user.email);
    await expect(page).toHaveURL(/\/admin\/users\?q=GRACE/);
    await page.getByRole("searchbox", { name: FIND }).blur();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: user.name })).toBeVisible();
    await expect(page.getByText("1 device")).toBeVisible();
    await page.goBack();
    await expect(page.getByRole("searchbox", { name: FIND })).toHaveValue(/^GRACE/);
    await page.getByRole("searchbox", { name: FIND }).fill("nobody-has-this");
    await expect(page.getByText("Nobody has an e-mail that begins with “nobody-has-this”")).toBeVisible();
  });

  test("are disabled and enabled, after it is said what that does", async ({ admin: page, office }) => {
    const user = await newUser(office);
    await page.goto(`/admin/users/${user.id}`);
    await page.getByRole("button", { name: "Disable the account…" }).click();
    const question = page.getByRole("dialog", { name: `Disable the account of ${user.name}?` });
    await expect(question).toContainText("signed out on all devices at once");
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(question).toBeHidden();
    await expect(page.getByRole("button", { name: "Disable the account…" })).toBeFocused();
    await page.keyboard.press("Enter");
    await question.getByRole("button", { name: "Disable the account" }).click();
    await expect(page.getByText(`The account of ${user.name} is disabled`)).toBeVisible();
    await expect(signInAs(office, user.email)).rejects.toThrow("403");
    await page.getByRole("button", { name: "Enable the account…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Enable the account" }).click();
    await expect(page.getByRole("button", { name: "Disable the account…" })).toBeVisible();
    await signInAs(office, user.email);
  });

  test("are signed out everywhere", async ({ admin: page, office, request }) => {
    const user = await newUser(office);
    const headers = { Authorization: `Bearer ${await signInAs(office, user.email)}` };
    await page.goto(`/admin/users/${user.id}`);
    await page.getByRole("button", { name: "End all sessions…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End all sessions" }).click();
    await expect(page.getByText("0 devices")).toBeVisible();
    expect((await request.get("/api/v1/me", { headers })).status()).toBe(401);
    await expect(page.getByRole("button", { name: "End all sessions…" })).toBeDisabled();
  });

  test("who merely sign in meanwhile get their new role", async ({ admin: page, office }) => {
    const user = await newUser(office);
    await page.goto(`/admin/users/${user.id}`);
    await page.getByRole("button", { name: "Make an administrator…" }).click();
    await signInAs(office, user.email);
    await page.getByRole("dialog").getByRole("button", { name: "Make an administrator" }).click();
    await expect(page.getByText(`${user.name} is an administrator now`)).toBeVisible();
    await page.getByRole("button", { name: "Make an ordinary user…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make an ordinary user" }).click();
    await expect(page.getByRole("button", { name: "Make an administrator…" })).toBeVisible();
  });

  test("whom somebody else has changed are changed once more only knowingly", async ({
    admin: page,
    office,
  }) => {
    const user = await newUser(office);
    await page.goto(`/admin/users/${user.id}`);
    await page.getByRole("button", { name: "Disable the account…" }).click();
    await changeUser(office, user.id, { role: "admin" });
    const question = page.getByRole("dialog");
    await question.getByRole("button", { name: "Disable the account" }).click();
    await expect(question.getByRole("alert")).toContainText("“Administrator”, “Enabled” is what it is now");
    await question.getByRole("button", { name: "Disable the account" }).click();
    await expect(page.getByText(`The account of ${user.name} is disabled`)).toBeVisible();
  });

  test("keep the last administrator among them, and are told why", async ({ admin: page, context }) => {
    const { id } = await (await context.request.get("/api/v1/me")).json();
    await page.goto(`/admin/users/${id}`);
    await context.route(`**/api/v1/admin/users/${id}`, (route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({
            status: 409,
            contentType: "application/problem+json",
            body: JSON.stringify({ type: "/problems/last-admin", status: 409, detail: "Not you." }),
          })
        : route.fallback(),
    );
    await page.getByRole("button", { name: "Make an ordinary user…" }).click();
    const question = page.getByRole("dialog");
    await expect(question).toContainText("This is you");
    await question.getByRole("button", { name: "Make an ordinary user" }).click();
    await expect(question.getByRole("alert")).toContainText("Make somebody else an administrator first");
  });

  test("who are not there are no page", async ({ admin: page }) => {
    await page.goto("/admin/users/01a224fc-cd16-79fb-95a0-e6ca9a9b5852");
    await expect(page.getByRole("alert")).toContainText("There is no such user");
  });
});

test.describe("the numbers", () => {
  test("are those of the installation", async ({ admin: page, office }) => {
    await page.goto("/admin/statistics");
    const { users } = await (await office.get("/api/v1/admin/stats")).json();
    await expect(page.getByRole("row", { name: /^New users/ })).toContainText(String(users.new.last_day));
    await expect(page.getByRole("row", { name: /^Active users/ })).toBeVisible();
  });
});

test.describe("the audit", () => {
  test("tells before and after, and is narrowed down by act and user", async ({ admin: page, office }) => {
    const user = await newUser(office, "audited-");
    await changeUser(office, user.id, { role: "admin" });
    await changeUser(office, user.id, { disabled: true });
    await page.goto(`/admin/users/${user.id}`);
    await page.getByRole("link", { name: "What was done to this user" }).click();
    const entries = page.getByRole("list", { name: "What was done, the newest first" }).locator("> li");
    await expect(entries).toHaveCount(2);
    await expect(entries.first()).toContainText("Account disabled");
    await expect(entries.last()).toContainText(/Role.*user.*administrator.*first-admin@example\.org/s);
    await expect(page.getByRole("combobox", { name: "Done to" })).toHaveValue(user.email);
    await page.getByRole("combobox", { name: "What was done" }).selectOption("Role changed");
    await expect(entries).toHaveCount(1);
    await expect(page).toHaveURL(/action=user\.role-changed/);
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await expect(page).toHaveURL(/\/admin\/audit$/);

    await page.getByRole("combobox", { name: "Done to" }).fill("audited-");
    await page.getByRole("option", { name: user.email }).click();
    await expect(entries).toHaveCount(2);
    await page.getByRole("combobox", { name: "What was done" }).selectOption("Common task added");
    await expect(page.getByText("Nothing matches these filters.")).toBeVisible();
  });

  test("goes back page by page", async ({ admin: page, office }) => {
    const user = await newUser(office);
    for (let act = 0; act < 51; act += 1) {
      await changeUser(office, user.id, { disabled: act % 2 === 0 });
    }
    await page.goto(`/admin/audit?about=${user.id}`);
    const entries = page.locator(".audit > li");
    await expect(entries).toHaveCount(50);
    await page.getByRole("button", { name: "Show more" }).click();
    await expect(entries).toHaveCount(51);
    await expect(page.getByRole("button", { name: "Show more" })).toHaveCount(0);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const viewport of [
    { width: 1280, height: 720 },
    { width: 390, height: 844 },
  ]) {
    test.describe(`in the ${colorScheme}, ${viewport.width} pixels wide`, () => {
      test.use({ colorScheme, viewport });

      test("the pages fit, and have no barrier that axe finds", async ({
        signedIn: page,
        office,
        context,
      }) => {
        test.slow(); // it looks at several pages
        const { id } = await (await context.request.get("/api/v1/me")).json();
        await changeUser(office, id, { role: "admin" });
        const user = await newUser(office);
        await changeUser(office, user.id, { disabled: true });
        const check = async () => {
          await expectToFit(page);
          expect(await barriers(page)).toEqual([]);
        };
        await page.goto(`/admin/users?q=${user.email}`);
        await page.getByText("Disabled").waitFor();
        await check();
        await page.goto(`/admin/users/${user.id}`);
        await page.getByRole("button", { name: "Enable the account…" }).click();
        await page.getByRole("dialog").waitFor();
        await check();
        await page.goto("/admin/statistics");
        await page.getByRole("row", { name: /^Active users/ }).waitFor();
        await check();
        await page.goto(`/admin/audit?about=${user.id}`);
        await page.locator(".audit > li").waitFor();
        await check();
        await changeUser(office, id, { role: "user" });
        await page.goto("/admin/users");
        await page.getByRole("heading", { name: "This page is for administrators" }).waitFor();
        await check();
      });
    });
  }
}
