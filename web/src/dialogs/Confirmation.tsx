import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { en } from "../words/en";
import { describeFailure } from "../words/failure";

interface Props {
  readonly isOpen: boolean;
  readonly title: string;
  /** What it means, and anything that has to be filled in. */
  readonly children: ReactNode;
  readonly action: string;
  /** Whether it only gives back, and takes nothing from anybody. */
  readonly isHarmless?: boolean;
  readonly isReady?: boolean;
  readonly isPending?: boolean;
  readonly error?: unknown;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Asks once more before something that cannot be taken back. */
export function Confirmation({
  isOpen,
  title,
  children,
  action,
  isHarmless = false,
  isReady = true,
  isPending = false,
  error,
  onConfirm,
  onCancel,
}: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !isPending) {
      onConfirm();
    }
  };
  return (
    <Modal
      opened={isOpen}
      onClose={onCancel}
      title={title}
      centered
      closeButtonProps={{ "aria-label": en.confirmation.close }}
    >
      <form onSubmit={submit}>
        <Stack gap="lg">
          {children}
          {error != null && (
            <Text size="sm" c="var(--overdue)" role="alert">
              {describeFailure(error)}
            </Text>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onCancel} data-autofocus>
              {en.confirmation.cancel}
            </Button>
            <Button
              type="submit"
              {...(!isHarmless && { color: "red.9" })}
              disabled={!isReady}
              loading={isPending}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
