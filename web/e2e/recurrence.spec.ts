import type { Page } from "@playwright/test";
import { barriers, checkboxOf, createTasks, dayFromToday, drag, expect, test, titleOf } from "./person";

/** Have a task that is due today, and repeats by a rule. */
async function haveRepeating(page: Page, title: string, rule = "FREQ=DAILY", from = "due"): Promise<void> {
  await createTasks(page, [{ title, due: { date: dayFromToday() }, recurrence: { rule, from } }]);
  await titleOf(page, title).waitFor();
}

async function openDetails(page: Page, title: string): Promise<void> {
  await titleOf(page, title).hover();
  await page.getByRole("button", { name: `Details of “${title}”` }).click();
  await page.getByRole("dialog", { name: "Details" }).waitFor();
}

/** The open tasks of the service with a title, as their dates. */
async function openDates(page: Page, title: string): Promise<(string | undefined)[]> {
  const answer = await page.context().request.get("/api/v1/tasks?status=todo&sort=due");
  const { items } = (await answer.json()) as { items: { title: string; due: { date: string } | null }[] };
  return items.filter((task) => task.title === title).map(({ due }) => due?.date);
}

test.describe("the repetition of a task", () => {
  test("is set in its details, told in words, and kept", async ({ signedIn: page }) => {
    await createTasks(page, [{ title: "Water plants", due: { date: "2030-12-16" } }]);
    await page.getByRole("link", { name: "All" }).click();
    await openDetails(page, "Water plants");

    await page.getByRole("combobox", { name: "Repeat" }).selectOption("Every week");
    await page.getByRole("button", { name: "Thursday" }).click();
    await page.getByRole("spinbutton", { name: "Every … weeks" }).fill("2");
    await page.getByRole("spinbutton", { name: "Every … weeks" }).press("Enter");
    await expect(page.getByRole("img", { name: "Every 2 weeks on Monday and Thursday" })).toBeVisible();
    await expect(page.getByText("19 Dec 2030 · 30 Dec 2030")).toBeVisible();

    await page.reload();
    await expect(page.getByRole("combobox", { name: "Repeat" })).toHaveValue("weekly");
    await expect(page.getByRole("button", { name: "Monday" })).toHaveAttribute("aria-pressed", "true");
    await expect(page.getByRole("button", { name: "Friday" })).toHaveAttribute("aria-pressed", "false");
  });

  test("is set by a key, from today on", async ({ signedIn: page }) => {
    await createTasks(page, [{ title: "Stretch" }]);
    await page.getByRole("link", { name: "All" }).click();
    await titleOf(page, "Stretch").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("r");
    await page.getByRole("menuitemradio", { name: "Every weekday" }).click();
    await expect(page.getByRole("img", { name: "Every weekday" })).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await openDates(page, "Stretch")).toEqual([dayFromToday()]);
  });

  test("stays as it is where the form has no fields for it", async ({ signedIn: page }) => {
    await haveRepeating(page, "Pay", "FREQ=MONTHLY;BYMONTHDAY=1,15");
    await openDetails(page, "Pay");
    await expect(page.getByRole("combobox", { name: "Repeat" })).toHaveValue("kept");
    await page.getByRole("combobox", { name: "Count from" }).selectOption("Completion");
    await expect(
      page.getByRole("img", { name: "Every month on the 1st and the 15th, from completion" }),
    ).toBeVisible();
  });

  test("comes back with the reason when the service refuses it", async ({ signedIn: page }) => {
    await haveRepeating(page, "Renew", "FREQ=YEARLY");
    await openDetails(page, "Renew");
    await page.getByRole("spinbutton", { name: "Every … years" }).fill("60");
    await page.getByRole("spinbutton", { name: "Every … years" }).press("Enter");
    await expect(page.getByText(/That was not saved\..*50 years/)).toBeVisible();
    await expect(page.getByRole("spinbutton", { name: "Every … years" })).toHaveValue("1");
  });

  test("goes with the date that it counts from, and comes back with it", async ({ signedIn: page }) => {
    await haveRepeating(page, "Stretch");
    await openDetails(page, "Stretch");
    await page.getByRole("button", { name: "Remove the date" }).click();
    await expect(page.getByRole("combobox", { name: "Repeat" })).toHaveValue("none");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("combobox", { name: "Repeat" })).toHaveValue("daily");
    await expect(page.getByText("Saved")).toBeVisible();
    expect(await openDates(page, "Stretch")).toEqual([dayFromToday()]);
  });
});

test.describe("completing a task that repeats", () => {
  test("brings the next one, and undo takes that away again", async ({ signedIn: page }) => {
    await haveRepeating(page, "Stretch");
    await page.getByRole("link", { name: "All" }).click();
    await expect(page.getByText("today", { exact: true })).toBeVisible();

    await checkboxOf(page, "Stretch").click();
    await expect(page.getByText("tomorrow", { exact: true })).toBeVisible();
    await expect(titleOf(page, "Stretch")).toHaveCount(1);

    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByText("today", { exact: true })).toBeVisible();
    await expect(titleOf(page, "Stretch")).toHaveCount(1);
    expect(await openDates(page, "Stretch")).toEqual([dayFromToday()]);
  });

  test("leaves Today until it is due again", async ({ signedIn: page }) => {
    await haveRepeating(page, "Stretch");
    await checkboxOf(page, "Stretch").click();
    await expect(titleOf(page, "Stretch")).toBeHidden();
    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(titleOf(page, "Stretch")).toBeVisible();
  });

  test("without a network brings the next one when there is one again", async ({
    signedIn: page,
    context,
  }) => {
    await haveRepeating(page, "Stretch");
    await page.getByRole("link", { name: "All" }).click();
    await titleOf(page, "Stretch").waitFor();
    await context.setOffline(true);
    await checkboxOf(page, "Stretch").click();
    await expect(page.getByText("Offline, 1 pending")).toBeVisible();
    await expect(titleOf(page, "Stretch")).toBeHidden();
    await context.setOffline(false);
    await expect(page.getByText("tomorrow", { exact: true })).toBeVisible();
    await expect(titleOf(page, "Stretch")).toHaveCount(1);
  });

  test("on the board leaves the next one among what is to do", async ({ signedIn: page }) => {
    await haveRepeating(page, "Stretch");
    await page.getByRole("link", { name: "All" }).click();
    await page.getByText("Board", { exact: true }).click();
    const todo = page.getByRole("region", { name: /To do/ });
    const done = page.getByRole("region", { name: /Done/ });
    await drag(page, todo.getByText("Stretch"), done);
    await expect(done.getByText("Stretch")).toBeVisible();
    await expect(todo.getByText("tomorrow")).toBeVisible();
    await expect(todo.getByRole("img", { name: "Every day" })).toBeVisible();
  });

  test("in the calendar keeps what was done beside what comes", async ({ signedIn: page }) => {
    await haveRepeating(page, "Stretch");
    await checkboxOf(page, "Stretch").click();
    await page.getByRole("link", { name: "Calendar" }).click();
    await expect(page.getByRole("button", { name: /Stretch.*Every day.*Done/ })).toBeVisible();
  });
});

test.describe("the repetition of a task that was changed in two places", () => {
  test("stands side by side in words", async ({ signedIn: page, context }) => {
    await haveRepeating(page, "Stretch");
    await openDetails(page, "Stretch");
    await context.route("**/api/v1/sync*", (route) => route.abort());
    const answer = await context.request.get("/api/v1/tasks");
    const { items } = (await answer.json()) as { items: { id: string }[] };
    const origin = new URL(page.url()).origin;
    await context.request.patch(`/api/v1/tasks/${items[0]?.id}`, {
      data: { recurrence: { rule: "FREQ=WEEKLY;BYDAY=MO" } },
      headers: { Origin: origin },
    });
    await page.getByRole("combobox", { name: "Repeat" }).selectOption("Every weekday");
    const notice = page.getByRole("alert");
    await expect(notice).toContainText("Every weekday");
    await expect(notice).toContainText("Every week on Monday");
    await notice.getByRole("button", { name: "Use mine" }).click();
    await expect(page.getByRole("img", { name: "Every weekday" })).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a repetition has no barrier that axe finds (${colorScheme})`, async ({ signedIn: page }) => {
    await page.emulateMedia({ colorScheme });
    await haveRepeating(page, "Stretch", "FREQ=WEEKLY;BYDAY=MO,TH");
    await openDetails(page, "Stretch");
    await expect(page.getByText("Next dates")).toBeVisible();
    expect(await barriers(page)).toEqual([]);
  });
}
