import { Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { en } from "../../words/en";
import { leaveSession } from "../session/leave";
import { profileQuery } from "../session/profile";
import { AppearanceSection } from "./AppearanceSection";
import { DevicesSection } from "./DevicesSection";
import { EraseSection } from "./EraseSection";
import { NotificationsLink } from "./NotificationsLink";
import { ProfileSection } from "./ProfileSection";
import { ProgramsSection } from "./ProgramsSection";
import "./settings.css";

const signedInRoute = getRouteApi("/signed-in");

/** What users set of themselves, their devices and this one. */
export function SettingsPage() {
  const { device } = signedInRoute.useRouteContext();
  const profile = useQuery(profileQuery).data;
  return (
    profile && (
      <div className="settings">
        <Title order={1} size="h3">
          {en.settings.title}
        </Title>
        <ProfileSection profile={profile} />
        <AppearanceSection />
        <NotificationsLink />
        <DevicesSection
          countUnsaved={() => device.countUnsaved()}
          onSignedOut={() => void leaveSession(device)}
        />
        <ProgramsSection />
        <EraseSection
          email={profile.email}
          onErased={() => void leaveSession(device, "/sign-in?erased=true")}
        />
      </div>
    )
  );
}
