import type { NoticeOut, NoticePage } from "../api/generated/taskfleet.schemas";

/** A notice as the service answers it: an unread reminder, unless told otherwise. */
export function noticeOf(members: Partial<NoticeOut> = {}): NoticeOut {
  return {
    id: "notice-1",
    kind: "reminder",
    title: "Call the dentist",
    body: "Due on Tuesday, 1 December 2026",
    task_id: "task-1",
    created_at: "2026-12-01T08:00:00.000Z",
    read_at: null,
    revision: 5,
    ...members,
  };
}

/** A page of notices, the last one unless told otherwise. */
export function noticePageOf(items: NoticeOut[], members: Partial<NoticePage> = {}): NoticePage {
  const unread_count = items.filter(({ read_at }) => read_at === null).length;
  return { items, next_cursor: null, unread_count, ...members };
}
