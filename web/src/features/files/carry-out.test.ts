import { describe, expect, test } from "vitest";
import type { ImportOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { importOf } from "../../testing/imports";
import { carryOut, type Means, type Order, type Progress } from "./carry-out";
import { type Outgoing, UnderWayError } from "./upload";

const ORDER: Order = {
  file: new File(["title\nMilk\n"], "Home.csv"),
  format: "csv",
  listName: "Home",
  isDry: false,
  key: "key-1",
};

/** Answers in turn; an error is thrown. */
function inTurn(...answers: readonly (ImportOut | Error)[]) {
  const left = [...answers];
  return async (): Promise<ImportOut> => {
    const answer = left.shift();
    if (answer === undefined) {
      throw new Error("Asked once too often.");
    }
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
}

function begin(means: Partial<Means>, order: Partial<Order> = {}, aborting = new AbortController()) {
  const told: Progress[] = [];
  const sent: Outgoing[] = [];
  const { upload = inTurn(), ...others } = means;
  const ending = carryOut(
    { ...ORDER, ...order },
    {
      read: inTurn(),
      pause: async () => {},
      ...others,
      upload: (outgoing) => {
        sent.push(outgoing);
        return upload(outgoing);
      },
    },
    (progress) => told.push(progress),
    aborting.signal,
  );
  return { ending, told, sent };
}

const nobody = () => new UnreachableError(undefined);

describe("an import", () => {
  test("is sent as what it is, and tells how much of it is sent", async () => {
    const { ending, sent, told } = begin({
      upload: async ({ onShare }) => {
        onShare(0.5);
        onShare(1);
        return importOf();
      },
    });
    expect(await ending).toEqual(importOf());
    expect(sent[0]).toMatchObject({
      url: "/api/v1/me/import?format=csv&dry_run=false",
      mediaType: "text/csv",
      key: "key-1",
    });
    expect(told).toEqual([{ stage: "sending", share: 0.5 }, { stage: "working" }]);
  });

  test("names the list where the file does not", async () => {
    const { ending, sent } = begin({ upload: inTurn(importOf()) }, { format: "todoist", isDry: true });
    await ending;
    expect(sent[0]?.url).toBe("/api/v1/me/import?format=todoist&dry_run=true&list_name=Home");
  });

  test("is followed until it ends", async () => {
    const half = importOf({ state: "running", progress: { bytes_read: 50, bytes_total: 100 } });
    const { ending, sent, told } = begin({ upload: inTurn(half), read: inTurn(half, importOf()) });
    expect((await ending).state).toBe("finished");
    expect(sent).toHaveLength(1);
    expect(told).toContainEqual({ stage: "working", share: 0.5 });
  });

  test("goes on being followed where a question about it is lost", async () => {
    const running = importOf({ state: "running" });
    const { ending, sent } = begin({ upload: inTurn(running), read: inTurn(nobody(), nobody(), importOf()) });
    expect((await ending).state).toBe("finished");
    expect(sent).toHaveLength(1);
  });

  test("that fails later rejects with the reason", async () => {
    const failed = importOf({
      state: "failed",
      problem: { detail: "Line 3: no.", type: "/problems/import-unreadable" },
    });
    const { ending } = begin({ upload: inTurn(importOf({ state: "running" })), read: inTurn(failed) });
    await expect(ending).rejects.toThrow("Line 3: no.");
  });
});

describe("an import that is interrupted", () => {
  test.each([
    ["by the network", nobody()],
    ["by the service", new ApiProblem(503, {})],
    ["by its end", importOf({ state: "interrupted" })],
  ])("%s is sent again under the same key", async (_, interruption) => {
    const { ending, sent } = begin({ upload: inTurn(interruption, importOf()) });
    expect((await ending).state).toBe("finished");
    expect(sent.map(({ key }) => key)).toEqual(["key-1", "key-1"]);
  });

  test("again and again is given up, to be gone on with by hand", async () => {
    const { ending, sent } = begin({ upload: async () => Promise.reject(nobody()) });
    await expect(ending).rejects.toBeInstanceOf(UnreachableError);
    expect(sent).toHaveLength(5);
  });

  test("while the service still works on it waits for that, and then asks what came of it", async () => {
    const { ending, sent } = begin({
      upload: inTurn(
        nobody(),
        new UnderWayError("import-1"),
        importOf({ tasks: { created: 7, skipped: 0, failed: 0 } }),
      ),
      read: inTurn(importOf({ state: "running" }), importOf()),
    });
    expect((await ending).tasks.created).toBe(7);
    expect(sent).toHaveLength(3);
  });
});

describe("an import that is", () => {
  test("refused is not sent again", async () => {
    const { ending, sent } = begin({ upload: async () => Promise.reject(new ApiProblem(413, {})) });
    await expect(ending).rejects.toMatchObject({ status: 413 });
    expect(sent).toHaveLength(1);
  });

  test("stopped by hand is not sent again", async () => {
    const aborting = new AbortController();
    const stopped = async () => {
      aborting.abort();
      throw nobody();
    };
    const { ending, sent } = begin({ upload: stopped }, {}, aborting);
    await expect(ending).rejects.toMatchObject({ name: "AbortError" });
    expect(sent).toHaveLength(1);
  });
});
