import { Button, Group, Paper, Text } from "@mantine/core";
import "./update-notice.css";
import { en } from "../words/en";

interface Props {
  readonly onReload: () => void;
  readonly onLater: () => void;
}

/** Says that there is a newer version, and lets people choose when they go over to it. */
export function UpdateNotice({ onReload, onLater }: Props) {
  return (
    <Paper className="update-notice" shadow="md" withBorder p="md">
      <Text size="sm">{en.update.ready}</Text>
      <Group gap="sm" mt="sm">
        <Button size="compact-sm" variant="light" onClick={onReload}>
          {en.update.reload}
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onLater}>
          {en.update.later}
        </Button>
      </Group>
    </Paper>
  );
}
