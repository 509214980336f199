import { lazy, Suspense, useState } from "react";
import type { NoticeOut } from "../../api/generated/taskfleet.schemas";
import { useUnread } from "./notices";

// Comes with the first reminder.
const ReminderToast = lazy(async () => ({ default: (await import("./ReminderToast")).ReminderToast }));

const NONE: readonly NoticeOut[] = [];

/** Tells of reminders that come while the app is open; what was unread before shows at the bell. */
export function ReminderNews() {
  const unread = useUnread()?.items;
  const [first, setFirst] = useState<readonly NoticeOut[]>();
  if (unread !== undefined && first === undefined) {
    setFirst(unread);
  }
  const news =
    (first && unread?.filter((notice) => notice.kind === "reminder" && isNew(notice, first))) ?? NONE;
  const [hadNews, setHadNews] = useState(false);
  if (news.length > 0 && !hadNews) {
    setHadNews(true);
  }
  return (
    <div role="status">
      {hadNews && (
        <Suspense>
          <ReminderToast news={news} />
        </Suspense>
      )}
    </div>
  );
}

/** Whether a notice has come since these were the newest: when some are read, older ones follow. */
function isNew({ id, created_at }: NoticeOut, first: readonly NoticeOut[]): boolean {
  return created_at >= (first[0]?.created_at ?? "") && first.every((old) => old.id !== id);
}
