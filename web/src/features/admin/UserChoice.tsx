import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { en } from "../../words/en";
import { userQuery, usersQuery } from "./admin-queries";

const words = en.admin.audit;
/** Longer than between two keys of somebody who types well, and not yet felt as waiting. */
const PAUSE_MS = 150;

interface Props {
  readonly label: string;
  /** The user who is chosen, undefined for anybody. */
  readonly userId: string | undefined;
  readonly onChoose: (userId: string | undefined) => void;
}

/** A field to choose one user in, found by the service as one types. */
export function UserChoice({ label, userId, onChoose }: Props) {
  const chosen = useQuery({ ...userQuery(userId ?? ""), enabled: userId !== undefined }).data?.body;
  const [typed, setTyped] = useState("");
  const [isOpen, setOpen] = useState(false);
  // Of an account that is gone the id is all that is known.
  const chosenName = userId === undefined ? "" : (chosen?.email ?? chosen?.name ?? userId);
  const [sought] = useDebouncedValue(typed === chosenName ? "" : typed.trim(), PAUSE_MS);
  const found = useInfiniteQuery({ ...usersQuery(sought), enabled: isOpen }).data?.pages[0]?.items ?? [];
  const options = new Map(found.map(({ id, email, name }) => [id, email ?? name]));
  if (userId !== undefined) {
    options.set(userId, chosenName);
  }
  return (
    <Select
      label={label}
      placeholder={words.anybody}
      data={[...options].map(([value, text]) => ({ value, label: text }))}
      // The service has found them.
      filter={({ options: all }) => all}
      searchable
      clearable
      clearButtonProps={{ "aria-label": `${label}: ${words.anybody}` }}
      nothingFoundMessage={words.noUser}
      value={userId ?? null}
      onChange={(id) => onChoose(id ?? undefined)}
      onSearchChange={setTyped}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
    />
  );
}
