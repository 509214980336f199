import { ActionIcon, type ActionIconProps } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ComponentPropsWithRef } from "react";
import { en } from "../../words/en";

interface Props extends ActionIconProps, Omit<ComponentPropsWithRef<"button">, keyof ActionIconProps> {
  readonly listName: string;
}

/** What opens a list's menu. */
export function ListMenuButton({ listName, ...others }: Props) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-haspopup="menu"
      aria-label={en.keepList.menu(listName)}
      {...others}
      className="list-menu-button"
    >
      <IconDots size={16} aria-hidden />
    </ActionIcon>
  );
}
