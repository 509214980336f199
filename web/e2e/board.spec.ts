import type { Locator, Page } from "@playwright/test";
import { barriers, drag, expect, expectToFit, quickAdd, test } from "./person";

/** A column of the board. */
function column(page: Page, name: string): Locator {
  return page.getByRole("region", { name });
}

/** A card, wherever it is. */
function card(within: Page | Locator, title: string): Locator {
  return within.getByRole("listitem").filter({ hasText: title });
}

/** Open the board of everything, and add a task to it. */
async function boardWith(page: Page, title: string): Promise<void> {
  await page.goto("/all?view=board");
  await quickAdd(page).fill(title);
  await quickAdd(page).press("Enter");
  await expect(page.getByText("Saved")).toBeVisible();
  await expect(card(page, title)).toBeVisible();
}

test.describe("the board", () => {
  test("is in the address, and a click away from the list", async ({ signedIn: page }) => {
    await page.goto("/all");
    await page.getByText("Board", { exact: true }).click();
    await expect(page).toHaveURL(/\/all\?view=board$/);
    await expect(column(page, "In progress")).toBeVisible();
    await page.goBack();
    await expect(column(page, "In progress")).toHaveCount(0);
  });

  test("takes what is added to do, and opens its details beside it", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    await expect(card(column(page, "To do"), "Buy milk")).toBeVisible();
    await page.getByRole("button", { name: "Details of “Buy milk”" }).click();
    await expect(page).toHaveURL(/view=board&task=/);
    await page.getByLabel("Priority", { exact: true }).selectOption("High");
    await expect(card(page, "Buy milk").getByRole("img", { name: "Priority 3 of 4" })).toBeVisible();
    await page.getByRole("button", { name: "Close the details" }).click();
    await expect(page).toHaveURL(/\?view=board$/);
  });

  test("of a list has what is in the list", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    await page.getByRole("button", { name: "Add a list" }).click();
    await page.getByRole("textbox", { name: "Name of the list" }).fill("Moving house");
    await page.getByRole("textbox", { name: "Name of the list" }).press("Enter");
    await expect(page.getByRole("heading", { name: "Moving house" })).toBeVisible();
    await page.getByText("Board", { exact: true }).click();
    await quickAdd(page).fill("Order boxes");
    await quickAdd(page).press("Enter");
    await expect(card(column(page, "To do"), "Order boxes")).toBeVisible();
    await expect(card(page, "Buy milk")).toHaveCount(0);
    await page.goto("/inbox?view=board");
    await expect(card(column(page, "To do"), "Buy milk")).toBeVisible();
    await expect(card(page, "Order boxes")).toHaveCount(0);
  });
});

test.describe("a card", () => {
  test("is dragged by the mouse through all columns and back", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    for (const name of ["In progress", "Done", "To do", "Done", "In progress"]) {
      await drag(page, card(page, "Buy milk"), column(page, name));
      await expect(card(column(page, name), "Buy milk")).toBeVisible();
      await expect(page.getByText("Saved")).toBeVisible();
    }
    await page.reload();
    await expect(card(column(page, "In progress"), "Buy milk")).toBeVisible();
  });

  test("stays where it was when it is dropped beside the columns", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    await drag(page, card(page, "Buy milk"), page.getByRole("heading", { name: "All" }));
    await expect(card(column(page, "To do"), "Buy milk")).toBeVisible();
    await page.reload();
    await expect(card(column(page, "To do"), "Buy milk")).toBeVisible();
  });

  test("is dragged by the keyboard, told in words, and keeps the focus", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    const handle = page.getByRole("button", { name: "Drag “Buy milk”" });
    await handle.focus();
    await page.keyboard.press("Space");
    await expect(page.getByText("Picked up “Buy milk” from To do.")).toBeAttached();
    await page.keyboard.press("ArrowRight");
    await expect(page.getByText("“Buy milk” is over In progress.")).toBeAttached();
    await page.keyboard.press("ArrowRight");
    await expect(page.getByText("“Buy milk” is over Done.")).toBeAttached();
    await page.keyboard.press("ArrowLeft");
    await expect(page.getByText("“Buy milk” is over In progress.")).toBeAttached();
    await page.keyboard.press("Space");
    await expect(card(column(page, "In progress"), "Buy milk")).toBeVisible();
    await expect(page.getByText("“Buy milk” is in In progress.")).toBeAttached();
    await expect(handle).toBeFocused();

    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    await expect(page.getByText("“Buy milk” is over Done.")).toBeAttached();
    await page.keyboard.press("Escape");
    await expect(page.getByText("“Buy milk” stays in In progress.")).toBeAttached();
    await expect(card(column(page, "In progress"), "Buy milk")).toBeVisible();
  });

  test("is moved by its menu, and completing is taken back", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    await page.getByRole("button", { name: "Move “Buy milk”" }).click();
    await page.getByRole("menuitem", { name: "Move to Done" }).click();
    await expect(card(column(page, "Done"), "Buy milk")).toBeVisible();
    await expect(page.getByRole("button", { name: "Drag “Buy milk”" })).toBeFocused();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(card(column(page, "To do"), "Buy milk")).toBeVisible();
  });

  test("is gone to, opened and completed by keys", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    await quickAdd(page).fill("Call the dentist");
    await quickAdd(page).press("Enter");
    await expect(card(page, "Call the dentist")).toBeVisible();
    await expect(page.getByText("Saved")).toBeVisible();
    await quickAdd(page).blur();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("c");
    await expect(card(column(page, "Done"), "Call the dentist")).toBeVisible();
    await page.keyboard.press("e");
    await expect(page.getByRole("textbox", { name: "Title", exact: true })).toHaveValue("Buy milk");
  });
});

test.describe("the order of the cards of a list", () => {
  test("is given by the mouse and by their menus", async ({ signedIn: page }) => {
    const headers = { Origin: new URL(page.url()).origin };
    const operations = [
      ...["One", "Two", "Three"].map((title) => ({ op: "create", title })),
      { op: "create", title: "Begun", status: "in_progress" },
    ];
    await page.context().request.post("/api/v1/tasks/batch", { data: { operations }, headers });
    await page.goto("/inbox?view=board");
    const titles = column(page, "To do").locator(".card-title");
    await expect(titles).toHaveText(["One", "Two", "Three"]);
    await drag(page, card(page, "Three"), card(page, "One"));
    await expect(titles).toHaveText(["Three", "One", "Two"]);
    await drag(page, card(page, "Three"), card(page, "One"));
    await expect(titles).toHaveText(["One", "Three", "Two"]);
    await drag(page, card(page, "Begun"), card(page, "Three"));
    await expect(titles).toHaveText(["One", "Begun", "Three", "Two"]);
    await page.getByRole("button", { name: "Drag “Begun”" }).focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    await expect(page.getByText("“Begun” is over In progress.")).toBeAttached();
    await page.keyboard.press("ArrowLeft");
    await expect(page.getByText("“Begun” is over To do.")).toBeAttached();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Move “One”" }).click();
    await page.getByRole("menuitem", { name: "Move down" }).click();
    await expect(titles).toHaveText(["Begun", "One", "Three", "Two"]);
    await page.getByRole("button", { name: "Move “Two”" }).click();
    await page.getByRole("menuitem", { name: "Move up" }).click();
    await expect(titles).toHaveText(["Begun", "One", "Two", "Three"]);
    await expect(page.getByText("Saved")).toBeVisible();
    await page.reload();
    await expect(titles).toHaveText(["Begun", "One", "Two", "Three"]);
  });
});

test.describe("a change in another window", () => {
  test("shows on the board, which asks for no column again", async ({ signedIn: page, context }) => {
    await boardWith(page, "Buy milk");
    const other = await context.newPage();
    await other.goto("/all?view=board");
    await expect(card(column(other, "To do"), "Buy milk")).toBeVisible();
    const asked: string[] = [];
    other.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await drag(page, card(page, "Buy milk"), column(page, "Done"));
    await expect(card(column(other, "Done"), "Buy milk")).toBeVisible();
    await expect(card(column(other, "To do"), "Buy milk")).toHaveCount(0);
    expect(asked).not.toContain("/api/v1/tasks");
  });
});

test.describe("a long column", () => {
  test("is loaded as it is scrolled, the latest of what is done first", async ({
    signedIn: page,
    context,
  }) => {
    const headers = { Origin: new URL(page.url()).origin };
    for (const start of [0, 100]) {
      const operations = Array.from({ length: 100 }, (_, index) => ({
        op: "create",
        title: `Task ${start + index + 1}`,
        status: start === 0 ? "todo" : "in_progress",
      }));
      for (const status of ["todo", "in_progress"]) {
        const chosen = operations.map((operation) => ({ ...operation, status }));
        const answer = await context.request.post("/api/v1/tasks/batch", {
          data: { operations: chosen },
          headers,
        });
        expect(answer.ok()).toBe(true);
      }
    }
    await page.goto("/all?view=board");
    await expect(column(page, "To do").getByRole("heading")).toContainText("100+");
    expect(await column(page, "To do").getByRole("listitem").count()).toBeLessThan(40);
    await column(page, "To do")
      .locator(".board-scroller")
      .evaluate(async (scroller) => {
        while (!scroller.textContent?.includes("Task 200")) {
          scroller.scrollTop += 400;
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
      });
    await expect(card(column(page, "To do"), "Task 200")).toBeVisible();
    await expect(column(page, "To do").getByRole("heading")).toContainText("200");
    for (const title of ["Task 199", "Task 200"]) {
      await page
        .getByRole("region", { name: "To do" })
        .getByRole("button", { name: `Move “${title}”` })
        .click();
      await page.getByRole("menuitem", { name: "Move to Done" }).click();
      await expect(card(column(page, "Done"), title)).toBeVisible();
    }
    await expect(column(page, "Done").getByRole("listitem").first()).toContainText("Task 200");
    await page.reload();
    await expect(column(page, "Done").getByRole("listitem").first()).toContainText("Task 200");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`the board in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("has no barrier that axe finds", async ({ signedIn: page }) => {
      await boardWith(page, "Buy milk");
      await drag(page, card(page, "Buy milk"), column(page, "In progress"));
      await expect(card(column(page, "In progress"), "Buy milk")).toBeVisible();
      await expect(page.locator("[data-in-hand]")).toHaveCount(0);
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Move “Buy milk”" }).click();
      await expect(page.getByRole("menuitem", { name: "Move to Done" })).toBeVisible();
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test.describe("the board on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test("scrolls by itself alone, and a finger that rests carries a card", async ({ signedIn: page }) => {
    await boardWith(page, "Buy milk");
    await expectToFit(page);
    const box = await card(page, "Buy milk").boundingBox();
    const client = await page.context().newCDPSession(page);
    const x = (box?.x ?? 0) + 100;
    const y = (box?.y ?? 0) + 16;
    const touch = (type: "touchStart" | "touchMove", at: number) =>
      client.send("Input.dispatchTouchEvent", { type, touchPoints: [{ x: at, y }] });
    await touch("touchStart", x);
    await expect(page.locator("[data-in-hand]")).toBeVisible();
    for (let at = x; at < 380; at += 10) {
      await touch("touchMove", at);
    }
    // At the edge the board moves on by itself, as far as it goes.
    const board = page.locator(".board");
    await expect
      .poll(() =>
        board.evaluate(({ scrollLeft, scrollWidth, clientWidth }) => scrollWidth - clientWidth - scrollLeft),
      )
      .toBeLessThan(1);
    await expect(column(page, "Done")).toHaveAttribute("data-over", "true");
    await client.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await expect(card(column(page, "Done"), "Buy milk")).toBeVisible();
  });
});
