import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { en } from "../words/en";

interface Props {
  /** How many changes would be lost; none: there is nothing to ask. */
  readonly count: number;
  readonly onStay: () => void;
  readonly onLeave: () => void;
}

/** Asks whether to sign out although some changes have not been saved. */
export function UnsavedDialog({ count, onStay, onLeave }: Props) {
  return (
    <Modal opened={count > 0} onClose={onStay} title={en.signOut.pendingTitle(count)} centered>
      <Stack gap="lg">
        <Text size="sm">{en.signOut.pendingText}</Text>
        <Group justify="end" gap="sm">
          <Button variant="default" onClick={onStay}>
            {en.signOut.stay}
          </Button>
          <Button color="red" onClick={onLeave}>
            {en.signOut.anyway}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
