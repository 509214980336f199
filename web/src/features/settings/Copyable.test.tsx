import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { renderInApp } from "../../testing/render";
import { en } from "../../words/en";
import { Copyable } from "./Copyable";

const words = en.programs;

async function copy(): Promise<void> {
  renderInApp(<Copyable label="Address" text="https://tasks.example/x" action="Copy the address" />);
  await user.click(screen.getByRole("button", { name: "Copy the address" }));
}

const user = userEvent.setup();

describe("a text to copy", () => {
  test("is copied, and that is told", async () => {
    const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await copy();
    expect((await screen.findByRole("status")).textContent).toBe(words.copied);
    expect(written).toHaveBeenCalledWith("https://tasks.example/x");
  });

  test("is selected where the browser does not let a page copy", async () => {
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("", "NotAllowedError"));
    await copy();
    expect((await screen.findByText(words.selected)).role).toBe("status");
    expect(window.getSelection()?.toString()).toBe("https://tasks.example/x");
  });
});
