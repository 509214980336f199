import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { NoticeOut } from "../../api/generated/taskfleet.schemas";
import { placeOf } from "./place";

interface Props {
  readonly notice: NoticeOut;
  readonly className?: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

/** The way to what a notice is about. */
export function NoticeLink({ notice, ...others }: Props) {
  const pathname = useLocation({ select: (location) => location.pathname });
  const { to, task } = placeOf(notice, pathname);
  return to === "." ? (
    <Link to="." search={(present) => ({ ...present, task })} preload={false} {...others} />
  ) : (
    <Link to={to} search={{ task }} preload={false} {...others} />
  );
}
