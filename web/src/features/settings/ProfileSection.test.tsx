import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred } from "../../testing/deferred";
import { profileOf } from "../../testing/profile";
import { renderInApp } from "../../testing/render";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { profileQuery } from "../session/profile";
import { ProfileSection } from "./ProfileSection";

const PROFILE = profileOf({ timezone: "America/New_York" });

beforeEach(() => {
  // Hundreds of zones take this environment seconds to search.
  vi.spyOn(Intl, "supportedValuesOf").mockReturnValue(["America/New_York", "Asia/Tokyo", "Europe/Paris"]);
});

afterEach(() => {
  sessionStorage.clear();
});

function Profile() {
  const profile = useQuery(profileQuery).data;
  return profile && <ProfileSection profile={profile} />;
}

function renderProfile(change: (request: SentRequest) => Response | Promise<Response>) {
  const requests = serve(change);
  const client = new QueryClient();
  client.setQueryData(profileQuery.queryKey, PROFILE);
  const { unmount } = renderInApp(
    <QueryClientProvider client={client}>
      <Profile />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), requests, unmount, client };
}

function nameField(): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("textbox", { name: "Name" });
}

function field(name: string): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("combobox", { name });
}

/** Choose what a list offers. */
async function choose(user: ReturnType<typeof userEvent.setup>, name: string, text: string): Promise<void> {
  await user.clear(field(name));
  await user.paste(text);
  await user.click(await screen.findByText(text, { selector: "[role=option] *" }));
}

describe("the name", () => {
  test("is sent when its field is left, and nothing else with it", async () => {
    const { user, requests } = renderProfile(({ body }) =>
      json({ ...PROFILE, ...(body as object), revision: 8 }),
    );
    await user.clear(nameField());
    await user.paste(" Ada Lovelace ");
    await user.tab();
    await waitFor(() => expect(nameField().value).toBe("Ada Lovelace"));
    expect(requests.map(({ method, body }) => [method, body])).toEqual([["PATCH", { name: "Ada Lovelace" }]]);
    expect(sessionStorage).toHaveLength(0);
  });

  test("stays as it was typed when it is refused, over leaving the page", async () => {
    const { user, unmount } = renderProfile(() => refusal(422, { errors: [{ detail: "Too grand." }] }));
    await user.clear(nameField());
    await user.paste("Ada Lovelace");
    await user.keyboard("{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("Too grand.");
    expect(nameField().value).toBe("Ada Lovelace");
    unmount();
    renderProfile(() => refusal(500));
    expect(nameField().value).toBe("Ada Lovelace");
  });

  test.each(["   {Enter}", "Ada{Enter}", "Somebody{Escape}"])(
    "is as it was after “%s”, without a word to the service",
    async (keys) => {
      const { user, requests } = renderProfile(() => refusal(500));
      await user.clear(nameField());
      await user.type(nameField(), keys);
      expect(nameField().value).toBe("Ada");
      expect(requests).toEqual([]);
    },
  );
});

describe("the time zone", () => {
  test("shows at once, and counts when the service has it", async () => {
    const answer = deferred<Response>();
    const { user, requests, client } = renderProfile(() => answer.promise);
    await choose(user, "Time zone", "Europe/Paris");
    expect(field("Time zone").value).toBe("Europe/Paris");
    expect(client.getQueryData(profileQuery.queryKey)?.timezone).toBe("America/New_York");
    expect(requests[0]?.body).toEqual({ timezone: "Europe/Paris" });
    answer.resolve(json({ ...PROFILE, timezone: "Europe/Paris", revision: 8 }));
    await waitFor(() => expect(client.getQueryData(profileQuery.queryKey)?.timezone).toBe("Europe/Paris"));
    expect(field("Time zone").value).toBe("Europe/Paris");
  });

  test("is the one before when it is refused, with the reason", async () => {
    const answer = deferred<Response>();
    const { user } = renderProfile(() => answer.promise);
    await choose(user, "Time zone", "Europe/Paris");
    expect(field("Time zone").value).toBe("Europe/Paris");
    answer.resolve(refusal(422, { errors: [{ detail: "No such zone." }] }));
    expect((await screen.findByRole("alert")).textContent).toBe(
      "“Europe/Paris” was not saved. No such zone.",
    );
    await waitFor(() => expect(field("Time zone").value).toBe("America/New York"));
  });
});

describe("the locale", () => {
  test("is the browser's own until one is chosen", async () => {
    const { user, requests } = renderProfile(({ body }) => json({ ...PROFILE, ...(body as object) }));
    expect(field("Dates and times").value).toBe("As the browser has it");
    await choose(user, "Dates and times", "français suisse");
    await waitFor(() => expect(requests).toHaveLength(1));
    expect(requests[0]?.body).toEqual({ locale: "fr-CH" });
  });
});
