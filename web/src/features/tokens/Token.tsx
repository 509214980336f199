import { Badge, Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { TokenOut } from "../../api/generated/taskfleet.schemas";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { useNow } from "../settings/now";
import { describePast } from "../settings/past";
import { useRevocation } from "./tokens";

const words = en.tokens;

interface Props {
  readonly token: TokenOut;
  readonly onRevoked: () => void;
}

/** One token, and the way to end it. */
export function Token({ token, onRevoked }: Props) {
  const [isAsking, { open, close }] = useDisclosure();
  const revocation = useRevocation(token.id);
  const locale = useLocale();
  const now = useNow();
  const end = token.expires_at === null ? undefined : new Date(token.expires_at);
  const isExpired = end !== undefined && end <= now;
  const day = end && new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(end);
  const past = (instant: string) => describePast(new Date(instant), now, locale);
  const life = day === undefined ? words.worksOn : isExpired ? words.hasExpired(day) : words.works(day);
  const facts = [
    token.scopes.map((scope) => words.scope[scope].name).join(", "),
    words.made(past(token.created_at)),
    token.last_used_at === null ? words.unused : words.used(past(token.last_used_at)),
    life,
    words.endsWith(token.hint),
  ];
  return (
    <li className="device" hidden={revocation.isSuccess}>
      <div className="device-name">
        <Text component="span" dir="auto">
          {token.name}
        </Text>{" "}
        {isExpired && (
          <Badge variant="light" color="gray" size="sm" tt="none" c="var(--quiet)">
            {words.expired}
          </Badge>
        )}
        <Text size="sm" c="dimmed">
          {facts.join(" · ")}
        </Text>
      </div>
      <Button variant="default" size="compact-sm" aria-label={words.revokeOf(token.name)} onClick={open}>
        {words.revoke}
      </Button>
      <Confirmation
        isOpen={isAsking}
        title={words.revokeTitle(token.name)}
        action={words.revoke}
        isPending={revocation.isPending}
        error={revocation.error}
        onConfirm={() =>
          revocation.mutate(undefined, {
            onSuccess: () => {
              close();
              onRevoked();
            },
          })
        }
        onCancel={() => {
          close();
          revocation.reset();
        }}
      >
        <Text size="sm">{isExpired ? words.revokeExpired : words.revokeMeaning}</Text>
      </Confirmation>
    </li>
  );
}
