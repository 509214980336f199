import { addTask, checkboxOf, expect, quickAdd, test, titleOf } from "./person";

test.describe("adding a task", () => {
  test("shows it at once and keeps it over a reload", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await expect(quickAdd(page)).toHaveValue("");
    await page.reload();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
  });

  test("keeps what was typed and not sent over a reload", async ({ signedIn: page }) => {
    await quickAdd(page).fill("Half a thought");
    await page.reload();
    await expect(quickAdd(page)).toHaveValue("Half a thought");
  });

  test("takes text for text, whatever it looks like", async ({ signedIn: page }) => {
    const title = '<img src=x onerror="document.title=1"> **bold**';
    await addTask(page, title);
    await expect(titleOf(page, title)).toHaveValue(title);
    await expect(page).toHaveTitle("Taskfleet");
  });
});

test.describe("completing a task", () => {
  test("takes it from the list, and undo brings it back", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await checkboxOf(page, "Buy milk").click();
    await expect(titleOf(page, "Buy milk")).toBeHidden();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await page.reload();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
  });
});

test.describe("deleting a task", () => {
  test("takes it from the list, and undo brings it back", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await titleOf(page, "Buy milk").hover();
    await page.getByRole("button", { name: "Move “Buy milk” to the trash" }).click();
    await expect(titleOf(page, "Buy milk")).toBeHidden();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
  });
});

test.describe("a change in one window", () => {
  test("shows in another within a second, which asks for no list again", async ({
    signedIn: page,
    context,
  }) => {
    await addTask(page, "Call the dentist");
    const other = await context.newPage();
    await other.goto("/all");
    await expect(titleOf(other, "Call the dentist")).toBeVisible();
    const asked: string[] = [];
    other.on("request", (request) => asked.push(new URL(request.url()).pathname));

    await titleOf(page, "Call the dentist").fill("Call the dentist at nine");
    await titleOf(page, "Call the dentist").press("Enter");

    await expect(titleOf(other, "Call the dentist at nine")).toBeVisible({ timeout: 1_000 });
    expect(asked).toContain("/api/v1/sync");
    expect(asked).not.toContain("/api/v1/tasks");
  });
});

test.describe("a change that is refused", () => {
  test("is taken back, with the reason", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await context.route("**/api/v1/tasks/*", (route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({
            status: 422,
            contentType: "application/problem+json",
            body: '{"errors":[{"detail":"No milk today"}]}',
          })
        : route.fallback(),
    );
    await titleOf(page, "Buy milk").fill("Buy oat milk");
    await titleOf(page, "Buy milk").press("Enter");
    await expect(page.getByRole("alert")).toContainText("No milk today");
    await expect(titleOf(page, "Buy milk")).toHaveValue("Buy milk");
  });
});

test.describe("a service that cannot be reached", () => {
  test("leaves a change on the screen and gets it later, once", async ({ signedIn: page, context }) => {
    let dropped = 0;
    await context.route("**/api/v1/tasks", async (route) => {
      if (route.request().method() === "POST" && dropped < 2) {
        dropped += 1;
        // The first one arrives, and its answer is lost.
        if (dropped === 1) {
          await route.fetch();
        }
        await route.abort("connectionreset");
      } else {
        await route.fallback();
      }
    });
    await quickAdd(page).fill("Buy milk");
    await quickAdd(page).press("Enter");
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await expect(page.getByText("Not connected")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    await page.reload();
    await expect(titleOf(page, "Buy milk")).toHaveCount(1);
  });
});

test.describe("a session that has ended", () => {
  test("leads to sign-in and back to the same place, with what was typed and what was done", async ({
    signedIn: page,
    context,
  }) => {
    await page.goto("/all");
    await addTask(page, "Buy milk");
    const { email } = (await (await context.request.get("/api/v1/me")).json()) as { email: string };
    await quickAdd(page).fill("Half a thought");
    await context.clearCookies();
    await checkboxOf(page, "Buy milk").click();
    await expect(page.getByText("Your session has ended")).toBeVisible();
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "All" })).toBeVisible();
    await expect(quickAdd(page)).toHaveValue("Half a thought");
    await expect(page.getByText("Saved")).toBeVisible();
    const { items } = (await (await context.request.get("/api/v1/tasks")).json()) as {
      items: { status: string }[];
    };
    expect(items).toMatchObject([{ status: "done" }]);
  });
});

test.describe("a list", () => {
  test("is made beside the others, and takes what is added to it", async ({ signedIn: page }) => {
    await page.getByRole("button", { name: "Add a list" }).click();
    await page.getByRole("textbox", { name: "Name of the list" }).fill("Moving house");
    await page.getByRole("textbox", { name: "Name of the list" }).press("Enter");
    await expect(page.getByRole("heading", { name: "Moving house" })).toBeVisible();
    await addTask(page, "Order boxes");
    await page.getByRole("link", { name: "Inbox" }).click();
    await expect(page.getByRole("heading", { name: "Inbox" })).toBeVisible();
    await expect(titleOf(page, "Order boxes")).toHaveCount(0);
    await page.getByRole("link", { name: "Moving house" }).click();
    await expect(titleOf(page, "Order boxes")).toBeVisible();
  });
});

test.describe("signing out and in as somebody else", () => {
  test("leaves nothing of the one before, in no tab", async ({ signedIn: page, context }) => {
    await addTask(page, "A secret of the first");
    await quickAdd(page).fill("Half a secret");
    const other = await context.newPage();
    await other.goto("/all");
    await expect(titleOf(other, "A secret of the first")).toBeVisible();

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(other.getByLabel("E-mail")).toBeVisible();
    await page.getByLabel("E-mail").fill(`second-${Date.now()}@example.org`);
    await page.getByRole("button", { name: "Sign in" }).click();

    await addTask(page, "Of the second");
    await expect(quickAdd(page)).toHaveValue("");
    await expect(titleOf(other, "Of the second")).toBeVisible();
    for (const tab of [page, other]) {
      await expect(titleOf(tab, "A secret of the first")).toHaveCount(0);
    }
  });
});

test.describe("many tasks", () => {
  test("are loaded as they are scrolled to, and few of them drawn", async ({ signedIn: page, context }) => {
    const origin = new URL(page.url()).origin;
    for (const start of [0, 100, 200]) {
      const operations = Array.from({ length: 100 }, (_, index) => ({
        op: "create",
        title: `Task ${start + index + 1}`,
      }));
      const answer = await context.request.post("/api/v1/tasks/batch", {
        data: { operations },
        headers: { Origin: origin },
      });
      expect(answer.ok()).toBe(true);
    }
    await page.goto("/all");
    await expect(titleOf(page, "Task 1")).toBeVisible();
    await page.locator(".task-scroller").evaluate(async (scroller) => {
      const isAtEnd = () => scroller.scrollTop + scroller.clientHeight >= 300 * 40;
      while (!isAtEnd()) {
        scroller.scrollTop += 400;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    });
    await expect(titleOf(page, "Task 300")).toBeVisible();
    expect(await page.getByRole("listitem").count()).toBeLessThan(80);
  });
});
