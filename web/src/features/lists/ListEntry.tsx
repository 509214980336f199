import { NavLink, Text } from "@mantine/core";
import { IconList } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { useEver } from "../../dialogs/use-ever";
import { en } from "../../words/en";
import { DropList } from "../dragging/DropList";
import { ListMenuButton } from "./ListMenuButton";
import { ListNameField } from "./ListNameField";
import type { ListActions } from "./list-actions";

// What floats is a tenth of the app's code, and not on the first page.
const loadMenu = () => import("./ListMenu");
const ListMenu = lazy(async () => ({ default: (await loadMenu()).ListMenu }));
const Confirmation = lazy(async () => ({
  default: (await import("../../dialogs/Confirmation")).Confirmation,
}));

interface Props {
  readonly list: ListOut;
  readonly actions: ListActions;
}

/** What is going on with a list besides showing it. */
type Mode = "naming" | "deleting" | undefined;

/** One list beside the pages: the way to it, and what can be done with it. */
export function ListEntry({ list, actions }: Props) {
  const [mode, setMode] = useState<Mode>();
  const [hasMenu, setHasMenu] = useState(false);
  const menuButton = useRef<HTMLButtonElement>(null);
  const end = () => setMode(undefined);
  useFocusAfter(mode, menuButton);
  const icon = <IconList size={18} color={list.color ?? undefined} aria-hidden />;
  const isNaming = mode === "naming";
  const asksToDelete = useEver(mode === "deleting");
  return (
    <div className="list-entry">
      {isNaming ? (
        <ListNameField
          list={list}
          icon={icon}
          onRename={(seen, name) => actions.patch(seen, { name })}
          onDone={end}
        />
      ) : (
        <DropList listId={list.id} name={list.name}>
          <NavLink
            renderRoot={(props) => <Link to="/lists/$listId" params={{ listId: list.id }} {...props} />}
            label={<span dir="auto">{list.name}</span>}
            noWrap
            leftSection={icon}
          />
        </DropList>
      )}
      {hasMenu ? (
        <Suspense fallback={<ListMenuButton listName={list.name} />}>
          <ListMenu
            list={list}
            button={menuButton}
            isHidden={isNaming}
            returnsFocus={mode === undefined}
            onRename={() => setMode("naming")}
            onColor={(color) => actions.patch(list, { color })}
            onArchive={() =>
              list.archived ? actions.patch(list, { archived: false }) : actions.archive(list)
            }
            onDelete={() => setMode("deleting")}
          />
        </Suspense>
      ) : (
        <ListMenuButton
          listName={list.name}
          aria-expanded={false}
          onPointerEnter={loadMenu}
          onFocus={loadMenu}
          onClick={() => setHasMenu(true)}
        />
      )}
      {asksToDelete && (
        <Suspense>
          <Confirmation
            isOpen={mode === "deleting"}
            title={en.keepList.deleteTitle(list.name)}
            action={en.keepList.deleteConfirm}
            onConfirm={() => {
              end();
              actions.remove(list);
            }}
            onCancel={end}
          >
            <Text size="sm">{en.keepList.deleteMeaning}</Text>
          </Confirmation>
        </Suspense>
      )}
    </div>
  );
}

/** Give the focus back to the menu's button when what the menu led to is over and the focus would be nowhere. */
function useFocusAfter(mode: Mode, button: { readonly current: HTMLButtonElement | null }): void {
  const before = useRef(mode);
  useEffect(() => {
    if (before.current !== undefined && mode === undefined && document.activeElement === document.body) {
      button.current?.focus();
    }
    before.current = mode;
  }, [mode, button]);
}
