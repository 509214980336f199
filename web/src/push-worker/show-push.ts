import { readPushMessage } from "./messages";
import type { PushEventLike, WorkerScope } from "./worker-scope";

const ICON = "/icon-192.png";

/** Show what was pushed, in the place of what was shown of the same before. */
export async function showPush(scope: WorkerScope, { data }: PushEventLike): Promise<void> {
  const { title, body, url, tag, unread } = readPushMessage(data?.text());
  await scope.registration.showNotification(title, {
    body,
    tag,
    icon: ICON,
    badge: ICON,
    dir: "auto",
    data: { url },
  });
  if (unread !== undefined) {
    // At the icon of an installed app; elsewhere there is none.
    await scope.navigator.setAppBadge?.(unread).catch(() => undefined);
  }
}
