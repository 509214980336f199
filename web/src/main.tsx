import "@mantine/core/styles.css";
import "./app/app.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { mayRetry, retryDelay } from "./api/retry";
import { onSessionEnd } from "./api/session";
import { onSessionElsewhere } from "./api/tabs";
import { buildRouter } from "./app/router";
import { onOpenRequest } from "./app/service-worker";
import { theme } from "./app/theme";
import { Device } from "./device/device";
import { profileQuery } from "./features/session/profile";

const client = new QueryClient({
  // One try is made without a network too: a service on this machine needs none.
  defaultOptions: { queries: { retry: mayRetry, retryDelay, networkMode: "offlineFirst" } },
});
const device = new Device(client, () => client.getQueryData(profileQuery.queryKey)?.timezone ?? "UTC");
await device.restore();
const router = buildRouter(client, device);

// What is in memory is of the session before; a page that begins anew has nothing of it.
onSessionElsewhere(() => {
  const { pathname, search, href } = router.state.location;
  window.location.assign(pathname === "/sign-in" ? (search.next ?? "/today") : href);
});

onSessionEnd(() => {
  if (client.getQueryData(profileQuery.queryKey) === undefined) {
    return; // nobody was signed in; the router leads to the page for that
  }
  client.removeQueries({ queryKey: profileQuery.queryKey });
  const { pathname, href } = router.state.location;
  if (pathname !== "/sign-in") {
    void router.navigate({ to: "/sign-in", search: { next: href, expired: true } });
  }
});

onOpenRequest((path) => router.history.push(path));

const container = document.getElementById("root");
if (container === null) {
  throw new Error("index.html has no #root");
}
createRoot(container).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
