import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { LoadingState } from "../../loading/LoadingState";
import { en } from "../../words/en";
import { type Paging, ROW_HEIGHT } from "../tasks/VirtualRows";

/** As many rows as a catalogue that has just been begun. */
const HEIGHTS = Array.from({ length: 6 }, () => ROW_HEIGHT - 8);

/** The catalogue comes as one answer. */
export const ALL_LOADED: Paging = {
  hasNextPage: false,
  isFetchingNextPage: false,
  fetchNextPage: () => undefined,
};

interface Props {
  readonly query: UseQueryResult<readonly CommonTaskOut[]>;
  readonly children: ReactNode;
}

/** Shows the common tasks when they are here, and otherwise what there is to say of them. */
export function CommonTasksState({ query, children }: Props) {
  return (
    <LoadingState query={query} words={en.commonTasks} heights={HEIGHTS}>
      {children}
    </LoadingState>
  );
}
