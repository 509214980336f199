import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { IconBell, IconCalendarDue, IconCheck, IconChecklist, IconShield } from "@tabler/icons-react";
import type { NoticeOut } from "../../api/generated/taskfleet.schemas";
import { useLocale } from "../../words/locale";
import { notificationWords as words } from "../../words/notifications";
import { useNow } from "../settings/now";
import { describePast } from "../settings/past";
import { NoticeLink } from "./NoticeLink";

/** Kinds that this version of the app does not know yet have that of reminders. */
const ICONS: Partial<Record<string, typeof IconBell>> = {
  digest: IconCalendarDue,
  security: IconShield,
  welcome: IconChecklist,
};

interface Props {
  readonly notice: NoticeOut;
  readonly onRead: () => void;
  readonly onLeave: () => void;
  /** Called when the button that had the focus goes. */
  readonly onButtonGone: () => void;
}

/** One notice, which leads to what it is about and is read by that. */
export function NoticeEntry({ notice, onRead, onLeave, onButtonGone }: Props) {
  const isUnread = notice.read_at === null;
  const Icon = ICONS[notice.kind] ?? IconBell;
  return (
    <li className="notice" data-unread={isUnread}>
      <NoticeLink
        notice={notice}
        className="notice-link"
        onClick={() => {
          if (isUnread) {
            onRead();
          }
          onLeave();
        }}
      >
        <Icon className="notice-icon" size={18} aria-hidden />
        <span className="notice-text">
          {isUnread && <VisuallyHidden>{words.unread} </VisuallyHidden>}
          <span className="notice-title" dir="auto">
            {notice.title}
          </span>
          {notice.body !== "" && (
            <span className="notice-body" dir="auto">
              {notice.body}
            </span>
          )}
          <Moment at={notice.created_at} />
        </span>
      </NoticeLink>
      {isUnread && (
        <ActionIcon
          className="notice-read"
          variant="subtle"
          color="gray"
          aria-label={words.markRead(notice.title)}
          title={words.markRead(notice.title)}
          onClick={() => {
            onButtonGone();
            onRead();
          }}
        >
          <IconCheck size={16} aria-hidden />
        </ActionIcon>
      )}
    </li>
  );
}

function Moment({ at }: { readonly at: string }) {
  const locale = useLocale();
  const now = useNow();
  const instant = new Date(at);
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(instant);
  return (
    <time className="notice-time" dateTime={at} title={exact}>
      {describePast(instant, now, locale)}
    </time>
  );
}
