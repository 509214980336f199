import { Button, CloseButton, Group, Paper, Text } from "@mantine/core";
import { useEffect } from "react";
import { en } from "../../words/en";
import { useNotices } from "./notices";

/** Long enough to read a title and think about it. */
const SHOWN_MS = 8_000;

/** The last thing that was done, for a while, with a way back. */
export function UndoBar() {
  const { notice, dismiss } = useNotices();
  useEffect(() => {
    if (notice === undefined) {
      return undefined;
    }
    const timer = window.setTimeout(dismiss, SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [notice, dismiss]);
  return (
    <div role="status">
      {notice !== undefined && (
        <Paper shadow="md" withBorder px="lg" py="sm">
          <Group gap="md" wrap="nowrap">
            <Text size="sm" truncate>
              {notice.text}
            </Text>
            {notice.undo !== undefined && (
              <Button
                size="compact-sm"
                variant="subtle"
                flex="none"
                onClick={() => {
                  notice.undo?.();
                  dismiss();
                }}
              >
                {en.undo.action}
              </Button>
            )}
            <CloseButton size="sm" aria-label={en.undo.dismiss} onClick={dismiss} />
          </Group>
        </Paper>
      )}
    </div>
  );
}
