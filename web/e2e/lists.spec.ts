import type { Locator, Page } from "@playwright/test";
import { addTask, barriers, expect, test, titleOf } from "./person";

interface List {
  readonly id: string;
  readonly name: string;
  readonly color: string | null;
  readonly archived: boolean;
}

/** What the service has of the user's lists. */
async function listsOf(page: Page): Promise<List[]> {
  const { items } = await (await page.context().request.get("/api/v1/lists")).json();
  return items;
}

/** Make a list and open its page. */
async function makeList(page: Page, name: string): Promise<List> {
  const headers = { Origin: new URL(page.url()).origin };
  const answer = await page.context().request.post("/api/v1/lists", { data: { name }, headers });
  const list = (await answer.json()) as List;
  await page.goto(`/lists/${list.id}`);
  await page.getByRole("heading", { name }).waitFor();
  return list;
}

function linkTo(page: Page, name: string): Locator {
  return page.getByRole("navigation").getByRole("link", { name });
}

async function openMenu(page: Page, name: string): Promise<void> {
  await linkTo(page, name).hover();
  await page.getByRole("button", { name: `More about “${name}”` }).click();
  await page.getByRole("menu").waitFor();
}

async function change(page: Page, id: string, patch: Partial<List>): Promise<void> {
  const headers = { Origin: new URL(page.url()).origin };
  await page.context().request.patch(`/api/v1/lists/${id}`, { data: patch, headers });
}

test.describe("a list", () => {
  test("is marked where it is the page that one is on", async ({ signedIn: page }) => {
    await makeList(page, "Groceries");
    await expect(linkTo(page, "Groceries")).toHaveAttribute("aria-current", "page");
    await expect(linkTo(page, "Today")).not.toHaveAttribute("aria-current");
  });

  test("is renamed where it stands", async ({ signedIn: page }) => {
    await makeList(page, "Groceries");
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "New name of “Groceries”" }).fill("Food");
    await page.getByRole("textbox", { name: "New name of “Groceries”" }).press("Enter");
    await expect(linkTo(page, "Food")).toBeVisible();
    await expect(page.getByRole("heading", { name: "Food" })).toBeVisible();
    await expect.poll(async () => (await listsOf(page))[0]?.name).toBe("Food");
  });

  test("is given a colour, and loses it again", async ({ signedIn: page }) => {
    await makeList(page, "Groceries");
    await openMenu(page, "Groceries");
    await page.getByRole("menuitemradio", { name: "Teal" }).click();
    await expect.poll(async () => (await listsOf(page))[0]?.color).toMatch(/^#[0-9a-f]{6}$/);
    await page.keyboard.press("Escape");
    await openMenu(page, "Groceries");
    await expect(page.getByRole("menuitemradio", { name: "Teal" })).toBeChecked();
    await page.getByRole("menuitemradio", { name: "No colour" }).click();
    await expect.poll(async () => (await listsOf(page))[0]?.color).toBeNull();
  });

  test("is archived, with a way back at once and later", async ({ signedIn: page }) => {
    await makeList(page, "Groceries");
    await page.goto("/today");
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Archive" }).click();
    await expect(linkTo(page, "Groceries")).toBeHidden();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(linkTo(page, "Groceries")).toBeVisible();
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Archive" }).click();
    await page.getByRole("button", { name: "Archived" }).click();
    await expect(linkTo(page, "Groceries")).toBeVisible();
    await expect.poll(async () => (await listsOf(page))[0]?.archived).toBe(true);
    await page.reload();
    await page.getByRole("button", { name: "Archived" }).click();
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Take out of the archive" }).click();
    await expect(page.getByRole("button", { name: "Archived" })).toBeHidden();
    await expect(linkTo(page, "Groceries")).toBeVisible();
  });

  test("is deleted with its tasks, and its page leads to All", async ({ signedIn: page }) => {
    await makeList(page, "Groceries");
    await addTask(page, "Buy milk");
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    const question = page.getByRole("dialog", { name: "Delete “Groceries”?" });
    await expect(question).toContainText("Its tasks go to the trash with it.");
    await question.getByRole("button", { name: "Delete the list" }).click();
    await expect(page).toHaveURL(/\/all$/);
    await expect(page.getByText("No tasks here yet")).toBeVisible();
    await expect(linkTo(page, "Groceries")).toHaveCount(0);
    await expect.poll(() => listsOf(page)).toEqual([]);
    const trash = await (await page.context().request.get("/api/v1/tasks?deleted=true")).json();
    expect(trash.items).toMatchObject([{ title: "Buy milk" }]);
  });

  test("that is deleted in another window leads to All in this one", async ({ signedIn: page, context }) => {
    const { id } = await makeList(page, "Groceries");
    const headers = { Origin: new URL(page.url()).origin };
    await context.request.delete(`/api/v1/lists/${id}`, { headers });
    await expect(page).toHaveURL(/\/all$/);
  });
});

test.describe("a change that is refused", () => {
  test("is taken back, with the reason and a way on", async ({ signedIn: page, context }) => {
    await makeList(page, "Groceries");
    await context.route("**/api/v1/lists/*", (route) =>
      route.request().method() === "DELETE"
        ? route.fulfill({
            status: 403,
            contentType: "application/problem+json",
            body: '{"detail":"Not today"}',
          })
        : route.fallback(),
    );
    await page.goto("/today");
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete the list" }).click();
    await expect(page.getByRole("alert")).toContainText("“Groceries” was not changed: Not today");
    await expect(linkTo(page, "Groceries")).toBeVisible();
  });
});

test.describe("a list that was renamed in two places", () => {
  test("shows what it is now, and lets either name stay", async ({ signedIn: page, context }) => {
    const { id } = await makeList(page, "Groceries");
    // This window hears nothing of the other's change before it makes its own.
    await context.route("**/api/v1/sync*", (route) => route.abort());
    await change(page, id, { name: "Food" });
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "New name of “Groceries”" }).fill("Shopping");
    await page.getByRole("textbox", { name: "New name of “Groceries”" }).press("Enter");

    const notice = page.getByRole("alert");
    await expect(notice).toContainText("“Food”");
    await expect(notice).toContainText("“Shopping”");
    await expect(linkTo(page, "Food")).toBeVisible();
    await notice.getByRole("button", { name: "Use mine" }).click();
    await expect(linkTo(page, "Shopping")).toBeVisible();
    await expect.poll(async () => (await listsOf(page))[0]?.name).toBe("Shopping");
  });

  test("is no conflict where the other change was of something else", async ({ signedIn: page, context }) => {
    const { id } = await makeList(page, "Groceries");
    await context.route("**/api/v1/sync*", (route) => route.abort());
    await change(page, id, { color: "#099268" });
    await openMenu(page, "Groceries");
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "New name of “Groceries”" }).fill("Food");
    await page.getByRole("textbox", { name: "New name of “Groceries”" }).press("Enter");
    await expect.poll(async () => (await listsOf(page))[0]).toMatchObject({ name: "Food", color: "#099268" });
    await expect(page.getByRole("alert")).toHaveCount(0);
  });
});

test.describe("the keyboard alone", () => {
  test("renames, archives and deletes", async ({ signedIn: page }) => {
    await makeList(page, "Groceries");
    await linkTo(page, "Groceries").focus();
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name: "More about “Groceries”" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("textbox", { name: "New name of “Groceries”" })).toBeFocused();
    await page.keyboard.type("Food");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "More about “Food”" })).toBeFocused();

    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("button", { name: "More about “Food”" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name: "Delete the list" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(linkTo(page, "Food")).toHaveCount(0);
    await expect(page).toHaveURL(/\/all$/);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("the menu is there without hovering, and fits", async ({ signedIn: page }) => {
    const list = await makeList(page, "Groceries");
    await page.goto("/today");
    await page.getByRole("button", { name: "Show or hide the views" }).tap();
    const button = page.getByRole("button", { name: "More about “Groceries”" });
    await expect(button).toHaveCSS("opacity", "1");
    await button.tap();
    await page.getByRole("menuitemradio", { name: "Pink" }).tap();
    await expect.poll(async () => (await listsOf(page))[0]?.color).toMatch(/^#/);
    const box = await page.getByRole("menu").boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Groceries" }).tap();
    await expect(page).toHaveURL(new RegExp(`/lists/${list.id}$`));
    await expect(titleOf(page, "Anything")).toHaveCount(0);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("lists and their menus have no barrier that axe finds", async ({ signedIn: page }) => {
      await makeList(page, "Groceries");
      await openMenu(page, "Groceries");
      await expect(page.getByRole("menu")).toHaveCSS("opacity", "1");
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("menuitem", { name: "Rename" }).click();
      await page.getByRole("textbox", { name: "New name of “Groceries”" }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await openMenu(page, "Groceries");
      await page.getByRole("menuitem", { name: "Delete…" }).click();
      await expect(page.getByRole("dialog")).toHaveCSS("opacity", "1");
      expect(await barriers(page)).toEqual([]);
    });
  });
}
