import { getRouteApi } from "@tanstack/react-router";
import { UnsubscribePage } from "../features/notifications/UnsubscribePage";

const route = getRouteApi("/unsubscribe");

export function UnsubscribeRoute() {
  return <UnsubscribePage token={route.useSearch().token} />;
}
