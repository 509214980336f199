import { ActionIcon, AppShell, Burger, Group, NavLink, Text, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import {
  IconCalendar,
  IconCalendarDue,
  IconCalendarMonth,
  IconChartBar,
  IconChecklist,
  IconInbox,
  IconLayoutList,
  IconLogout,
  IconMoonStars,
  IconSettings,
  IconShield,
  IconTag,
  IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { logOut } from "../api/generated/taskfleet";
import type { ProfileOut } from "../api/generated/taskfleet.schemas";
import type { Device } from "../device/device";
import { caughtUpRevision, noteCaughtUp } from "../device/kept-queries";
import { useEver } from "../dialogs/use-ever";
import { DragArea } from "../features/dragging/DragArea";
import { DropList } from "../features/dragging/DropList";
import { ListNav } from "../features/lists/ListNav";
import { RefusedListChanges } from "../features/lists/RefusedListChanges";
import { Catcher, followRevisions } from "../features/live/live-updates";
import { Bell } from "../features/notifications/Bell";
import { pushMark } from "../features/notifications/push-mark";
import { ReminderNews } from "../features/notifications/ReminderNews";
import { SearchField } from "../features/search/SearchField";
import { leaveSession } from "../features/session/leave";
import { ZoneOffer } from "../features/session/ZoneOffer";
import { NoticesContext, useNewNotices } from "../features/tasks/notices";
import { useOutbox } from "../features/tasks/outbox-context";
import { RefusedChanges } from "../features/tasks/RefusedChanges";
import { labelsQuery } from "../features/tasks/task-queries";
import { UndoBar } from "../features/tasks/UndoBar";
import { en } from "../words/en";
import { describeFailure } from "../words/failure";
import { chosenLocale, LocaleContext } from "../words/locale";
import { useDay, useListsOfZone } from "./day";
import { SaveState } from "./SaveState";

// What floats is a fifth of the app's code, and not on the first page.
const Shortcuts = lazy(async () => ({ default: (await import("./Shortcuts")).Shortcuts }));
const UnsavedDialog = lazy(async () => ({ default: (await import("./UnsavedDialog")).UnsavedDialog }));

const ICON = 18;
/** How long `g` waits for its second key. */
const SEQUENCE_MS = 1_500;

/** What surrounds every page of somebody who is signed in. */
export function Shell({ profile, device }: { readonly profile: ProfileOut; readonly device: Device }) {
  const notices = useNewNotices();
  return (
    <NoticesContext value={notices}>
      <LocaleContext value={chosenLocale(profile.locale)}>
        <DragArea>
          <Frame profile={profile} device={device} />
        </DragArea>
      </LocaleContext>
    </NoticesContext>
  );
}

function Frame({ profile, device }: { readonly profile: ProfileOut; readonly device: Device }) {
  const { today } = useDay();
  const [isOpen, { toggle, close }] = useDisclosure();
  const [isHelpOpen, help] = useDisclosure();
  const hasHelp = useEver(isHelpOpen);
  const { toggleColorScheme } = useMantineColorScheme();
  useLiveUpdates(profile);
  useListsOfZone(profile.timezone);
  useGoKeys();
  useKeptPush(profile.id);
  const router = useRouter();
  useEffect(() => router.subscribe("onResolved", close), [router, close]);
  useHotkeys([
    ["shift+?", help.open],
    ["?", help.open],
  ]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 240, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding="lg"
    >
      <AppShell.Header px="lg">
        <Group className="shell-header" h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={en.toggleNavigation}
            />
            <Text className="app-name" fw={600}>
              {en.appName}
            </Text>
          </Group>
          <SearchField />
          <Group className="header-extras" gap="md" wrap="nowrap">
            <SaveState />
            <Bell />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={en.colorScheme}
              onClick={() => toggleColorScheme()}
            >
              <IconMoonStars size={ICON} aria-hidden />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={en.settings.title}
              renderRoot={(props) => <Link to="/settings" {...props} />}
            >
              <IconSettings size={ICON} aria-hidden />
            </ActionIcon>
            <SignOut device={device} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={en.navigation}>
        <div className="navigation">
          <Views isAdmin={profile.role === "admin"} />
        </div>
      </AppShell.Navbar>
      <AppShell.Main>
        <ZoneOffer profile={profile} />
        <Outlet />
      </AppShell.Main>
      <div className="notices">
        <RefusedListChanges />
        <RefusedChanges today={today} />
        <ReminderNews />
        <UndoBar />
      </div>
      {hasHelp && (
        <Suspense>
          <Shortcuts isOpen={isHelpOpen} onClose={help.close} />
        </Suspense>
      )}
    </AppShell>
  );
}

const VIEWS = [
  { to: "/today", label: en.views.today, Icon: IconCalendarDue },
  { to: "/upcoming", label: en.views.upcoming, Icon: IconCalendar },
  { to: "/calendar", label: en.views.calendar, Icon: IconCalendarMonth },
  { to: "/all", label: en.views.all, Icon: IconLayoutList },
  { to: "/inbox", label: en.views.inbox, Icon: IconInbox },
  { to: "/common-tasks", label: en.views.commonTasks, Icon: IconChecklist },
  { to: "/statistics", label: en.views.statistics, Icon: IconChartBar },
] as const;

function Views({ isAdmin }: { readonly isAdmin: boolean }) {
  const labels = useQuery(labelsQuery);
  return (
    <>
      {VIEWS.map(({ to, label, Icon }) => {
        const link = (
          <NavLink
            key={to}
            renderRoot={(props) => <Link to={to} {...props} />}
            label={label}
            leftSection={<Icon size={ICON} aria-hidden />}
          />
        );
        return to === "/inbox" ? (
          <DropList key={to} listId={null} name={label}>
            {link}
          </DropList>
        ) : (
          link
        );
      })}
      <ListNav />
      {(labels.data ?? []).length > 0 && <Heading text={en.views.labels} />}
      {labels.data?.map((label) => (
        <NavLink
          key={label.name}
          renderRoot={(props) => <Link to="/labels/$label" params={{ label: label.name }} {...props} />}
          label={<span dir="auto">{label.name}</span>}
          leftSection={<IconTag size={ICON} aria-hidden />}
          rightSection={
            <Text size="sm" c="dimmed">
              {label.count}
            </Text>
          }
        />
      ))}
      <NavLink
        mt="lg"
        renderRoot={(props) => <Link to="/trash" {...props} />}
        label={en.trash.title}
        leftSection={<IconTrash size={ICON} aria-hidden />}
      />
      {isAdmin && (
        <NavLink
          renderRoot={(props) => <Link to="/admin" {...props} />}
          label={en.views.administration}
          leftSection={<IconShield size={ICON} aria-hidden />}
        />
      )}
    </>
  );
}

function Heading({ text }: { readonly text: string }) {
  return (
    <Text size="xs" c="dimmed" fw={600} px="sm" pt="lg" pb="xs">
      {text}
    </Text>
  );
}

function SignOut({ device }: { readonly device: Device }) {
  const [unsaved, setUnsaved] = useState(0);
  const signOut = useMutation({
    mutationFn: () => logOut(null),
    onSuccess: () => leaveSession(device),
  });
  const hasUnsaved = useEver(unsaved > 0);
  return (
    <>
      {signOut.isError && (
        <Text size="sm" c="red" role="alert">
          {describeFailure(signOut.error)}
        </Text>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={en.signOut.action}
        onClick={async () => {
          const count = await device.countUnsaved();
          if (count > 0) {
            setUnsaved(count);
          } else {
            signOut.mutate();
          }
        }}
      >
        <IconLogout size={ICON} aria-hidden />
      </ActionIcon>
      {hasUnsaved && (
        <Suspense>
          <UnsavedDialog count={unsaved} onStay={() => setUnsaved(0)} onLeave={() => signOut.mutate()} />
        </Suspense>
      )}
    </>
  );
}

function useLiveUpdates(profile: ProfileOut) {
  const client = useQueryClient();
  const outbox = useOutbox();
  const first = useRef(profile.revision);
  useEffect(() => {
    const revision = caughtUpRevision(client) ?? first.current;
    noteCaughtUp(client, revision);
    return followRevisions(new Catcher(client, outbox, revision));
  }, [client, outbox]);
}

/** See once that pushes still come to this browser, where they did. */
function useKeptPush(userId: string) {
  useEffect(() => {
    if (pushMark() !== undefined) {
      // What fails is tried again at the next start.
      void import("../features/notifications/push")
        .then(({ keepPush }) => keepPush(userId))
        .catch(() => undefined);
    }
  }, [userId]);
}

function useGoKeys() {
  const navigate = useNavigate();
  const pressedAt = useRef(0);
  const go = (to: "/today" | "/upcoming" | "/all" | "/common-tasks") => () => {
    if (performance.now() - pressedAt.current < SEQUENCE_MS) {
      void navigate({ to });
    }
  };
  useHotkeys([
    [
      "g",
      () => {
        pressedAt.current = performance.now();
      },
    ],
    ["t", go("/today")],
    ["u", go("/upcoming")],
    ["a", go("/all")],
    ["b", go("/common-tasks")],
  ]);
}
