import { barriers, dayFromToday, expect, test } from "./person";

test.describe("lists by date", () => {
  test("part what is overdue from today, and the days to come", async ({ signedIn: page, context }) => {
    const headers = { Origin: new URL(page.url()).origin };
    for (const [title, days] of [
      ["Renew the passport", -40],
      ["Buy milk", 0],
      ["Call Mia", 40],
    ] as const) {
      const data = { title, due: { date: dayFromToday(days), timezone: "UTC", time: "12:00" } };
      expect((await context.request.post("/api/v1/tasks", { data, headers })).ok()).toBe(true);
    }
    await expect(page.getByRole("heading", { name: "Overdue" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Today", level: 2 })).toBeVisible();
    await page.keyboard.press("j");
    await expect(page.getByRole("listitem", { name: /^Renew the passport/ })).toBeFocused();
    expect(await barriers(page)).toEqual([]); // an overdue one on the ground of the chosen row
    await page.keyboard.press("j");
    await expect(page.getByRole("listitem", { name: /^Buy milk/ })).toBeFocused();
    expect(await barriers(page)).toEqual([]);

    await page.getByRole("link", { name: "Upcoming" }).click();
    await expect(page.getByRole("heading", { level: 2 })).toHaveCount(1);
    await expect(page.getByRole("heading", { level: 2 })).toHaveText(/day,? \d+ \w+/);
  });
});
