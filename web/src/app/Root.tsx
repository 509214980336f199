import { DirectionProvider, useDirection } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useLayoutEffect, useSyncExternalStore } from "react";
import { profileQuery } from "../features/session/profile";
import { appUpdates } from "./app-updates";
import { directionOf } from "./direction";
import { UpdateNotice } from "./UpdateNotice";
import "./direction.css";

/** What is around every page, whoever is there. */
export function Root() {
  const isUpdateReady = useSyncExternalStore(appUpdates.subscribe, appUpdates.isReady);
  return (
    <DirectionProvider>
      <PageDirection />
      <Outlet />
      <div role="status">
        {isUpdateReady && (
          <UpdateNotice onReload={() => appUpdates.apply()} onLater={() => appUpdates.dismiss()} />
        )}
      </div>
    </DirectionProvider>
  );
}

/** Lays the page out as the user's language is written; before anybody is known, as the browser's is. */
function PageDirection() {
  // Whoever needs the profile asks for it; this looks whether it is there.
  const { data: profile } = useQuery({ ...profileQuery, enabled: false });
  const direction = directionOf(profile?.locale ?? "") ?? directionOf(navigator.language) ?? "ltr";
  const { setDirection } = useDirection();
  useLayoutEffect(() => setDirection(direction), [direction, setDirection]);
  return null;
}
