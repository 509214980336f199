import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useProfileChange } from "../session/profile-change";

/** The contract's number: the longest name of a user. */
const MAX_NAME_LENGTH = 200;

const words = en.settings.profile;

/**
 * The user's name: sent when the field is left or Enter is pressed.
 *
 * What was typed stays in this tab until it is saved, over a failure, an ended session or a reload.
 */
export function NameField({ profile }: { readonly profile: ProfileOut }) {
  const key = `taskfleet.name.${profile.id}`;
  const [typed, setTyped] = useState(() => sessionStorage.getItem(key) ?? undefined);
  const change = useProfileChange();
  const type = (text: string) => {
    sessionStorage.setItem(key, text);
    setTyped(text);
  };
  const forget = () => {
    sessionStorage.removeItem(key);
    setTyped(undefined);
    change.reset();
  };
  const save = () => {
    const name = typed?.trim();
    if (change.isPending || name === undefined) {
      return;
    }
    if (name === "" || name === profile.name) {
      forget();
    } else {
      change.mutate({ name }, { onSuccess: forget });
    }
  };
  return (
    <TextInput
      label={words.name}
      autoComplete="name"
      maxLength={MAX_NAME_LENGTH}
      value={typed ?? profile.name}
      readOnly={change.isPending}
      error={change.isError && describeFailure(change.error)}
      errorProps={{ role: "alert" }}
      onChange={(event) => type(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        // An Enter that chooses a word of an input method is none of ours.
        if (event.key === "Enter" && !event.nativeEvent.isComposing) {
          save();
        } else if (event.key === "Escape") {
          forget();
        }
      }}
    />
  );
}
