import { ActionIcon, TextInput } from "@mantine/core";
import { IconArrowLeft, IconSearch } from "@tabler/icons-react";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { en } from "../../words/en";
import { useShortcuts } from "../tasks/use-shortcuts";
import "./search.css";

/** Longer than between two keys of somebody who types well, and not yet felt as waiting. */
const PAUSE_MS = 150;
/** The contract's number. */
const MAX_LENGTH = 200;
const PATH = "/search";

/** The field in the header that searches as one types. The address bar follows; on a phone it is there when wanted. */
export function SearchField() {
  const { pathname, search } = useLocation();
  const isSearching = pathname === PATH;
  const sought = isSearching ? (search.q ?? "") : "";
  // What the address does not say yet.
  const [typed, setTyped] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  // Where Escape leads back to.
  const origin = useRef("/all");
  if (!isSearching) {
    origin.current = pathname;
  }
  useEffect(() => {
    if (typed === undefined) {
      return undefined;
    }
    const timer = window.setTimeout(() => {
      setTyped(undefined);
      void navigate({ to: PATH, search: typed === "" ? {} : { q: typed }, replace: isSearching });
    }, PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [typed, isSearching, navigate]);
  const open = () => {
    // The field has to be there before it can be focused.
    void navigate({ to: PATH }).then(() => field.current?.focus());
  };
  const leave = () => {
    setTyped(undefined);
    field.current?.blur();
    if (isSearching) {
      void navigate({ to: origin.current });
    }
  };
  useShortcuts({
    "/": () => {
      if (field.current?.offsetParent) {
        field.current.focus();
        field.current.select();
      } else {
        open();
      }
    },
    // With a task open, the key is for its details.
    ...(isSearching && search.task === undefined && { escape: leave }),
  });
  return (
    <search className="search" data-searching={isSearching}>
      <ActionIcon
        className="search-leave"
        variant="subtle"
        color="gray"
        aria-label={en.search.leave}
        onClick={leave}
      >
        <IconArrowLeft size={18} aria-hidden />
      </ActionIcon>
      <TextInput
        ref={field}
        className="search-field"
        type="search"
        size="sm"
        aria-label={en.search.label}
        placeholder={en.search.label}
        leftSection={<IconSearch size={16} aria-hidden />}
        maxLength={MAX_LENGTH}
        value={typed ?? sought}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            // Some browsers would only empty the field.
            event.preventDefault();
            event.stopPropagation();
            leave();
          }
        }}
      />
      <ActionIcon
        className="search-open"
        variant="subtle"
        color="gray"
        aria-label={en.search.open}
        onClick={open}
      >
        <IconSearch size={18} aria-hidden />
      </ActionIcon>
    </search>
  );
}
