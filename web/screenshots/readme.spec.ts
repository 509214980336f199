import { dayFromToday, expect, quickAdd, test } from "../e2e/person";

// Writes the pictures that the README shows: `npm run screenshots`.
const DIRECTORY = "../docs/screenshots";

const SHOTS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 720 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 720 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 720 } },
] as const;

const TASKS = [
  { title: "Send the draft of the report round", labels: ["work"], priority: 3 },
  { title: "Water the plants", labels: ["home"] },
  { title: "Call the dentist", labels: ["health"], priority: 1 },
  { title: "Book the train to Lyon", labels: ["travel"] },
  { title: "Pay the rent", labels: ["home"], priority: 4 },
];

for (const { name, colorScheme, viewport } of SHOTS) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport });

    test("the list and the details of a task", async ({ signedIn: page, context }) => {
      const headers = { Origin: new URL(page.url()).origin };
      const date = dayFromToday();
      const operations = TASKS.map((task) => ({ op: "create", ...task, due: { date } }));
      await context.request.post("/api/v1/lists", { data: { name: "Moving house" }, headers });
      const answer = await context.request.post("/api/v1/tasks/batch", { data: { operations }, headers });
      const { results } = (await answer.json()) as { results: { task: { id: string } }[] };
      if (name === "phone") {
        await page.reload();
      } else {
        await page.goto(`/today?task=${results[2]?.task.id}`);
        await page.getByRole("textbox", { name: "Notes" }).fill("Ask for **Thursday**, after four.");
        await page.getByRole("textbox", { name: "Title", exact: true }).focus();
        await page.getByText("Preview").click();
        await expect(page.locator(".markdown")).toContainText("after four");
      }
      await expect(quickAdd(page)).toBeVisible();
      await expect(page.getByText("Saved")).toBeVisible();
      await expect(page.getByRole("listitem")).toHaveCount(TASKS.length);
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await page.screenshot({ path: `${DIRECTORY}/${name}.png`, animations: "disabled" });
    });
  });
}

/** A month's work in different states, beginning today. */
const WORK = [
  { title: "Order boxes", status: "todo", priority: 2, days: 0 },
  { title: "Cancel the old flat", status: "todo", priority: 4, days: 1 },
  { title: "Compare moving companies", status: "in_progress", labels: ["phone"], days: 2 },
  { title: "Measure the kitchen", status: "todo", days: 4 },
  { title: "Sell the wardrobe", status: "in_progress", labels: ["online"], days: 6 },
  { title: "Sign the lease", status: "done", days: 0 },
  { title: "Tell the post office", status: "todo", days: 8 },
  { title: "Paint the hall", status: "todo", labels: ["weekend"], days: 9 },
] as const;

for (const { name, path, landmark } of [
  { name: "board", path: (listId: string) => `/lists/${listId}?view=board`, landmark: "Moving house" },
  { name: "calendar", path: () => "/calendar", landmark: undefined },
]) {
  test(`the ${name}`, async ({ signedIn: page, context }) => {
    await page.setViewportSize({ width: 1280, height: 720 });
    const headers = { Origin: new URL(page.url()).origin };
    const made = await context.request.post("/api/v1/lists", { data: { name: "Moving house" }, headers });
    const { id } = (await made.json()) as { id: string };
    const operations = WORK.map(({ days, ...task }) => ({
      op: "create",
      list_id: id,
      due: { date: dayFromToday(days) },
      ...task,
    }));
    await context.request.post("/api/v1/tasks/batch", { data: { operations }, headers });
    await page.goto(path(id));
    await expect(
      page.getByRole("heading", landmark === undefined ? { level: 1 } : { name: landmark }),
    ).toBeVisible();
    await expect(page.getByText("Order boxes").first()).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    await page.screenshot({ path: `${DIRECTORY}/${name}.png`, animations: "disabled" });
  });
}
