import { type QueryClient, useQuery } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
  useNavigate,
} from "@tanstack/react-router";
import { ApiProblem } from "../api/problem";
import { profileQuery } from "../features/session/profile";
import { SignInPage } from "../features/session/SignInPage";
import { TaskListPage } from "../features/tasks/TaskListPage";
import { listsQuery } from "../features/tasks/task-queries";
import type { TaskView } from "../features/tasks/view";
import { en } from "../words/en";
import { useDay } from "./day";
import { Shell } from "./Shell";

interface Context {
  readonly client: QueryClient;
}

interface SignInSearch {
  readonly next?: string;
  readonly expired?: boolean;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): SignInSearch => ({
    // A path of this app and nothing else, or signing in could lead anywhere.
    ...(typeof search.next === "string" && /^\/(?![/\\])/.test(search.next) ? { next: search.next } : {}),
    ...(search.expired === true ? { expired: true } : {}),
  }),
  component: function SignIn() {
    const { next = "/today", expired = false } = signIn.useSearch();
    const navigate = useNavigate();
    return (
      <SignInPage
        next={next}
        isExpired={expired}
        onSignedIn={() => void navigate({ href: next, replace: true })}
      />
    );
  },
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(profileQuery);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) {
        throw redirect({ to: "/sign-in", search: { next: location.href } });
      }
      throw error;
    }
  },
  component: function SignedIn() {
    const profile = useQuery(profileQuery);
    return profile.data === undefined ? null : <Shell profile={profile.data} />;
  },
});

function ViewPage({ title, view }: { readonly title: string; readonly view: TaskView }) {
  const day = useDay();
  return <TaskListPage key={JSON.stringify(view)} title={title} view={view} day={day} />;
}

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/today" });
  },
});

const today = createRoute({
  getParentRoute: () => signedIn,
  path: "/today",
  component: () => <ViewPage title={en.views.today} view={{ kind: "today" }} />,
});

const upcoming = createRoute({
  getParentRoute: () => signedIn,
  path: "/upcoming",
  component: () => <ViewPage title={en.views.upcoming} view={{ kind: "upcoming" }} />,
});

const all = createRoute({
  getParentRoute: () => signedIn,
  path: "/all",
  component: () => <ViewPage title={en.views.all} view={{ kind: "all" }} />,
});

const inbox = createRoute({
  getParentRoute: () => signedIn,
  path: "/inbox",
  component: () => <ViewPage title={en.views.inbox} view={{ kind: "inbox" }} />,
});

const list = createRoute({
  getParentRoute: () => signedIn,
  path: "/lists/$listId",
  component: function ListView() {
    const { listId } = list.useParams();
    const lists = useQuery(listsQuery);
    const name = lists.data?.find((candidate) => candidate.id === listId)?.name ?? "";
    return <ViewPage title={name} view={{ kind: "list", listId }} />;
  },
});

const label = createRoute({
  getParentRoute: () => signedIn,
  path: "/labels/$label",
  component: function LabelView() {
    const { label: name } = label.useParams();
    return <ViewPage title={name} view={{ kind: "label", label: name }} />;
  },
});

/** Build the router over the app's query client. */
export function buildRouter(client: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      index,
      signIn,
      signedIn.addChildren([today, upcoming, all, inbox, list, label]),
    ]),
    context: { client },
    defaultPreload: "intent",
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof buildRouter>;
  }
}
