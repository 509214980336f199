import { describe, expect, test } from "vitest";
import type { AuditEntryOut } from "../../api/generated/taskfleet.schemas";
import { changesOf, nameOfAction, nameOfActor, nameOfSubject } from "./audit-entries";

const NOBODY = { id: null, name: null, email: null };
const ENTRY: AuditEntryOut = {
  id: "entry-1",
  at: "2026-11-29T08:00:00.000Z",
  actor: { kind: "user", id: "user-1", name: "Ada", email: "ada@example.org" },
  action: "common-task.updated",
  subject: { kind: "common-task", id: "common-1", email: null },
  details: { before: { position: "a0" }, after: { position: "a1" } },
  request_id: null,
};

describe("what changed", () => {
  test("is told in words", () => {
    const details = {
      before: { role: "user", disabled: false, priority: 0, labels: [], sessions: 2 },
      after: { role: "admin", disabled: true, priority: 4, labels: ["home", "work"], sessions: 0 },
    };
    expect(changesOf(details)).toEqual([
      { field: "Role", before: "user", after: "administrator" },
      { field: "Disabled", before: "no", after: "yes" },
      { field: "Priority", before: "None", after: "Urgent" },
      { field: "Labels", before: "none", after: "home, work" },
      { field: "Sessions", before: "2", after: "0" },
    ]);
  });

  test("of a new or a deleted thing has one side, and leaves out what is empty", () => {
    const fields = { title: "Back up", notes: "", labels: [], position: "a0" };
    expect(changesOf({ before: null, after: fields })).toEqual([
      { field: "Title", before: undefined, after: "Back up" },
    ]);
    expect(changesOf({ before: fields, after: null })).toEqual([
      { field: "Title", before: "Back up", after: undefined },
    ]);
  });

  test("of a place is that it is another one", () => {
    expect(changesOf(ENTRY.details)).toEqual([
      { field: "Place in the order", before: undefined, after: "moved" },
    ]);
  });

  test("that this version does not know is told as it is", () => {
    expect(changesOf({ before: { quota: 5 }, after: { quota: { tasks: 7 } } })).toEqual([
      { field: "quota", before: "5", after: '{"tasks":7}' },
    ]);
    expect(nameOfAction("user.renamed")).toBe("user.renamed");
  });
});

test.each([
  [ENTRY.actor, "ada@example.org"],
  [{ ...NOBODY, kind: "user", name: "Ada" }, "Ada"],
  [{ ...NOBODY, kind: "cli", name: "root" }, "root, at the command line"],
  [{ ...NOBODY, kind: "setting", name: "TASKFLEET_ADMIN_EMAILS" }, "TASKFLEET_ADMIN_EMAILS"],
  [{ ...NOBODY, kind: "user" }, "Somebody"],
] as const)("%j acted as %s", (actor, name) => {
  expect(nameOfActor(actor)).toBe(name);
});

test("a common task is named by what the act tells, else by what it is called now", () => {
  const titles = new Map([["common-1", "Back up"]]);
  expect(nameOfSubject(ENTRY, titles)).toBe("“Back up”");
  expect(nameOfSubject(ENTRY, new Map())).toBe("a common task");
  const details = { before: { title: "Save all" }, after: null };
  expect(nameOfSubject({ ...ENTRY, details }, titles)).toBe("“Save all”");
});
