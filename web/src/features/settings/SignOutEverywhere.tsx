import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { logOutEverywhere } from "../../api/generated/taskfleet";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";
import { useOutboxState } from "../tasks/outbox-context";

const words = en.settings.devices;

/** Ends all of the user's sessions, this one among them. */
export function SignOutEverywhere({ onSignedOut }: { readonly onSignedOut: () => void }) {
  const { pending } = useOutboxState();
  const [isAsking, { open, close }] = useDisclosure();
  const signOut = useMutation({
    mutationFn: () => logOutEverywhere(null),
    networkMode: "always",
    onSuccess: onSignedOut,
  });
  return (
    <>
      <Button variant="default" onClick={open}>
        {words.everywhere}
      </Button>
      <Confirmation
        isOpen={isAsking}
        title={words.everywhereTitle}
        action={words.everywhere}
        isPending={signOut.isPending || signOut.isSuccess}
        error={signOut.error}
        onConfirm={() => signOut.mutate()}
        onCancel={() => {
          close();
          signOut.reset();
        }}
      >
        <Text size="sm">{words.everywhereMeaning}</Text>
        {pending > 0 && (
          <Text size="sm">
            {en.signOut.pendingTitle(pending)}. {en.signOut.pendingText}
          </Text>
        )}
      </Confirmation>
    </>
  );
}
