import { Button, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useIsOnline } from "../../api/online";
import { en } from "../../words/en";
import { profileQuery } from "../session/profile";
import "./admin.css";

const words = en.admin;

const PARTS = [
  { to: "/admin/users", label: words.users.title },
  { to: "/admin/statistics", label: words.statistics.title },
  { to: "/admin/audit", label: words.audit.title },
  { to: "/admin/common-tasks", label: en.keepCommonTasks.title },
] as const;

/** What surrounds the pages for administrators; others are told that these are not for them. */
export function AdminLayout() {
  const role = useQuery(profileQuery).data?.role;
  const isOnline = useIsOnline();
  if (role !== "admin") {
    return <NotForYou />;
  }
  return (
    <div className="task-page">
      <Title order={1} size="h3">
        {en.views.administration}
      </Title>
      <nav className="admin-parts" aria-label={words.parts}>
        {PARTS.map(({ to, label }) => (
          <Link key={to} className="admin-part" to={to}>
            {label}
          </Link>
        ))}
      </nav>
      {!isOnline && (
        <Text size="sm" pb="md" role="status">
          {words.offline}
        </Text>
      )}
      <Outlet />
    </div>
  );
}

function NotForYou() {
  return (
    <Stack className="task-page" gap="md" align="start">
      <Title order={1} size="h3">
        {words.notForYou}
      </Title>
      <Text>{words.notForYouHint}</Text>
      <Button variant="default" renderRoot={(props) => <Link to="/today" {...props} />}>
        {words.toToday}
      </Button>
    </Stack>
  );
}
