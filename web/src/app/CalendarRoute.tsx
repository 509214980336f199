import { getRouteApi } from "@tanstack/react-router";
import { CalendarPage } from "../features/calendar/CalendarPage";
import { useDay } from "./day";

const route = getRouteApi("/signed-in/calendar");

/** The calendar, at the month that the address names. */
export function CalendarRoute() {
  const { month } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <CalendarPage
      month={month}
      day={useDay()}
      onMonth={(chosen) => void navigate({ search: (previous) => ({ ...previous, month: chosen }) })}
    />
  );
}
