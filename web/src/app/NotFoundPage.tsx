import { Button, Center, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { notFoundWords as words } from "../words/not-found";

/** Stands at addresses that are no page of this version of the app; of a newer one they may be. */
export function NotFoundPage() {
  useEffect(() => {
    void lookForUpdate();
  }, []);
  return (
    <Center component="main" mih="100dvh" p="lg">
      <Stack maw={420}>
        <Title order={1} size="h3">
          {words.title}
        </Title>
        <Text>{words.text}</Text>
        <Button renderRoot={(props) => <Link to="/" {...props} />}>{words.home}</Button>
      </Stack>
    </Center>
  );
}

async function lookForUpdate(): Promise<void> {
  try {
    await (await navigator.serviceWorker.getRegistration())?.update();
  } catch {
    // Without a network, or without a worker, there is nothing newer.
  }
}
