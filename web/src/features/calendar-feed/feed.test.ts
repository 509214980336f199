import { QueryClient } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { json, refusal, serve } from "../../testing/service";
import { en } from "../../words/en";
import { describeRefusal, endFeed, feedQuery, webcalOf } from "./feed";

function readFeed() {
  return new QueryClient().fetchQuery({ ...feedQuery, retry: false });
}

describe("the calendar feed", () => {
  test("is what the service tells of it, without an address", async () => {
    serve(() => json({ created_at: "2026-11-28T08:00:00.000Z" }));
    expect(await readFeed()).toEqual({ created_at: "2026-11-28T08:00:00.000Z" });
  });

  test("is null where there is none", async () => {
    serve(() => refusal(404));
    expect(await readFeed()).toBeNull();
  });

  test("is not taken for none where the service fails", async () => {
    serve(() => refusal(500));
    await expect(readFeed()).rejects.toMatchObject({ status: 500 });
  });

  test("that is gone is as good as revoked", async () => {
    const requests = serve(() => refusal(404));
    await endFeed();
    expect(requests.map(({ method }) => method)).toEqual(["DELETE"]);
  });
});

test.each([
  ["https://tasks.example/calendar/x.ics", "webcal://tasks.example/calendar/x.ics"],
  ["http://127.0.0.1:8000/calendar/https.ics", "webcal://127.0.0.1:8000/calendar/https.ics"],
])("%s opens in the calendar of the device", (url, webcal) => {
  expect(webcalOf(url)).toBe(webcal);
});

test.each([
  [new UnreachableError(undefined), en.calendarFeed.uncertain],
  [new ApiProblem(429, {}), en.failure.limited],
])("a new address that did not come is told by what is certain: %s", (error, text) => {
  expect(describeRefusal(error)).toBe(text);
});
