import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { ViewSwitch } from "../features/board/ViewSwitch";
import { useList } from "../features/lists/lists";
import { profileQuery } from "../features/session/profile";
import { OutboxContext } from "../features/tasks/outbox-context";
import { TaskListPage } from "../features/tasks/TaskListPage";
import type { TaskPlace, TaskView } from "../features/tasks/view";
import { en } from "../words/en";
import { useDay } from "./day";
import { Shell } from "./Shell";

// Most people look at lists.
const BoardPage = lazy(async () => ({ default: (await import("../features/board/BoardPage")).BoardPage }));

const signedInRoute = getRouteApi("/signed-in");
const listRoute = getRouteApi("/signed-in/lists/$listId");
const labelRoute = getRouteApi("/signed-in/labels/$label");

/** What somebody sees who is signed in, around each of the following pages. */
export function SignedInPage() {
  const { device, outbox } = signedInRoute.useRouteContext();
  const profile = useQuery({ ...profileQuery, refetchOnMount: "always" }).data;
  const userId = profile?.id;
  useEffect(() => {
    if (userId !== undefined) {
      void device.begin(userId); // it may be another user by now than the one whose tasks are shown
    }
  }, [device, userId]);
  return (
    profile && (
      <OutboxContext value={outbox}>
        <Shell profile={profile} device={device} />
      </OutboxContext>
    )
  );
}

export function TodayPage() {
  return <ViewPage title={en.views.today} view={{ kind: "today" }} />;
}

export function UpcomingPage() {
  return <ViewPage title={en.views.upcoming} view={{ kind: "upcoming" }} />;
}

export function AllPage() {
  return <PlacePage title={en.views.all} place={{ kind: "all" }} />;
}

export function InboxPage() {
  return <PlacePage title={en.views.inbox} place={{ kind: "inbox" }} />;
}

export function ListPage() {
  const { listId } = listRoute.useParams();
  const { list, isGone } = useList(listId);
  return isGone ? (
    <Navigate to="/all" replace />
  ) : (
    <PlacePage title={list?.name ?? ""} place={{ kind: "list", listId }} />
  );
}

export function LabelPage() {
  const { label } = labelRoute.useParams();
  return <ViewPage title={label} view={{ kind: "label", label }} />;
}

function ViewPage({ title, view }: { readonly title: string; readonly view: TaskView }) {
  const day = useDay();
  return <TaskListPage key={JSON.stringify(view)} title={title} view={view} day={day} />;
}

/** The tasks of a place, as a list or as a board. */
function PlacePage({ title, place }: { readonly title: string; readonly place: TaskPlace }) {
  const day = useDay();
  const isBoard = useSearch({ strict: false }).view === "board";
  const key = JSON.stringify(place);
  const shown = { title, day, head: <ViewSwitch isBoard={isBoard} /> };
  return isBoard ? (
    <Suspense>
      <BoardPage key={key} {...shown} place={place} />
    </Suspense>
  ) : (
    <TaskListPage key={key} {...shown} view={place} />
  );
}
