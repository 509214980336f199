import { Button, Checkbox, SegmentedControl, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type TokenDraft, TokenDraftScopesItem } from "../../api/generated/taskfleet.schemas";
import { keepText } from "../../device/storage";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { useNow } from "../settings/now";
import { useFocusHere } from "../settings/use-focus-here";
import { endOf, type Lifetime } from "./lifetime";
import type { Scope } from "./tokens";

/** The contract's number: the longest name of a token. */
const MAX_NAME_LENGTH = 100;

const words = en.tokens;

interface Props {
  /** Under which the name is kept in this tab until the token is made. */
  readonly draftKey: string;
  readonly isAdmin: boolean;
  readonly isPending: boolean;
  readonly refusal: string | undefined;
  readonly takesFocus: boolean;
  readonly onSubmit: (draft: TokenDraft) => Promise<void>;
}

/** What a new token is for, what it may do, and for how long. */
export function TokenForm({ draftKey, isAdmin, isPending, refusal, takesFocus, onSubmit }: Props) {
  const [name, setName] = useState(() => sessionStorage.getItem(draftKey) ?? "");
  const [scopes, setScopes] = useState<readonly Scope[]>(["tasks:read"]);
  const [lifetime, setLifetime] = useState<Lifetime>("quarter");
  const [isTried, setTried] = useState(false);
  const field = useFocusHere<HTMLInputElement>(takesFocus);
  const isNamed = name.trim() !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isPending || !isNamed || scopes.length === 0) {
      return;
    }
    const draft = { name: name.trim(), scopes: [...scopes] };
    const end = endOf(lifetime, new Date());
    onSubmit({ ...draft, expires_at: end === null ? null : end.toISOString() }).then(
      () => sessionStorage.removeItem(draftKey),
      () => undefined, // told by `refusal`
    );
  };
  return (
    <form onSubmit={submit} className="settings-choices" noValidate>
      <TextInput
        ref={field}
        label={words.name}
        description={words.nameHint}
        maxLength={MAX_NAME_LENGTH}
        autoComplete="off"
        value={name}
        readOnly={isPending}
        error={isTried && !isNamed && words.nameMissing}
        errorProps={{ role: "alert" }}
        onChange={(event) => {
          keepText(sessionStorage, draftKey, event.currentTarget.value);
          setName(event.currentTarget.value);
        }}
      />
      <ScopeChoice
        offered={Object.values(TokenDraftScopesItem).filter((scope) => isAdmin || scope !== "admin")}
        chosen={scopes}
        isMissing={isTried && scopes.length === 0}
        onChange={setScopes}
      />
      <fieldset className="settings-choices">
        <legend>{words.lifetime}</legend>
        <SegmentedControl
          aria-label={words.lifetime}
          value={lifetime}
          onChange={(chosen) => setLifetime(chosen as Lifetime)}
          data={Object.entries(words.lifetimes).map(([value, label]) => ({ value, label }))}
        />
        <EndOfLife lifetime={lifetime} />
      </fieldset>
      {refusal !== undefined && (
        <Text size="sm" c="var(--overdue)" role="alert">
          {refusal}
        </Text>
      )}
      <div>
        <Button type="submit" loading={isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}

interface ScopeChoiceProps {
  readonly offered: readonly Scope[];
  readonly chosen: readonly Scope[];
  readonly isMissing: boolean;
  readonly onChange: (scopes: readonly Scope[]) => void;
}

function ScopeChoice({ offered, chosen, isMissing, onChange }: ScopeChoiceProps) {
  return (
    <fieldset className="settings-choices">
      <legend>{words.scopes}</legend>
      <Text size="xs" c="dimmed">
        {words.scopesHint}
      </Text>
      {offered.map((scope) => (
        <Checkbox
          key={scope}
          label={words.scope[scope].name}
          description={words.scope[scope].meaning}
          checked={chosen.includes(scope)}
          onChange={({ currentTarget: { checked } }) =>
            onChange(checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
          }
        />
      ))}
      {isMissing && (
        <Text size="xs" c="var(--overdue)" role="alert">
          {words.scopesMissing}
        </Text>
      )}
    </fieldset>
  );
}

function EndOfLife({ lifetime }: { readonly lifetime: Lifetime }) {
  const locale = useLocale();
  const end = endOf(lifetime, useNow());
  return (
    <Text size="xs" c="dimmed">
      {end === null
        ? words.untilRevoked
        : words.until(new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(end))}
    </Text>
  );
}
