import { useMutation, useQueryClient } from "@tanstack/react-query";
import { makeToken } from "../../api/generated/taskfleet";
import type { MadeTokenOut, ProfileOut, TokenDraft } from "../../api/generated/taskfleet.schemas";
import { useEver } from "../../dialogs/use-ever";
import { en } from "../../words/en";
import { Section } from "../settings/Section";
import { useShownOnce } from "../settings/shown-once";
import { MadeToken } from "./MadeToken";
import { TokenForm } from "./TokenForm";
import { describeRefusal, tokensQuery } from "./tokens";

/** Where a token is made, and its secret shown once. */
export function NewToken({ profile }: { readonly profile: ProfileOut }) {
  const client = useQueryClient();
  const { shown, show, forget } = useShownOnce<MadeTokenOut>();
  const wasShown = useEver(shown !== undefined);
  const making = useMutation({
    // It returns nothing: what it returned would be kept for minutes, and there is a secret in it.
    mutationFn: async (draft: TokenDraft) => show(await makeToken(draft)),
    networkMode: "always",
    // Of one whose answer was lost the list tells.
    onSettled: () => void client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  return (
    <Section title={en.tokens.make}>
      {shown === undefined ? (
        <TokenForm
          draftKey={`taskfleet.token-name.${profile.id}`}
          isAdmin={profile.role === "admin"}
          isPending={making.isPending}
          refusal={making.isError ? describeRefusal(making.error) : undefined}
          takesFocus={wasShown}
          onSubmit={making.mutateAsync}
        />
      ) : (
        <MadeToken token={shown} onDone={forget} />
      )}
    </Section>
  );
}
