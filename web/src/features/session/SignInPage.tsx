import { Alert, Button, Center, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { devLogin, getBeginLoginUrl, listProviders } from "../../api/generated/taskfleet";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";

interface Props {
  /** Where to go afterwards: a path of this app. */
  readonly next: string;
  /** Whether there was a session that has ended. */
  readonly isExpired: boolean;
  /** Whether there was an account that has been deleted just now. */
  readonly isErased: boolean;
  readonly onSignedIn: () => void;
}

/** The ways in that the service offers. */
export function SignInPage({ next, isExpired, isErased, onSignedIn }: Props) {
  const providers = useQuery({ queryKey: ["providers"], queryFn: ({ signal }) => listProviders({ signal }) });
  const items = providers.data?.items ?? [];
  return (
    <Center component="main" mih="100dvh" p="lg">
      <Paper w="100%" maw={360}>
        <Stack gap="lg">
          <Title order={1} size="h3">
            {en.signIn.title}
          </Title>
          {isExpired && <Alert color="yellow">{en.signIn.expired}</Alert>}
          {isErased && <Alert color="gray">{en.signIn.erased}</Alert>}
          {providers.isError && (
            <Alert color="red">
              {describeFailure(providers.error)}{" "}
              <Button variant="subtle" size="compact-sm" onClick={() => void providers.refetch()}>
                {en.list.retry}
              </Button>
            </Alert>
          )}
          {items
            .filter((provider) => provider.name !== "dev")
            .map((provider) => (
              <Button
                key={provider.name}
                component="a"
                variant="default"
                href={getBeginLoginUrl(provider.name, { next })}
              >
                {en.signIn.with(provider.title)}
              </Button>
            ))}
          {items.some((provider) => provider.name === "dev") && <DevSignIn onSignedIn={onSignedIn} />}
        </Stack>
      </Paper>
    </Center>
  );
}

function DevSignIn({ onSignedIn }: Pick<Props, "onSignedIn">) {
  const [email, setEmail] = useState("ada@example.org");
  const hintId = useId();
  const signIn = useMutation({ mutationFn: () => devLogin({ email }), onSuccess: onSignedIn });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={en.signIn.email}
          type="email"
          autoComplete="email"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={signIn.isError ? describeFailure(signIn.error) : undefined}
          aria-describedby={hintId}
        />
        <Text id={hintId} size="sm" c="dimmed">
          {en.signIn.emailHint}
        </Text>
        <Button type="submit" loading={signIn.isPending}>
          {en.signIn.submit}
        </Button>
      </Stack>
    </form>
  );
}
