import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import { renderInApp } from "../../testing/render";
import { en } from "../../words/en";
import { SignOutEverywhere } from "./SignOutEverywhere";

const words = en.settings.devices;

describe("signing out everywhere", () => {
  test.each([
    [2, true],
    [0, false],
  ])("asks first, and with %i unsaved changes of all windows says so: %s", async (count, isTold) => {
    renderInApp(
      <QueryClientProvider client={new QueryClient()}>
        <SignOutEverywhere countUnsaved={async () => count} onSignedOut={() => {}} />
      </QueryClientProvider>,
    );
    await userEvent.click(screen.getByRole("button", { name: words.everywhere }));
    const question = await screen.findByRole("dialog");
    expect(question.textContent?.includes(en.signOut.pendingTitle(2))).toBe(isTold);
  });
});
