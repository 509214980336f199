import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { logOutEverywhere } from "../../api/generated/taskfleet";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";
import { leaveSession } from "../session/leave";

const words = en.settings.devices;

/** Ends all of the user's sessions, this one among them. */
export function SignOutEverywhere() {
  const [isAsking, { open, close }] = useDisclosure();
  const signOut = useMutation({
    mutationFn: () => logOutEverywhere(null),
    networkMode: "always",
    onSuccess: () => leaveSession(),
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
      </Confirmation>
    </>
  );
}
