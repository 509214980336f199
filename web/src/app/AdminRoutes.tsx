import { getRouteApi } from "@tanstack/react-router";
import { AuditPage } from "../features/admin/AuditPage";
import { UserPage } from "../features/admin/UserPage";
import { UsersPage } from "../features/admin/UsersPage";

const users = getRouteApi("/signed-in/admin/users");
const user = getRouteApi("/signed-in/admin/users/$userId");
const audit = getRouteApi("/signed-in/admin/audit");

/** The users whom the address bar looks for. */
export function UsersRoute() {
  const { q = "" } = users.useSearch();
  const navigate = users.useNavigate();
  return (
    <UsersPage
      text={q}
      onFind={(text) => void navigate({ search: text === "" ? {} : { q: text }, replace: true })}
    />
  );
}

/** The user whom the address bar names. */
export function UserRoute() {
  const { userId } = user.useParams();
  return <UserPage key={userId} userId={userId} />;
}

/** The audit, as far as the address bar wants it. */
export function AuditRoute() {
  const { action, by, about } = audit.useSearch();
  const navigate = audit.useNavigate();
  return (
    <AuditPage
      filter={{ action, by, about }}
      onFilter={(filter) => void navigate({ search: { ...filter } })}
    />
  );
}
