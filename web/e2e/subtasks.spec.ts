import type { Page } from "@playwright/test";
import { addTask, barriers, checkboxOf, expect, test, titleOf } from "./person";

/** Open the details of a task in the list. */
async function openDetails(page: Page, title: string): Promise<void> {
  await titleOf(page, title).hover();
  await page.getByRole("button", { name: `Details of “${title}”` }).click();
  await page.getByRole("textbox", { name: "Title", exact: true }).waitFor();
}

/** Add a sub-task to the task whose details are open. */
async function addSubtask(page: Page, title: string): Promise<void> {
  await page.getByRole("textbox", { name: "Add a sub-task" }).fill(title);
  await page.getByRole("textbox", { name: "Add a sub-task" }).press("Enter");
  await page.getByRole("textbox", { name: `Title of the sub-task “${title}”` }).waitFor();
}

test.describe("sub-tasks", () => {
  test("are added, renamed, completed and deleted in the details", async ({ signedIn: page }) => {
    await addTask(page, "Move house");
    await openDetails(page, "Move house");
    for (const title of ["Order boxes", "Call the movers", "Sell the piano"]) {
      await addSubtask(page, title);
    }
    const details = page.getByRole("dialog", { name: "Details" });
    await details.getByRole("checkbox", { name: "Complete “Order boxes”" }).click();
    await expect(details.getByText("1 of 3 done")).toBeVisible();
    await details.getByRole("textbox", { name: "Title of the sub-task “Call the movers”" }).fill("Call Mia");
    await page.keyboard.press("Enter");
    await details.getByRole("button", { name: "Move the sub-task “Sell the piano” to the trash" }).click();
    await expect(details.getByText("1 of 2 done")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();

    await page.reload();
    await expect(details.getByText("1 of 2 done")).toBeVisible();
    await expect(details.getByRole("textbox", { name: "Title of the sub-task “Call Mia”" })).toBeVisible();
  });

  test("lead to their parent and back, and are marked in the other views", async ({ signedIn: page }) => {
    await page.getByRole("link", { name: "All" }).click();
    await addTask(page, "Move house");
    await openDetails(page, "Move house");
    await addSubtask(page, "Order boxes");
    await page.getByRole("button", { name: "Open the sub-task “Order boxes”" }).click();
    await expect(page.getByRole("textbox", { name: "Title", exact: true })).toHaveValue("Order boxes");
    // One level only, and always in the parent's list.
    await expect(page.getByRole("textbox", { name: "Add a sub-task" })).toHaveCount(0);
    const details = page.getByRole("dialog", { name: "Details" });
    await expect(details.getByLabel("List", { exact: true })).toHaveCount(0);
    await details.getByRole("button", { name: "Sub-task of “Move house”" }).click();
    await expect(page.getByRole("textbox", { name: "Title", exact: true })).toHaveValue("Move house");
    await details.getByRole("button", { name: "Close the details" }).click();
    await expect(details).toHaveCount(0);
    await page
      .getByRole("listitem", { name: "Order boxes" })
      .getByRole("button", { name: "Sub-task of “Move house”" })
      .click();
    await expect(page.getByRole("textbox", { name: "Title", exact: true })).toHaveValue("Move house");
  });

  test("show in the details of another window at once", async ({ signedIn: page, context }) => {
    await addTask(page, "Move house");
    await openDetails(page, "Move house");
    const other = await context.newPage();
    await other.goto(page.url());
    await expect(other.getByRole("textbox", { name: "Add a sub-task" })).toBeVisible();
    await addSubtask(page, "Order boxes");
    await expect(other.getByRole("textbox", { name: "Title of the sub-task “Order boxes”" })).toBeVisible();
  });
});

test.describe("reminders and time zones", () => {
  test("are kept with the task", async ({ signedIn: page }) => {
    await addTask(page, "Call the dentist");
    await openDetails(page, "Call the dentist");
    const details = page.getByRole("dialog", { name: "Details" });
    await details.getByLabel("Add a reminder").selectOption("1 hour before");
    await expect(details.getByRole("listitem").getByText("1 hour before")).toBeVisible();
    await details.getByLabel("Add a reminder").selectOption("At a date and time…");
    await details.getByLabel("Date and time of the reminder").fill("2035-06-01T09:30");
    await details.getByRole("button", { name: "Add", exact: true }).click();
    await expect(details.getByText("1 Jun 2035, 09:30")).toBeVisible();
    await details.getByRole("combobox", { name: "Time zone" }).fill("Asia/Kat");
    await page.getByRole("option", { name: "Asia/Kat" }).click();
    await expect(page.getByText("Saved")).toBeVisible();

    await page.reload();
    await expect(details.getByRole("listitem").getByText("1 hour before")).toBeVisible();
    await expect(details.getByRole("combobox", { name: "Time zone" })).toHaveValue(/^Asia\/Kat/);
    const removal = details.getByRole("button", { name: "Remove the reminder “1 hour before”" });
    await removal.click();
    await expect(removal).toHaveCount(0);
  });
});

test.describe("what is typed in the details", () => {
  test("is there again after a reload, and is sent when its field is left", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await openDetails(page, "Buy milk");
    const title = page.getByRole("textbox", { name: "Title", exact: true });
    const notes = page.getByRole("textbox", { name: "Notes" });
    await notes.fill("Half a thought");
    await page.reload();
    await expect(notes).toHaveValue("Half a thought");
    await notes.focus();
    await notes.blur();
    await expect(page.getByText("Saved")).toBeVisible();

    await title.fill("Buy oat mi");
    await page.reload();
    await expect(title).toHaveValue("Buy oat mi");
    await expect(notes).toHaveValue("Half a thought");
  });
});

test.describe("completing and deleting in the details", () => {
  test("can be taken back", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await openDetails(page, "Buy milk");
    const details = page.getByRole("dialog", { name: "Details" });
    await details.getByRole("button", { name: "Complete", exact: true }).click();
    await expect(checkboxOf(page, "Buy milk")).toHaveCount(0);
    await expect(details.getByText(/^Completed/)).toBeVisible();
    await details.getByRole("button", { name: "Reopen" }).click();
    await expect(checkboxOf(page, "Buy milk")).toBeVisible();
    await details.getByRole("button", { name: "Move to the trash" }).click();
    await expect(details).toHaveCount(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`sub-tasks in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("have no barrier that axe finds", async ({ signedIn: page }) => {
      await page.getByRole("link", { name: "All" }).click();
      await addTask(page, "Move house");
      await openDetails(page, "Move house");
      await addSubtask(page, "Order boxes");
      await page.getByLabel("Due on").fill("2035-06-01");
      await page.getByLabel("Add a reminder").selectOption("1 day before");
      await page.getByRole("checkbox", { name: "Complete “Order boxes”" }).last().click();
      await expect(page.getByText("1 of 1 done")).toBeVisible();
      expect(await barriers(page)).toEqual([]);
    });
  });
}
