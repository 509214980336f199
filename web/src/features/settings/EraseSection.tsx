import { Button, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { eraseAccount } from "../../api/generated/taskfleet";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";
import { Section } from "./Section";

const words = en.settings.erase;

interface Props {
  readonly email: string | null;
  readonly onErased: () => void;
}

/** The way to delete the account, for those who mean it. */
export function EraseSection({ email, onErased }: Props) {
  const [typed, setTyped] = useState<string>();
  const proof = email ?? words.word;
  const erasure = useMutation({
    mutationFn: () => eraseAccount(),
    networkMode: "always",
    onSuccess: onErased,
  });
  const cancel = () => {
    setTyped(undefined);
    erasure.reset();
  };
  return (
    <Section title={words.title}>
      <Text size="sm" c="dimmed">
        {words.hint}
      </Text>
      <div>
        <Button variant="default" c="var(--overdue)" onClick={() => setTyped("")}>
          {words.open}
        </Button>
      </div>
      <Confirmation
        isOpen={typed !== undefined}
        title={words.title}
        action={words.confirm}
        isReady={typed?.trim().toLowerCase() === proof.toLowerCase()}
        isPending={erasure.isPending || erasure.isSuccess}
        error={erasure.error}
        onConfirm={() => erasure.mutate()}
        onCancel={cancel}
      >
        <Text size="sm">{words.meaning}</Text>
        <TextInput
          label={words.type(proof)}
          autoComplete="off"
          data-autofocus
          value={typed ?? ""}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </Confirmation>
    </Section>
  );
}
