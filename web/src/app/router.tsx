import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { ApiProblem } from "../api/problem";
import { announceSession } from "../api/tabs";
import { forgetLastUser, lastUser } from "../device/database";
import type { Device } from "../device/device";
import { showAppBadge } from "../features/notifications/app-badge";
import { notePushSignedOut, pushMark } from "../features/notifications/push-mark";
import { profileQuery } from "../features/session/profile";
import { FailurePage } from "./FailurePage";
import { Root } from "./Root";
import { auditSearch, commonTasksSearch, findSearch, keepingSearch } from "./search-params";

interface Context {
  readonly client: QueryClient;
  readonly device: Device;
}

interface BoardSearch {
  readonly view?: "board";
}

interface CalendarSearch {
  readonly month?: string;
}

interface SignInSearch {
  readonly next?: string;
  readonly expired?: boolean;
  readonly erased?: boolean;
}

// Whoever signs in needs nothing of the rest, and the other way round.
const SignInPage = lazy(async () => ({
  default: (await import("../features/session/SignInPage")).SignInPage,
}));
const NotFoundPage = lazy(async () => ({ default: (await import("./NotFoundPage")).NotFoundPage }));
const pages = () => import("./pages");
/** Pages for whoever is there. */
const OPEN_PAGES = ["/sign-in", "/unsubscribe"];
// Most are signed in: the code comes while it is found out who is there. Where it does not, the route says so.
if (!OPEN_PAGES.includes(window.location.pathname)) {
  pages().catch(() => undefined);
}

const root = createRootRouteWithContext<Context>()({ component: Root });

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/today" });
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): SignInSearch => ({
    // A path of this app and nothing else, or signing in could lead anywhere.
    // What is left out here would be let through as it is.
    next: typeof search.next === "string" && /^\/(?![/\\])/.test(search.next) ? search.next : undefined,
    expired: search.expired === true ? true : undefined,
    erased: search.erased === true ? true : undefined,
  }),
  beforeLoad: async ({ context, search }) => {
    if (lastUser() !== undefined && (await isSignedIn(context.client))) {
      throw redirect({ href: search.next ?? "/today" });
    }
    // Whoever signs in next sees nothing of the one before.
    forgetLastUser();
    showAppBadge(0);
    endPushes();
  },
  component: function SignIn() {
    const { next = "/today", expired = false, erased = false } = signIn.useSearch();
    const enter = () => {
      announceSession();
      // Another page, because it may be another user than before.
      window.location.assign(next);
    };
    return <SignInPage next={next} isExpired={expired} isErased={erased} onSignedIn={enter} />;
  },
});

const unsubscribe = createRoute({
  getParentRoute: () => root,
  path: "/unsubscribe",
  validateSearch: (search: Record<string, unknown>): { readonly token?: string } => ({
    token: search.token === undefined || search.token === "" ? undefined : String(search.token),
  }),
  component: lazyRouteComponent(() => import("./UnsubscribeRoute"), "UnsubscribeRoute"),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  validateSearch: (search: Record<string, unknown>): { readonly task?: string } => ({
    task: typeof search.task === "string" ? search.task : undefined,
  }),
  beforeLoad: async ({ context, location }) => {
    try {
      const { id } = await context.client.ensureQueryData(profileQuery);
      return { outbox: await context.device.begin(id) };
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) {
        throw redirect({ to: "/sign-in", search: { next: location.href } });
      }
      throw error;
    }
  },
  component: lazyRouteComponent(pages, "SignedInPage"),
});

/** Tasks of a place are a list unless the address says otherwise. */
function boardSearch(search: Record<string, unknown>): BoardSearch {
  return { view: search.view === "board" ? search.view : undefined };
}

/** A month within the years that the service takes due dates of; anything else is the present one. */
function calendarSearch(search: Record<string, unknown>): CalendarSearch {
  const { month } = search;
  const isMonth = typeof month === "string" && /^(19[1-9]|2\d\d)\d-(0[1-9]|1[0-2])$/.test(month);
  return { month: isMonth ? month : undefined };
}

const views = [
  createRoute({
    getParentRoute: () => signedIn,
    path: "/today",
    component: lazyRouteComponent(pages, "TodayPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/upcoming",
    component: lazyRouteComponent(pages, "UpcomingPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/calendar",
    validateSearch: calendarSearch,
    component: lazyRouteComponent(() => import("./CalendarRoute"), "CalendarRoute"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/all",
    validateSearch: boardSearch,
    component: lazyRouteComponent(pages, "AllPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/inbox",
    validateSearch: boardSearch,
    component: lazyRouteComponent(pages, "InboxPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/lists/$listId",
    validateSearch: boardSearch,
    component: lazyRouteComponent(pages, "ListPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/labels/$label",
    component: lazyRouteComponent(pages, "LabelPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/search",
    validateSearch: findSearch,
    component: lazyRouteComponent(() => import("./SearchRoute"), "SearchRoute"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/trash",
    component: lazyRouteComponent(() => import("./TrashRoute"), "TrashRoute"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/common-tasks",
    validateSearch: commonTasksSearch,
    component: lazyRouteComponent(() => import("./CommonTasksRoute"), "CommonTasksRoute"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/settings",
    component: lazyRouteComponent(() => import("../features/settings/SettingsPage"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/settings/notifications",
    component: lazyRouteComponent(
      () => import("../features/notifications/settings/NotificationsPage"),
      "NotificationsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/settings/tokens",
    component: lazyRouteComponent(() => import("../features/tokens/TokensPage"), "TokensPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/settings/calendar-feed",
    component: lazyRouteComponent(
      () => import("../features/calendar-feed/CalendarFeedPage"),
      "CalendarFeedPage",
    ),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/settings/files",
    component: lazyRouteComponent(() => import("../features/files/FilesPage"), "FilesPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/statistics",
    component: lazyRouteComponent(() => import("../features/statistics/StatisticsPage"), "StatisticsPage"),
  }),
] as const;

const adminRoutes = () => import("./AdminRoutes");
const admin = createRoute({
  getParentRoute: () => signedIn,
  path: "/admin",
  component: lazyRouteComponent(() => import("../features/admin/AdminLayout"), "AdminLayout"),
});

const adminViews = [
  createRoute({
    getParentRoute: () => admin,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/admin/users" });
    },
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/users",
    validateSearch: findSearch,
    component: lazyRouteComponent(adminRoutes, "UsersRoute"),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/users/$userId",
    component: lazyRouteComponent(adminRoutes, "UserRoute"),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/statistics",
    component: lazyRouteComponent(
      () => import("../features/admin/AdminStatisticsPage"),
      "AdminStatisticsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/audit",
    validateSearch: auditSearch,
    component: lazyRouteComponent(adminRoutes, "AuditRoute"),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/common-tasks",
    validateSearch: keepingSearch,
    component: lazyRouteComponent(() => import("./KeepCommonTasksRoute"), "KeepCommonTasksRoute"),
  }),
] as const;

/** Leave nothing to be seen of what was pushed to a session that has ended elsewhere. */
function endPushes(): void {
  if (pushMark() !== undefined) {
    notePushSignedOut();
    // What stays shown without the code for it, the user can close.
    void import("../features/notifications/push")
      .then(({ closeShown }) => closeShown())
      .catch(() => undefined);
  }
}

async function isSignedIn(client: QueryClient): Promise<boolean> {
  try {
    await client.fetchQuery({ ...profileQuery, staleTime: 0 });
    return true;
  } catch {
    return false;
  }
}

/** Build the router over the app's query client, and what is kept on the device. */
export function buildRouter(client: QueryClient, device: Device) {
  return createRouter({
    routeTree: root.addChildren([
      index,
      signIn,
      unsubscribe,
      signedIn.addChildren([...views, admin.addChildren(adminViews)]),
    ]),
    context: { client, device },
    defaultPreload: "intent",
    defaultErrorComponent: FailurePage,
    // What surrounds other pages asks for more than somebody may have who is not signed in.
    notFoundMode: "root",
    defaultNotFoundComponent: () => (
      <Suspense>
        <NotFoundPage />
      </Suspense>
    ),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof buildRouter>;
  }
}
