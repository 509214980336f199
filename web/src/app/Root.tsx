import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useSyncExternalStore } from "react";
import { appUpdates } from "./app-updates";

// Seldom needed, and kept on the device by then.
const UpdateNotice = lazy(async () => ({ default: (await import("./UpdateNotice")).UpdateNotice }));

/** What is around every page, whoever is there. */
export function Root() {
  const isUpdateReady = useSyncExternalStore(appUpdates.subscribe, appUpdates.isReady);
  return (
    <>
      <Outlet />
      <div role="status">
        {isUpdateReady && (
          <Suspense>
            <UpdateNotice onReload={() => appUpdates.apply()} onLater={() => appUpdates.dismiss()} />
          </Suspense>
        )}
      </div>
    </>
  );
}
