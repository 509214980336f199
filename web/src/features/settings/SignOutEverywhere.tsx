import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { logOutEverywhere } from "../../api/generated/taskfleet";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";

const words = en.settings.devices;

interface Props {
  readonly countUnsaved: () => Promise<number>;
  readonly onSignedOut: () => void;
}

/** Ends all of the user's sessions, this one among them. */
export function SignOutEverywhere({ countUnsaved, onSignedOut }: Props) {
  const [unsaved, setUnsaved] = useState(0);
  const [isAsking, { open, close }] = useDisclosure();
  const ask = async () => {
    setUnsaved(await countUnsaved());
    open();
  };
  const signOut = useMutation({
    mutationFn: () => logOutEverywhere(null),
    networkMode: "always",
    onSuccess: onSignedOut,
  });
  return (
    <>
      <Button variant="default" onClick={ask}>
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
        {unsaved > 0 && (
          <Text size="sm">
            {en.signOut.pendingTitle(unsaved)}. {en.signOut.pendingText}
          </Text>
        )}
      </Confirmation>
    </>
  );
}
