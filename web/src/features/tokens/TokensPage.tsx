import { useQuery } from "@tanstack/react-query";
import { en } from "../../words/en";
import { profileQuery } from "../session/profile";
import { SettingsSubpage } from "../settings/SettingsSubpage";
import { NewToken } from "./NewToken";
import { TokenList } from "./TokenList";

/** The user's personal tokens: by what programs reach the account. */
export function TokensPage() {
  const profile = useQuery(profileQuery).data;
  return (
    profile && (
      <SettingsSubpage title={en.tokens.title} hint={en.tokens.hint}>
        <NewToken profile={profile} />
        <TokenList />
      </SettingsSubpage>
    )
  );
}
