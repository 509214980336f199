import { Button, CloseButton, Group, Paper, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { NoticeOut } from "../../api/generated/taskfleet.schemas";
import { notificationWords } from "../../words/notifications";
import { NoticeLink } from "./NoticeLink";
import { useReading } from "./notices";
import { isPushedHere } from "./pushed-here";
import { onLookedAt, takeOn } from "./telling";
import "./notifications.css";

/** Twice as long as what can be undone: one may be looking elsewhere. */
const SHOWN_MS = 16_000;

const words = notificationWords.reminder;

/** Says of a reminder that has just come, for a while, in one window and only where no push message says it. */
export function ReminderToast({ news }: { readonly news: readonly NoticeOut[] }) {
  const reading = useReading();
  const told = useTold(news);
  // What is read elsewhere meanwhile is no news.
  const shown = news.filter(({ id }) => told.ids.includes(id));
  const [first] = shown;
  if (first === undefined) {
    return null;
  }
  const isOne = shown.length === 1;
  return (
    <Paper shadow="md" withBorder px="lg" py="sm" className="reminder-toast">
      <Group gap="md" wrap="nowrap">
        <div className="notice-text">
          <Text size="sm" fw={600} truncate dir="auto">
            {isOne ? first.title : words.many(shown.length)}
          </Text>
          <Text size="sm" c="dimmed" truncate dir="auto">
            {isOne ? first.body : shown.map(({ title }) => title).join(", ")}
          </Text>
        </div>
        {isOne && (
          <Button
            size="compact-sm"
            variant="subtle"
            flex="none"
            renderRoot={(props) => <NoticeLink notice={first} {...props} />}
            onClick={() => {
              reading.mutate([first.id]);
              told.dismiss();
            }}
          >
            {words.open}
          </Button>
        )}
        <CloseButton size="sm" aria-label={words.dismiss} onClick={told.dismiss} />
      </Group>
    </Paper>
  );
}

/** Which of the news this window tells, for a while. */
function useTold(news: readonly NoticeOut[]) {
  const client = useQueryClient();
  const [ids, setIds] = useState<readonly string[]>([]);
  const seen = useRef(new Set<string>());
  const isVisible = useIsVisible();
  useEffect(() => {
    const fresh = news.map(({ id }) => id).filter((id) => !seen.current.has(id));
    if (!isVisible || fresh.length === 0) {
      return; // a window that nobody sees leaves it to another, or to later
    }
    for (const id of fresh) {
      seen.current.add(id);
    }
    void (async () => {
      if (!(await isPushedHere(client, "reminder"))) {
        const mine = await takeOn(fresh);
        setIds((present) => [...present, ...mine]);
      }
    })();
  }, [client, news, isVisible]);
  useEffect(() => {
    if (ids.length === 0) {
      return undefined;
    }
    const timer = window.setTimeout(() => setIds([]), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [ids]);
  const dismiss = useCallback(() => setIds([]), []);
  useEffect(() => onLookedAt(dismiss), [dismiss]);
  return { ids, dismiss };
}

function useIsVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const note = () => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", note);
    return () => document.removeEventListener("visibilitychange", note);
  }, []);
  return isVisible;
}
