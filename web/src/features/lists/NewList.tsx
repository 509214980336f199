import { ActionIcon, Group, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { createList } from "../../api/generated/taskfleet";
import { newIdempotencyKey } from "../../api/http";
import { mayRetry, retryDelay } from "../../api/retry";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { listsQuery } from "../tasks/task-queries";

/** The contract's number: the longest name of a list. */
export const MAX_NAME_LENGTH = 100;

/** The heading of the lists, with the way to make another one. */
export function NewList() {
  const [name, setName] = useState<string>();
  // The same for each try with the same name, so that a lost answer makes no second list.
  const key = useRef(newIdempotencyKey());
  const type = (text: string | undefined) => {
    setName(text);
    key.current = newIdempotencyKey();
  };
  const client = useQueryClient();
  const navigate = useNavigate();
  const creation = useMutation({
    mutationFn: (text: string) => createList({ name: text }, { headers: { "Idempotency-Key": key.current } }),
    retry: mayRetry,
    retryDelay,
    onSuccess: async (list) => {
      type(undefined);
      await client.invalidateQueries({ queryKey: listsQuery.queryKey });
      await navigate({ to: "/lists/$listId", params: { listId: list.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = name?.trim();
    if (trimmed) {
      creation.mutate(trimmed);
    }
  };
  return (
    <>
      <Group justify="space-between" px="sm" pt="lg" pb="xs">
        <Text size="xs" c="dimmed" fw={600}>
          {en.views.lists}
        </Text>
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={en.newList.open}
          onClick={() => type(name === undefined ? "" : undefined)}
        >
          <IconPlus size={16} aria-hidden />
        </ActionIcon>
      </Group>
      {name !== undefined && (
        <form onSubmit={submit}>
          <TextInput
            autoFocus
            px="sm"
            aria-label={en.newList.name}
            placeholder={en.newList.name}
            maxLength={MAX_NAME_LENGTH}
            value={name}
            disabled={creation.isPending}
            error={creation.isError ? describeFailure(creation.error) : undefined}
            onChange={(event) => type(event.currentTarget.value)}
          />
        </form>
      )}
    </>
  );
}
