import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import type { UserDetailsOut } from "../../api/generated/taskfleet.schemas";
import { useIsOnline } from "../../api/online";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";
import { useNotices } from "../tasks/notices";
import { currentUserOf, isLastAdmin, type UserAct, useUserAct } from "./user-changes";

const words = en.admin.user;

/** What an administrator can do, by the words for it. */
const ACTS = {
  grant: { kind: "patch", patch: { role: "admin" } },
  revoke: { kind: "patch", patch: { role: "user" } },
  disable: { kind: "patch", patch: { disabled: true } },
  enable: { kind: "patch", patch: { disabled: false } },
  end: { kind: "end-sessions" },
} as const satisfies Record<string, UserAct>;

type ActName = keyof typeof ACTS;

interface Props {
  readonly user: UserDetailsOut;
  /** Whether the administrator looks at the own account. */
  readonly isOwn: boolean;
}

/** The acts upon one account, each with a question that says what it does. */
export function UserActs({ user, isOwn }: Props) {
  const isOnline = useIsOnline();
  const { tell } = useNotices();
  const act = useUserAct(user.id);
  // It stays while its question closes.
  const [asked, setAsked] = useState<ActName>("end");
  const [isAsking, setAsking] = useState(false);
  const text = words[asked];
  const ask = (name: ActName) => {
    act.reset();
    setAsked(name);
    setAsking(true);
  };
  const confirm = () =>
    act.mutate(ACTS[asked], {
      onSuccess: () => {
        setAsking(false);
        tell(text.done(user.name));
      },
    });
  const refusal = act.error === null ? undefined : explain(act.error);
  const offered: readonly ActName[] = [
    user.role === "admin" ? "revoke" : "grant",
    user.disabled ? "enable" : "disable",
    "end",
  ];
  return (
    <>
      <Group gap="sm">
        {offered.map((name) => (
          <Button
            key={name}
            variant="default"
            disabled={!isOnline || (name === "end" && user.sessions === 0)}
            onClick={() => ask(name)}
          >
            {words[name].open}
          </Button>
        ))}
      </Group>
      <Confirmation
        isOpen={isAsking}
        title={text.title(user.name)}
        action={text.confirm}
        isHarmless={asked === "enable"}
        isReady={isOnline}
        isPending={act.isPending}
        error={refusal === undefined ? act.error : null}
        onConfirm={confirm}
        onCancel={() => setAsking(false)}
      >
        <Text size="sm">{text.meaning}</Text>
        {isOwn && "own" in text && (
          <Text size="sm" fw={600}>
            {text.own}
          </Text>
        )}
        {!isOnline && <Text size="sm">{en.admin.offline}</Text>}
        {refusal !== undefined && (
          <Text size="sm" c="var(--overdue)" role="alert">
            {refusal}
          </Text>
        )}
      </Confirmation>
    </>
  );
}

/** Say of what may happen here alone why it was refused, and what to do. */
function explain(error: Error): string | undefined {
  if (isLastAdmin(error)) {
    return words.lastAdmin;
  }
  const current = currentUserOf(error);
  return (
    current &&
    words.conflict(
      current.role === "admin" ? en.admin.users.admin : en.admin.users.user,
      current.disabled ? en.admin.users.disabled : en.admin.users.enabled,
    )
  );
}
