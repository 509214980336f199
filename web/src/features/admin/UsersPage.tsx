import { Badge, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ManagedUserOut } from "../../api/generated/taskfleet.schemas";
import { FindField } from "../../fields/FindField";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { useCurrentTask } from "../tasks/use-current-task";
import { useShortcuts } from "../tasks/use-shortcuts";
import { ROW_HEIGHT, VirtualRows } from "../tasks/VirtualRows";
import { AdminLoadingState } from "./AdminLoadingState";
import { usersQuery } from "./admin-queries";

const words = en.admin.users;
const SKELETONS = Array.from({ length: 6 }, () => ROW_HEIGHT - 8);

interface Props {
  /** The beginning of an e-mail address, or an id; empty for everybody. */
  readonly text: string;
  readonly onFind: (text: string) => void;
}

/** All users, or those that are looked for. */
export function UsersPage({ text, onFind }: Props) {
  const list = useInfiniteQuery(usersQuery(text.trim()));
  const users = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const current = useCurrentTask(users);
  const navigate = useNavigate();
  const open = () => {
    if (current.task !== undefined) {
      void navigate({ to: "/admin/users/$userId", params: { userId: current.task.id } });
    }
  };
  useShortcuts({ j: () => current.step(1), k: () => current.step(-1), e: open, enter: open });
  return (
    <Stack gap="md">
      <VisuallyHidden component="h2">{words.title}</VisuallyHidden>
      <FindField label={words.find} text={text} onFind={onFind} />
      <AdminLoadingState query={list} words={words} heights={SKELETONS}>
        {users.length === 0 ? (
          <Text role="status">{words.nothing(text.trim())}</Text>
        ) : (
          <VirtualRows
            tasks={users}
            paging={list}
            current={current.index}
            onCurrent={current.choose}
            nameOf={describeUser}
          >
            {(user) => <UserRow user={user} />}
          </VirtualRows>
        )}
      </AdminLoadingState>
    </Stack>
  );
}

function UserRow({ user }: { readonly user: ManagedUserOut }) {
  const locale = useLocale();
  const joined = new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(user.created_at));
  return (
    <div className="task-row" data-disabled={user.disabled}>
      <Link className="user-link" to="/admin/users/$userId" params={{ userId: user.id }}>
        <span dir="auto">{user.email ?? user.name}</span>
        {user.email !== null && (
          <span className="user-name" dir="auto">
            {user.name}
          </span>
        )}
      </Link>
      <UserBadges user={user} />
      <span className="task-detail user-joined">{words.joined(joined)}</span>
    </div>
  );
}

/** What is out of the ordinary about a user. */
export function UserBadges({ user }: { readonly user: Pick<ManagedUserOut, "role" | "disabled"> }) {
  return (
    <>
      {user.role === "admin" && (
        <Badge variant="light" size="sm" tt="none" flex="none">
          {words.admin}
        </Badge>
      )}
      {user.disabled && (
        <Badge variant="default" size="sm" tt="none" flex="none">
          {words.disabled}
        </Badge>
      )}
    </>
  );
}

function describeUser(user: ManagedUserOut): string {
  return [
    user.email ?? words.noEmail,
    user.name,
    ...(user.role === "admin" ? [words.admin] : []),
    ...(user.disabled ? [words.disabled] : []),
  ].join(", ");
}
