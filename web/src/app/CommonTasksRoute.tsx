import { getRouteApi } from "@tanstack/react-router";
import { CommonTasksPage } from "../features/common-tasks/CommonTasksPage";

const route = getRouteApi("/signed-in/common-tasks");

/** The common tasks that the address bar looks for. */
export function CommonTasksRoute() {
  const { q, list, shown } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <CommonTasksPage
      place={{ q, list, shown }}
      onPlace={(place) => void navigate({ search: { ...place }, replace: place.shown === shown })}
    />
  );
}
