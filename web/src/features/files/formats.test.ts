import { describe, expect, test } from "vitest";
import { guessFormat, listNameOf, mediaTypeOf } from "./formats";

function fileOf(content: string, name = "tasks"): File {
  return new File([content], name);
}

describe("the format of a file", () => {
  test.each([
    ["an export", '{"format": "taskfleet", "version": 1,', "taskfleet"],
    ["JSON of nobody known", '{"tasks": []}', "taskfleet"],
    ["Google Takeout", '{\n "kind": "tasks#taskLists",\n "items": [', "google-tasks"],
    ["Microsoft Graph", '{"@odata.context": "https://graph.microsoft.com", "value": [', "microsoft-todo"],
    ["an array of projects", '\n[{"id": 1, "title": "Home", "tasks": [', "vikunja"],
    ["a backup of Todoist", "\uFEFFTYPE,CONTENT,PRIORITY,INDENT\ntask,Milk,4,1", "todoist"],
    ["rows under names", "title;due_date\nMilk;2026-12-01", "csv"],
    ["a title that names columns of Todoist below the first row", "title\nTYPE and CONTENT", "csv"],
    ["an archive", "PK\u0003\u0004", "archive"],
  ])("is told by its first bytes: %s", async (_, content, format) => {
    expect(await guessFormat(fileOf(content))).toBe(format);
  });

  test("is told by its name where there is nothing in it", async () => {
    expect(await guessFormat(fileOf("", "tasks.JSON"))).toBe("taskfleet");
    expect(await guessFormat(fileOf("", "tasks.csv"))).toBe("csv");
  });

  test.each([
    ["taskfleet", "application/json"],
    ["todoist", "text/csv"],
    ["csv", "text/csv"],
  ] as const)("says as what it is sent: %s", (format, type) => {
    expect(mediaTypeOf(format)).toBe(type);
  });
});

test.each([
  ["Home [2203306141].csv", "Home"],
  ["My work.v2.csv", "My work.v2"],
  [".csv", "Todoist"],
  [`${"x".repeat(120)}.csv`, "x".repeat(100)],
])("the list for the tasks of %s is named after it", (name, expected) => {
  expect(listNameOf(fileOf("", name))).toBe(expected);
});
