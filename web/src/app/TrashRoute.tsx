import { TrashPage } from "../features/trash/TrashPage";
import { useDay } from "./day";

/** The page of what was deleted. */
export function TrashRoute() {
  return <TrashPage day={useDay()} />;
}
