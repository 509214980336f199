import { getRouteApi } from "@tanstack/react-router";
import { SearchPage } from "../features/search/SearchPage";
import { useDay } from "./day";

const route = getRouteApi("/signed-in/search");

/** The page of what the address bar searches for. */
export function SearchRoute() {
  const { q = "" } = route.useSearch();
  return <SearchPage text={q} day={useDay()} />;
}
