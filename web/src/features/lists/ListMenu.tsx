import { Menu } from "@mantine/core";
import { IconArchive, IconArchiveOff, IconPencil, IconTrash } from "@tabler/icons-react";
import { type RefObject, useEffect, useState } from "react";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { ListMenuButton } from "./ListMenuButton";
import { LIST_COLORS } from "./list-colors";

const ICON = 16;
const NO_COLOR = "none";
const words = en.keepList;

interface Props {
  readonly list: ListOut;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly isHidden: boolean;
  /** Whether the button has the focus again when the menu closes: not where that leads to a field. */
  readonly returnsFocus: boolean;
  readonly onRename: () => void;
  readonly onColor: (color: string | null) => void;
  readonly onArchive: () => void;
  readonly onDelete: () => void;
}

/** What can be done with a list; open as soon as it is there, because it is fetched when it is first asked for. */
export function ListMenu({
  list,
  button,
  isHidden,
  returnsFocus,
  onRename,
  onColor,
  onArchive,
  onDelete,
}: Props) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    button.current?.focus(); // where the focus returns to
    setOpen(true);
  }, [button]);
  const ArchiveIcon = list.archived ? IconArchiveOff : IconArchive;
  return (
    <Menu
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      returnFocus={returnsFocus}
      // The first item has the focus at once, and nothing is in the menu that is no part of one.
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <ListMenuButton ref={button} listName={list.name} hidden={isHidden} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          className="list-menu-item"
          leftSection={<IconPencil size={ICON} aria-hidden />}
          onClick={onRename}
        >
          {words.rename}
        </Menu.Item>
        <Menu.Item
          className="list-menu-item"
          leftSection={<ArchiveIcon size={ICON} aria-hidden />}
          onClick={onArchive}
        >
          {list.archived ? words.unarchive : words.archive}
        </Menu.Item>
        <Menu.Item
          className="list-menu-item list-menu-delete"
          leftSection={<IconTrash size={ICON} aria-hidden />}
          onClick={onDelete}
        >
          {words.delete}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{words.color}</Menu.Label>
        <fieldset className="list-colors" aria-label={words.color}>
          <Menu.RadioGroup
            value={list.color ?? NO_COLOR}
            onChange={(value) => onColor(value === NO_COLOR ? null : value)}
          >
            {[{ name: words.colors.none, value: NO_COLOR }, ...LIST_COLORS].map(({ name, value }) => (
              <Menu.RadioItem key={value} className="list-color" value={value} aria-label={name} title={name}>
                <span style={value === NO_COLOR ? undefined : { background: value }} />
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </fieldset>
      </Menu.Dropdown>
    </Menu>
  );
}
