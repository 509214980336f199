import type { Page } from "@playwright/test";
import { addTask, barriers, expect, test, titleOf } from "./person";

/** Open the details of a task. */
async function openDetails(page: Page, title: string): Promise<void> {
  await titleOf(page, title).hover();
  await page.getByRole("button", { name: `Details of “${title}”` }).click();
  await page.getByRole("dialog", { name: "Details" }).waitFor();
}

test.describe("the details of a task", () => {
  test("are kept as each field is left, and the address leads back to them", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await openDetails(page, "Buy milk");
    await page.getByLabel("Priority", { exact: true }).selectOption("High");
    await page.getByRole("combobox", { name: "Labels" }).fill("home");
    await page.getByRole("combobox", { name: "Labels" }).press("Enter");
    await page.getByRole("textbox", { name: "Notes" }).fill("Two **bottles**");
    await page.getByText("Preview").click();
    await expect(page.locator(".markdown strong")).toHaveText("bottles");
    await expect(page.getByText("Saved")).toBeVisible();

    await page.reload();

    await expect(page.getByLabel("Priority", { exact: true })).toHaveValue("3");
    await expect(page.getByRole("textbox", { name: "Notes" })).toHaveValue("Two **bottles**");
    await expect(page.getByRole("img", { name: "Priority 3 of 4" })).toBeVisible();
    await expect(page.getByRole("link", { name: "home" })).toBeVisible();
  });

  test("move a task to the view of its day", async ({ signedIn: page }) => {
    await addTask(page, "Call the dentist");
    await openDetails(page, "Call the dentist");
    await page.getByLabel("Due on").fill("2035-06-01");
    await expect(titleOf(page, "Call the dentist")).toBeHidden();
    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(titleOf(page, "Call the dentist")).toBeVisible();
    await expect(page.getByText("1 Jun 2035")).toBeVisible();
  });

  test("lose nothing that was typed when they are closed", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await openDetails(page, "Buy milk");
    await page.getByRole("textbox", { name: "Notes" }).fill("Half a thought");
    await page.keyboard.press("Escape");
    await expect(page.getByText("Saved")).toBeVisible();
    await openDetails(page, "Buy milk");
    await expect(page.getByRole("textbox", { name: "Notes" })).toHaveValue("Half a thought");
  });

  test("run nothing that is in the notes", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await openDetails(page, "Buy milk");
    await page
      .getByRole("textbox", { name: "Notes" })
      .fill(
        '<img src=x onerror="document.title=1"><script>document.title=2</script>[a](javascript:document.title=3)',
      );
    await page.getByText("Preview").click();
    await page.getByText("a", { exact: true }).click();
    await expect(page.locator(".markdown script, .markdown img")).toHaveCount(0);
    await expect(page).toHaveTitle("Taskfleet");
  });

  test("have no barrier that axe finds", async ({ page, signedIn }) => {
    await addTask(signedIn, "Buy milk");
    await openDetails(signedIn, "Buy milk");
    expect(await barriers(page)).toEqual([]);
  });
});

test.describe("a task that was changed in two places", () => {
  test("shows both versions, and lets either stay", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    // This window hears nothing of the other's change before it makes its own.
    await context.route("**/api/v1/sync*", (route) => route.abort());
    const { items } = (await (await context.request.get("/api/v1/tasks")).json()) as {
      items: { id: string }[];
    };
    const origin = new URL(page.url()).origin;
    const path = `/api/v1/tasks/${items[0]?.id}`;
    await context.request.patch(path, { data: { title: "Buy oat milk" }, headers: { Origin: origin } });

    await titleOf(page, "Buy milk").fill("Buy soy milk");
    await titleOf(page, "Buy milk").press("Enter");

    const notice = page.getByRole("alert");
    await expect(notice).toContainText("Buy oat milk");
    await expect(notice).toContainText("Buy soy milk");
    await expect(titleOf(page, "Buy oat milk")).toBeVisible();
    await notice.getByRole("button", { name: "Use mine" }).click();
    await expect(titleOf(page, "Buy soy milk")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    const now = (await (await context.request.get(path)).json()) as { title: string };
    expect(now.title).toBe("Buy soy milk");
  });

  test("is no conflict with oneself", async ({ signedIn: page, context }) => {
    await addTask(page, "Buy milk");
    await context.route("**/api/v1/tasks/*", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.fallback();
    });
    for (const [from, to] of [
      ["Buy milk", "Buy oat milk"],
      ["Buy oat milk", "Buy soy milk"],
    ] as const) {
      await titleOf(page, from).fill(to);
      await titleOf(page, from).press("Enter");
    }
    await expect(page.getByText("Saved")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(titleOf(page, "Buy soy milk")).toBeVisible();
  });
});
