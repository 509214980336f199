import { lazy, Suspense, useEffect, useState } from "react";
import { showAppBadge } from "./app-badge";
import { BellButton } from "./BellButton";
import { useUnread } from "./notices";

// What floats is not on the first page.
const loadPanel = () => import("./NoticePanel");
const NoticePanel = lazy(async () => ({ default: (await loadPanel()).NoticePanel }));

/** The bell, with what it opens. */
export function Bell() {
  const known = useUnread()?.unread_count;
  const unreadCount = known ?? 0;
  useEffect(() => {
    if (known !== undefined) {
      showAppBadge(known); // pushes alone would let it grow for ever
    }
  }, [known]);
  const [hasPanel, setHasPanel] = useState(false);
  const button = <BellButton unreadCount={unreadCount} aria-expanded={false} />;
  return hasPanel ? (
    <Suspense fallback={button}>
      <NoticePanel unreadCount={unreadCount} />
    </Suspense>
  ) : (
    <BellButton
      unreadCount={unreadCount}
      aria-expanded={false}
      onPointerEnter={loadPanel}
      onFocus={loadPanel}
      onClick={() => setHasPanel(true)}
    />
  );
}
