import { expect, quickAdd, test } from "../e2e/person";

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
      const date = new Date().toLocaleDateString("en-CA", { timeZone: "UTC" });
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
