import { ActionIcon, Button, Center, Loader, Skeleton, Text, Title } from "@mantine/core";
import { IconSettings } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { notificationWords as words } from "../../words/notifications";
import { NoticeEntry } from "./NoticeEntry";
import { noticesQuery, useAsRead, useReading, useUnread } from "./notices";
import { noteLookedAt } from "./telling";

interface Props {
  /** Its own heading, where nothing around it has one. */
  readonly title?: string;
  /** Called when something in it leads elsewhere. */
  readonly onLeave: () => void;
}

/** What was told, page by page as one scrolls. */
export function NoticeList({ title, onLeave }: Props) {
  const notices = useInfiniteQuery(noticesQuery);
  const items = useAsRead(notices.data?.pages.flatMap((page) => page.items) ?? []);
  const unreadCount = useUnread()?.unread_count ?? 0;
  const reading = useReading();
  const list = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = notices;
  useEffect(noteLookedAt, []);
  // Where a page has failed, a button asks for it.
  useSight(end, hasNextPage && !isFetching && !isFetchNextPageError, fetchNextPage);
  return (
    <>
      <div className="notices-head">
        {title !== undefined && (
          <Title order={2} size="h6">
            {title}
          </Title>
        )}
        <Button
          variant="subtle"
          size="compact-sm"
          className="notices-read-all"
          disabled={unreadCount === 0}
          onClick={() => {
            list.current?.focus(); // the button cannot keep it
            reading.mutate("all");
          }}
        >
          {words.readAll}
        </Button>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={words.settings}
          renderRoot={(props) => <Link to="/settings/notifications" {...props} />}
          onClick={onLeave}
        >
          <IconSettings size={18} aria-hidden />
        </ActionIcon>
      </div>
      {reading.isError && (
        <Text size="sm" c="var(--overdue)" px="lg" pb="sm" role="alert">
          {words.notRead(describeFailure(reading.error))}
        </Text>
      )}
      <div className="notices-scroller" ref={list} tabIndex={-1} data-autofocus>
        <ListState query={notices} isEmpty={items.length === 0} />
        <ul className="notice-list" aria-label={words.list} hidden={items.length === 0}>
          {items.map((notice) => (
            <NoticeEntry
              key={notice.id}
              notice={notice}
              onRead={() => reading.mutate([notice.id])}
              onLeave={onLeave}
              onButtonGone={() => list.current?.focus()}
            />
          ))}
        </ul>
        <div ref={end}>
          {notices.isFetchingNextPage && (
            <Center p="md">
              <Loader size="sm" role="status" aria-label={words.loadingMore} />
            </Center>
          )}
          {isFetchNextPageError && !notices.isFetchingNextPage && (
            <Center p="md">
              <Button variant="default" size="compact-sm" onClick={() => void fetchNextPage()}>
                {words.more}
              </Button>
            </Center>
          )}
        </div>
      </div>
    </>
  );
}

interface StateProps {
  readonly query: ReturnType<typeof useInfiniteQuery>;
  readonly isEmpty: boolean;
}

/** What stands in the place of notices that are not there. */
function ListState({ query, isEmpty }: StateProps) {
  if (query.isPending) {
    return query.fetchStatus === "paused" ? (
      <Text p="lg" role="alert">
        {words.offline}
      </Text>
    ) : (
      <div className="notices-skeletons" role="status" aria-label={words.loading}>
        <Skeleton height={44} />
        <Skeleton height={44} />
        <Skeleton height={44} />
      </div>
    );
  }
  if (query.isError && isEmpty) {
    return (
      <Text p="lg" role="alert">
        {words.failed} {describeFailure(query.error)}{" "}
        <Button variant="subtle" size="compact-sm" onClick={() => void query.refetch()}>
          {en.list.retry}
        </Button>
      </Text>
    );
  }
  return isEmpty ? (
    <Text p="lg" c="dimmed">
      {words.empty}
    </Text>
  ) : null;
}

/** Call when the target comes into sight, as long as that is wanted. */
function useSight(target: RefObject<Element | null>, isWanted: boolean, call: () => unknown): void {
  useEffect(() => {
    if (!isWanted || target.current === null) {
      return undefined;
    }
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && call());
    observer.observe(target.current);
    return () => observer.disconnect();
  }, [target, isWanted, call]);
}
