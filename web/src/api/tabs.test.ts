import { expect, test, vi } from "vitest";

/** Load the module anew: another tab has one of its own. */
async function openTab() {
  vi.resetModules();
  return import("./tabs");
}

test("other tabs hear that the session is another one, and the tab that says so does not", async () => {
  const [here, there] = [await openTab(), await openTab()];
  const heardHere = vi.fn();
  const heardThere = vi.fn();
  here.onSessionElsewhere(heardHere);
  there.onSessionElsewhere(heardThere);
  here.announceSession();
  await vi.waitFor(() => expect(heardThere).toHaveBeenCalledOnce());
  expect(heardHere).not.toHaveBeenCalled();
});
