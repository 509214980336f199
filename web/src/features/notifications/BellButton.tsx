import { ActionIcon, type ActionIconProps } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import type { ComponentPropsWithRef } from "react";
import { en } from "../../words/en";
import "./bell.css";

/** What a badge has room for. */
const MOST = 99;

interface Props extends ActionIconProps, Omit<ComponentPropsWithRef<"button">, keyof ActionIconProps> {
  readonly unreadCount: number;
}

/** What opens the notifications, and says how many are unread. */
export function BellButton({ unreadCount, ...others }: Props) {
  const count = unreadCount > MOST ? en.bell.most : String(unreadCount);
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-haspopup="dialog"
      aria-label={unreadCount > 0 ? en.bell.unread(count) : en.bell.name}
      {...others}
      className="bell"
    >
      <IconBell size={18} aria-hidden />
      {unreadCount > 0 && (
        <span className="bell-count" aria-hidden>
          {count}
        </span>
      )}
    </ActionIcon>
  );
}
