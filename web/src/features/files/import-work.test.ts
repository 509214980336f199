import { describe, expect, test, vi } from "vitest";
import type { ImportOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { deferred } from "../../testing/deferred";
import { importOf } from "../../testing/imports";
import { ImportWork } from "./import-work";
import { LostFileError, type Outgoing } from "./upload";

const FILE = new File(["title\nMilk\n"], "Home.csv");

function begin(answer: (outgoing: Outgoing) => Promise<ImportOut>) {
  const sent: Outgoing[] = [];
  const work = new ImportWork({
    upload: (outgoing) => {
      sent.push(outgoing);
      return answer(outgoing);
    },
    read: async () => importOf(),
    pause: async () => {},
  });
  return { work, sent, keys: () => sent.map(({ key }) => key) };
}

const refused = async () => Promise.reject(new ApiProblem(422, { detail: "No." }));

describe("a chosen file", () => {
  test("is taken for what it seems to be", async () => {
    const { work } = begin(refused);
    await work.choose(new File(["TYPE,CONTENT,PRIORITY,INDENT"], "Work [12].csv"));
    expect(work.getState()).toMatchObject({ format: "todoist", listName: "Work" });
  });

  test("that cannot be read says so", async () => {
    const { work } = begin(refused);
    const file = new File([""], "gone.csv");
    vi.spyOn(file, "slice").mockImplementation(() => {
      throw new DOMException("", "NotReadableError");
    });
    await work.choose(file);
    expect(work.getState().error).toBeInstanceOf(LostFileError);
  });

  test("does not take the place of one that is being sent", async () => {
    const { work } = begin(() => new Promise(() => {}));
    await work.choose(FILE);
    void work.run(true);
    await work.choose(new File(["[]"], "other.json"));
    expect(work.getState()).toMatchObject({ file: FILE, format: "csv" });
  });
});

describe("looking, then importing", () => {
  test("sends the file under a key for each", async () => {
    const { work, keys } = begin(async ({ url }) => importOf({ dry_run: url.includes("dry_run=true") }));
    await work.choose(FILE);
    await work.run(true);
    expect(work.getState().preview?.dry_run).toBe(true);
    expect(work.getState().result).toBeUndefined();
    await work.run(false);
    expect(work.getState().result?.dry_run).toBe(false);
    expect(new Set(keys()).size).toBe(2);
  });

  test("is sent once, however often the button is pressed", async () => {
    const answer = deferred<ImportOut>();
    const { work, sent } = begin(() => answer.promise);
    await work.choose(FILE);
    const running = work.run(false);
    await work.run(false);
    answer.resolve(importOf());
    await running;
    expect(sent).toHaveLength(1);
  });

  test("goes on under the same key after a failure", async () => {
    const { work, keys } = begin(refused);
    await work.choose(FILE);
    await work.run(false);
    expect(work.getState().error).toBeInstanceOf(ApiProblem);
    await work.run(false);
    const [first, second] = keys();
    expect(second).toBe(first);
  });

  test("goes on under the same key after it was stopped, and says that it may have begun", async () => {
    const { work, keys, sent } = begin(() => new Promise(() => {}));
    await work.choose(FILE);
    void work.run(false);
    work.stop();
    expect(sent[0]?.signal.aborted).toBe(true);
    expect(work.getState()).toMatchObject({ file: FILE, isStopped: true, progress: undefined });
    void work.run(false);
    expect(keys()[1]).toBe(keys()[0]);
  });

  test("counts anew for another format, under another key", async () => {
    const { work, keys } = begin(async () => importOf({ dry_run: true }));
    await work.choose(FILE);
    await work.run(true);
    work.describe({ format: "todoist" });
    expect(work.getState().preview).toBeUndefined();
    await work.run(true);
    expect(keys()[1]).not.toBe(keys()[0]);
  });

  test("forgets the file of another user", async () => {
    const { work } = begin(refused);
    work.beginFor("user-1");
    await work.choose(FILE);
    work.beginFor("user-1");
    expect(work.getState().file).toBe(FILE);
    work.beginFor("user-2");
    expect(work.getState().file).toBeUndefined();
  });
});
