import type { Locator, Page } from "@playwright/test";
import { barriers, createTasks, dayFromToday, drag, expect, expectToFit, test } from "./person";

const JUNE = "/calendar?month=2035-06";

/** The cell of a day of June 2035. */
function cell(page: Page, day: number): Locator {
  return page
    .getByRole("cell")
    .filter({ has: page.locator(`time[datetime="2035-06-${String(day).padStart(2, "0")}"]`) });
}

/** A task on the calendar, which is a button with its time and title. */
function task(within: Page | Locator, title: string): Locator {
  return within.getByRole("button", { name: title });
}

test.describe("the calendar", () => {
  test("is a link away, at the present month, with today marked", async ({ signedIn: page }) => {
    await page.getByRole("link", { name: "Calendar" }).click();
    const today = dayFromToday();
    const title = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title.format(new Date(today)));
    await expect(page.getByRole("columnheader").first()).toHaveText("Mon");
    await expect(page.locator('td[aria-current="date"] time')).toHaveAttribute("datetime", today);
  });

  test("goes from month to month by buttons, keys and the way back", async ({ signedIn: page }) => {
    const title = page.getByRole("heading", { level: 1 });
    await page.goto(JUNE);
    await expect(title).toHaveText("June 2035");
    await page.getByRole("button", { name: "Next month" }).click();
    await expect(title).toHaveText("July 2035");
    await expect(page).toHaveURL(/month=2035-07/);
    await page.keyboard.press("k");
    await page.keyboard.press("k");
    await expect(title).toHaveText("May 2035");
    await page.keyboard.press("j");
    await expect(title).toHaveText("June 2035");
    await page.goBack();
    await expect(title).toHaveText("May 2035");
    await page.getByRole("button", { name: "Today", exact: true }).click();
    await expect(page).toHaveURL(/\/calendar$/);
  });

  test("shows the present month where the address names none", async ({ signedIn: page }) => {
    await page.goto("/calendar?month=2035-13");
    await expect(page.locator('td[aria-current="date"]')).toHaveCount(1);
  });

  test("shows tasks on their days, by time, those without one behind them", async ({ signedIn: page }) => {
    await createTasks(page, [
      { title: "Whole day", due: { date: "2035-06-13" } },
      { title: "Late", due: { date: "2035-06-13", time: "18:00" } },
      { title: "Early", due: { date: "2035-06-13", time: "09:30" } },
      { title: "In July", due: { date: "2035-07-01" } },
      { title: "Beyond", due: { date: "2035-07-02" } },
      { title: "Of no day" },
    ]);
    await page.setViewportSize({ width: 1280, height: 1000 });
    await page.goto(JUNE);
    await expect(cell(page, 13).getByRole("listitem")).toHaveText(["09:30Early", "18:00Late", "Whole day"]);
    await expect(task(page, "In July")).toBeVisible();
    await expect(task(page, "Beyond")).toHaveCount(0);
    await expect(task(page, "Of no day")).toHaveCount(0);
  });

  test("says how many more there are on a day, and shows them", async ({ signedIn: page }) => {
    const tasks = Array.from({ length: 120 }, (_, index) => ({
      title: `Errand ${index + 1}`,
      due: { date: "2035-06-13", time: `09:${String(index % 60).padStart(2, "0")}` },
    }));
    await createTasks(page, tasks.slice(0, 60));
    await createTasks(page, tasks.slice(60));
    await page.goto(JUNE);
    const more = page.getByRole("button", { name: /^\+1\d\d more on Wednesday 13 June$/ });
    // Two pages of the service make the month whole.
    await expect(async () => {
      const shown = (await cell(page, 13).getByRole("listitem").count()) - 1;
      await expect(more).toHaveText(`+${120 - shown} more`, { timeout: 100 });
    }).toPass();
    await more.click();
    const dialog = page.getByRole("dialog", { name: "Wednesday 13 June" });
    await task(dialog, "Errand 60").first().click();
    await expect(page.getByRole("textbox", { name: "Title", exact: true })).toHaveValue("Errand 60");
    await expect(page).toHaveURL(/month=2035-06&task=/);
  });

  test("adds a task on a day, by the mouse and by the keyboard", async ({ signedIn: page }) => {
    await page.goto(JUNE);
    await cell(page, 13).hover();
    await page.getByRole("button", { name: "Add a task on Wednesday 13 June" }).click();
    await page.getByRole("textbox", { name: "Add a task" }).fill("Buy milk");
    await page.keyboard.press("Enter");
    await expect(task(cell(page, 13), "Buy milk")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    await page.getByRole("button", { name: "Add a task on Thursday 14 June" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("textbox", { name: "Add a task" })).toBeFocused();
    await page.keyboard.type("Call the dentist");
    await page.keyboard.press("Enter");
    await expect(task(cell(page, 14), "Call the dentist")).toBeVisible();
    await expect(page.getByRole("button", { name: "Add a task on Thursday 14 June" })).toBeFocused();
    await page.reload();
    await expect(task(cell(page, 13), "Buy milk")).toBeVisible();
  });
});

test.describe("a task on the calendar", () => {
  test("is dragged to another day and keeps its time", async ({ signedIn: page }) => {
    await createTasks(page, [{ title: "Call the dentist", due: { date: "2035-06-13", time: "09:30" } }]);
    await page.goto(JUNE);
    await drag(page, task(page, "Call the dentist"), cell(page, 20));
    await expect(task(cell(page, 20), "09:30 Call the dentist")).toBeVisible();
    await expect(task(cell(page, 13), "Call the dentist")).toHaveCount(0);
    await expect(page.getByText("Saved")).toBeVisible();
    await page.reload();
    await expect(task(cell(page, 20), "09:30 Call the dentist")).toBeVisible();
  });

  test("is given another day in its details, by the keyboard", async ({ signedIn: page }) => {
    await createTasks(page, [{ title: "Call the dentist", due: { date: "2035-06-13", time: "09:30" } }]);
    await page.goto(JUNE);
    await task(page, "Call the dentist").focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Due on").fill("2035-06-20");
    await expect(task(cell(page, 20), "09:30 Call the dentist")).toBeVisible();
  });

  test("stays, crossed out, when it is done", async ({ signedIn: page }) => {
    await createTasks(page, [{ title: "Call the dentist", due: { date: "2035-06-13" } }]);
    await page.goto(JUNE);
    await task(page, "Call the dentist").click();
    await page.getByLabel("Status").selectOption("Done");
    await expect(task(cell(page, 13), "Call the dentist , Done")).toBeVisible();
  });
});

test.describe("a change in another window", () => {
  test("shows on the calendar, which asks for no month again", async ({ signedIn: page, context }) => {
    await createTasks(page, [{ title: "Call the dentist", due: { date: "2035-06-13" } }]);
    await page.goto(JUNE);
    const other = await context.newPage();
    await other.goto(JUNE);
    await expect(task(cell(other, 13), "Call the dentist")).toBeVisible();
    const asked: string[] = [];
    other.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await drag(page, task(page, "Call the dentist"), cell(page, 20));
    await expect(task(cell(other, 20), "Call the dentist")).toBeVisible();
    expect(asked).not.toContain("/api/v1/tasks");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`the calendar in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("has no barrier that axe finds", async ({ signedIn: page }) => {
      const today = dayFromToday();
      await createTasks(page, [
        { title: "Late", due: { date: "2026-01-01" } },
        { title: "Done", due: { date: today }, status: "done" },
        ...Array.from({ length: 9 }, (_, index) => ({
          title: `Errand ${index}`,
          due: { date: today, time: "09:30" },
        })),
      ]);
      for (const path of ["/calendar", "/calendar?month=2026-01"]) {
        await page.goto(path);
        await expect(page.locator(".calendar-task").first()).toBeVisible();
        expect(await barriers(page)).toEqual([]);
      }
      await page.goto("/calendar");
      await page.getByRole("button", { name: /more on/ }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      // What it covers is out of reach meanwhile.
      expect(await barriers(page, "[role=dialog]")).toEqual([]);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
      await page.keyboard.press("q");
      await expect(page.getByRole("textbox", { name: "Add a task" })).toBeVisible();
      expect(await barriers(page, "[role=dialog]")).toEqual([]);
    });
  });
}

test.describe("the calendar on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("is a list of days that begins at today", async ({ signedIn: page }) => {
    const today = dayFromToday();
    await createTasks(page, [{ title: "Call the dentist", due: { date: today } }]);
    await page.goto("/calendar");
    await expect(page.getByRole("table")).toHaveCount(0);
    await expect(task(page.locator('li[aria-current="date"]'), "Call the dentist")).toBeInViewport();
    await expectToFit(page);
    expect(await barriers(page)).toEqual([]);
  });

  test("adds to a day", async ({ signedIn: page }) => {
    await page.goto(JUNE);
    await page.getByRole("button", { name: "Add a task on Wednesday 13 June" }).click();
    await page.getByRole("textbox", { name: "Add a task" }).fill("Buy milk");
    await page.keyboard.press("Enter");
    const days = page.getByRole("list", { name: "June 2035" }).locator(".agenda-slot");
    await expect(task(days.nth(12), "Buy milk")).toBeVisible();
  });
});
