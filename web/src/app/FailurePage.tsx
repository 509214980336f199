import { Button, Center, Stack, Text, Title } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { en } from "../words/en";
import { describeFailure } from "../words/failure";

/** Stands where a page could not be shown at all. */
export function FailurePage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Center component="main" mih="100dvh" p="lg">
      <Stack maw={420} role="alert">
        <Title order={1} size="h3">
          {en.page.failed}
        </Title>
        <Text>{describeFailure(error)}</Text>
        <Button onClick={retry}>{en.list.retry}</Button>
      </Stack>
    </Center>
  );
}
