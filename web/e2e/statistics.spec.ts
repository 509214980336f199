import type { Page } from "@playwright/test";
import { barriers, createTasks, dayFromToday, expect, expectToFit, test } from "./person";

function figure(page: Page, name: string) {
  return page.getByRole("list", { name: "At present" }).getByRole("link", { name });
}

test.describe("the statistics", () => {
  test("say to a new user what will be there", async ({ signedIn: page }) => {
    await page.getByRole("link", { name: "Statistics" }).click();
    await expect(page.getByText("Nothing to count yet.")).toBeVisible();
  });

  test("count what there is, and lead to it", async ({ signedIn: page }) => {
    const today = dayFromToday();
    await createTasks(page, [
      { title: "To do" },
      { title: "Today", due: { date: today } },
      { title: "Late", due: { date: "2026-01-01" } },
      { title: "Begun", status: "in_progress" },
      { title: "Finished", status: "done" },
    ]);
    await page.goto("/statistics");
    await expect(figure(page, "To do")).toHaveText("3To do");
    await expect(figure(page, "In progress")).toHaveText("1In progress");
    await expect(figure(page, "Done")).toHaveText("1Done");
    await expect(figure(page, "Overdue")).toHaveText("1Overdue");
    await expect(figure(page, "Due today")).toHaveText("1Due today");
    const table = page.getByRole("table", { name: "Completed in the last 30 days" });
    await expect(table.getByRole("row")).toHaveCount(31);
    await expect(table.getByRole("row").last().getByRole("cell")).toHaveText("1");
    await expect(page.locator(".completed-chart .recharts-bar-rectangle path")).toHaveCount(1);
    await figure(page, "In progress").click();
    await expect(page).toHaveURL(/\/all\?view=board$/);
  });

  test("follow a change in another window", async ({ signedIn: page }) => {
    await createTasks(page, [{ title: "Buy milk" }]);
    await page.goto("/statistics");
    await expect(figure(page, "To do")).toHaveText("1To do");
    await createTasks(page, [{ title: "Call the dentist", status: "done" }]);
    await expect(figure(page, "Done")).toHaveText("1Done");
    await expect(figure(page, "To do")).toHaveText("1To do");
  });

  test("break nothing of the page's policy", async ({ signedIn: page }) => {
    const refused: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) {
        refused.push(message.text());
      }
    });
    await createTasks(page, [{ title: "Finished", status: "done" }]);
    await page.goto("/statistics");
    await expect(page.locator(".recharts-bar-rectangle path")).toBeVisible();
    expect(refused).toEqual([]);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const viewport of [
    { width: 1280, height: 720 },
    { width: 390, height: 844 },
  ]) {
    test.describe(`the statistics in the ${colorScheme}, ${viewport.width} pixels wide`, () => {
      test.use({ colorScheme, viewport });

      test("fit, and have no barrier that axe finds", async ({ signedIn: page }) => {
        await createTasks(page, [
          { title: "Late", due: { date: "2026-01-01" } },
          { title: "Finished", status: "done" },
        ]);
        await page.goto("/statistics");
        await expect(page.locator(".recharts-bar-rectangle path")).toBeVisible();
        await expectToFit(page);
        expect(await barriers(page)).toEqual([]);
      });
    });
  }
}
