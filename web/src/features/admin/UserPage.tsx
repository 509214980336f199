import { Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { UserDetailsOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { profileQuery } from "../session/profile";
import { useNow } from "../settings/now";
import { describePast } from "../settings/past";
import { AdminLoadingState } from "./AdminLoadingState";
import { userQuery } from "./admin-queries";
import { UserActs } from "./UserActs";
import { UserBadges } from "./UsersPage";

const words = en.admin.user;
const HEIGHTS = [32, 160, 36];

/** One user, and what an administrator can do about the account. */
export function UserPage({ userId }: { readonly userId: string }) {
  const query = useQuery(userQuery(userId));
  const isGone =
    query.error instanceof ApiProblem && (query.error.status === 404 || query.error.status === 422);
  return (
    <Stack gap="lg" align="start">
      <Link className="admin-link" to="/admin/users">
        {words.back}
      </Link>
      {isGone ? (
        <Text role="alert">{words.gone}</Text>
      ) : (
        <div className="admin-loading">
          <AdminLoadingState query={query} words={words} heights={HEIGHTS}>
            {query.data && <User user={query.data.body} />}
          </AdminLoadingState>
        </div>
      )}
    </Stack>
  );
}

function User({ user }: { readonly user: UserDetailsOut }) {
  const isOwn = useQuery(profileQuery).data?.id === user.id;
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <Title order={2} size="h4" dir="auto" className="admin-wrap">
          {user.name}
        </Title>
        {isOwn && (
          <Text c="dimmed" size="sm">
            {words.you}
          </Text>
        )}
        <UserBadges user={user} />
      </Group>
      <Facts user={user} />
      <Group gap="lg">
        <Link className="admin-link" to="/admin/audit" search={{ about: user.id }}>
          {words.undergone}
        </Link>
        <Link className="admin-link" to="/admin/audit" search={{ by: user.id }}>
          {words.made}
        </Link>
      </Group>
      <section aria-labelledby="user-acts">
        <Title order={3} size="sm" pb="sm" id="user-acts">
          {words.acts}
        </Title>
        <UserActs user={user} isOwn={isOwn} />
      </section>
    </Stack>
  );
}

function Facts({ user }: { readonly user: UserDetailsOut }) {
  const locale = useLocale();
  const now = useNow();
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  const number = new Intl.NumberFormat(locale);
  const { facts } = words;
  return (
    <dl className="admin-facts">
      <Fact name={en.signIn.email}>
        <span dir="auto">{user.email ?? en.admin.users.noEmail}</span>
      </Fact>
      <Fact name={facts.role}>{user.role === "admin" ? en.admin.users.admin : en.admin.users.user}</Fact>
      <Fact name={facts.account}>{user.disabled ? en.admin.users.disabled : en.admin.users.enabled}</Fact>
      <Fact name={facts.lastSeen}>
        {user.last_seen_at === null
          ? words.neverSeen
          : describePast(new Date(user.last_seen_at), now, locale)}
      </Fact>
      <Fact name={facts.sessions}>{words.devices(user.sessions)}</Fact>
      <Fact name={facts.tasks}>{number.format(user.tasks)}</Fact>
      <Fact name={facts.joined}>{day.format(new Date(user.created_at))}</Fact>
      <Fact name={facts.id}>{user.id}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
