import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import { useLists } from "../features/lists/lists";
import { profileQuery } from "../features/session/profile";
import { TaskListPage } from "../features/tasks/TaskListPage";
import type { TaskView } from "../features/tasks/view";
import { en } from "../words/en";
import { useDay } from "./day";
import { Shell } from "./Shell";

const listRoute = getRouteApi("/signed-in/lists/$listId");
const labelRoute = getRouteApi("/signed-in/labels/$label");

/** What somebody sees who is signed in, around each of the following pages. */
export function SignedInPage() {
  const profile = useQuery(profileQuery);
  return profile.data === undefined ? null : <Shell profile={profile.data} />;
}

export function TodayPage() {
  return <ViewPage title={en.views.today} view={{ kind: "today" }} />;
}

export function UpcomingPage() {
  return <ViewPage title={en.views.upcoming} view={{ kind: "upcoming" }} />;
}

export function AllPage() {
  return <ViewPage title={en.views.all} view={{ kind: "all" }} />;
}

export function InboxPage() {
  return <ViewPage title={en.views.inbox} view={{ kind: "inbox" }} />;
}

export function ListPage() {
  const { listId } = listRoute.useParams();
  const lists = useLists();
  const list = lists?.find((candidate) => candidate.id === listId);
  if (lists !== undefined && list === undefined) {
    return <Navigate to="/all" replace />; // it has been deleted
  }
  return <ViewPage title={list?.name ?? ""} view={{ kind: "list", listId }} />;
}

export function LabelPage() {
  const { label } = labelRoute.useParams();
  return <ViewPage title={label} view={{ kind: "label", label }} />;
}

function ViewPage({ title, view }: { readonly title: string; readonly view: TaskView }) {
  const day = useDay();
  return <TaskListPage key={JSON.stringify(view)} title={title} view={view} day={day} />;
}
