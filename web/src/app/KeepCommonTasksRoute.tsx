import { getRouteApi } from "@tanstack/react-router";
import { KeepCommonTasksPage } from "../features/common-tasks/keeping/KeepCommonTasksPage";

const route = getRouteApi("/signed-in/admin/common-tasks");

/** The common tasks for those who keep them, with the form that the address bar names. */
export function KeepCommonTasksRoute() {
  const { q, edit } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <KeepCommonTasksPage
      place={{ q, edit }}
      onPlace={(place) => void navigate({ search: { ...place }, replace: place.edit === edit })}
    />
  );
}
